//! nursery.db in SQLite.

use std::path::Path;

use async_trait::async_trait;
use jiff::Timestamp;
use kit::store::{Migration, Sqlite, StoreError};
use rusqlite::{OptionalExtension, Row, params, types::Type};
use uuid::Uuid;

use super::Store;
use crate::{
    Error,
    seedling::{Name, Seedling},
};

const MIGRATIONS: &[Migration] = &[Migration {
    name: "0001_create_seedlings",
    sql: include_str!("../../migrations/sqlite/0001_create_seedlings.sql"),
}];

/// The adapter.
pub struct SqliteStore {
    db: Sqlite,
}

impl SqliteStore {
    /// Opens the file and migrates it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            db: Sqlite::open(path, MIGRATIONS)?,
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn add(&self, new: &Seedling, key: &str) -> Result<Seedling, Error> {
        let (new, key) = (new.clone(), key.to_owned());
        self.db
            .write(move |db| {
                db.prepare_cached(
                    "insert into seedling (id, key, name, created_at) values (?1, ?2, ?3, ?4)
                     on conflict (key) do nothing",
                )?
                .execute(params![
                    new.id,
                    key,
                    new.name.as_str(),
                    new.created_at.as_millisecond()
                ])?;
                let stored = db
                    .prepare_cached("select id, name, created_at from seedling where key = ?1")?
                    .query_row([key], seedling)?;
                Ok(stored)
            })
            .await
    }

    async fn find(&self, id: Uuid) -> Result<Option<Seedling>, Error> {
        self.db.read(|db| {
            let mut select =
                db.prepare_cached("select id, name, created_at from seedling where id = ?1")?;
            Ok(select.query_row([id], seedling).optional()?)
        })
    }

    async fn list(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<Seedling>, Error> {
        self.db.read(|db| {
            let mut select = db.prepare_cached(
                "select id, name, created_at from seedling where id < ?1 order by id desc limit ?2",
            )?;
            let rows = select.query_map(params![before.unwrap_or(Uuid::max()), limit], seedling)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn remove(&self, id: Uuid) -> Result<bool, Error> {
        self.db
            .write(move |db| {
                let mut delete = db.prepare_cached("delete from seedling where id = ?1")?;
                Ok(delete.execute([id])? == 1)
            })
            .await
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

fn seedling(row: &Row<'_>) -> Result<Seedling, rusqlite::Error> {
    let corrupt =
        |column| rusqlite::Error::InvalidColumnType(column, "seedling".into(), Type::Text);
    Ok(Seedling {
        id: row.get(0)?,
        name: Name::parse(&row.get::<_, String>(1)?).map_err(|_| corrupt(1))?,
        created_at: Timestamp::from_millisecond(row.get(2)?).map_err(|_| corrupt(2))?,
    })
}
