//! nursery.db in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{Postgres, PostgresUrl, StoreError};
use sqlx::{migrate, query, query_as};
use uuid::Uuid;

use super::Store;
use crate::{
    Error,
    seedling::{Name, Seedling},
};

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
}

impl PostgresStore {
    /// Connects and migrates.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        Ok(Self {
            db: Postgres::open(url, migrate!("migrations/postgres")).await?,
        })
    }
}

/// A row.
struct Row {
    id: Uuid,
    name: String,
    created_at: i64,
}

#[async_trait]
impl Store for PostgresStore {
    async fn add(&self, new: &Seedling, key: &str) -> Result<Seedling, Error> {
        let mut db = self.db.get().await?;
        // One that races waits at the key until the first is committed, and then meets its row.
        let insert = query!(
            "insert into seedling (id, key, name, created_at) values ($1, $2, $3, $4)
             on conflict (key) do nothing",
            new.id,
            key,
            new.name.as_str(),
            new.created_at.as_millisecond()
        );
        if insert.execute(&mut *db).await?.rows_affected() == 1 {
            return Ok(new.clone());
        }
        let stored = query_as!(
            Row,
            "select id, name, created_at from seedling where key = $1",
            key
        );
        // It may have been removed in between.
        let stored = stored.fetch_optional(&mut *db).await?;
        stored.ok_or(Error::NotFound)?.try_into()
    }

    async fn find(&self, id: Uuid) -> Result<Option<Seedling>, Error> {
        let found = query_as!(
            Row,
            "select id, name, created_at from seedling where id = $1",
            id
        );
        let found = found.fetch_optional(&mut *self.db.get().await?).await?;
        found.map(Seedling::try_from).transpose()
    }

    async fn list(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<Seedling>, Error> {
        let found = query_as!(
            Row,
            "select id, name, created_at from seedling where id < $1 order by id desc limit $2",
            before.unwrap_or(Uuid::max()),
            i64::from(limit)
        );
        let found = found.fetch_all(&mut *self.db.get().await?).await?;
        found.into_iter().map(Seedling::try_from).collect()
    }

    async fn remove(&self, id: Uuid) -> Result<bool, Error> {
        let delete = query!("delete from seedling where id = $1", id);
        let deleted = delete.execute(&mut *self.db.get().await?).await?;
        Ok(deleted.rows_affected() == 1)
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

impl TryFrom<Row> for Seedling {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            name: Name::parse(&row.name).map_err(|fault| Error::Internal(fault.into()))?,
            created_at: Timestamp::from_millisecond(row.created_at)
                .map_err(|fault| Error::Internal(fault.into()))?,
        })
    }
}
