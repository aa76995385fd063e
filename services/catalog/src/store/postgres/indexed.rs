//! Products for an index that is kept elsewhere, in PostgreSQL.

use async_trait::async_trait;
use sqlx::{FromRow, Row as _, postgres::PgRow, query};
use uuid::Uuid;

use super::{
    PostgresStore,
    products::{PRODUCT, Row},
};
use crate::{
    Error,
    product::Product,
    store::{Indexable, Indexed},
};

#[async_trait]
impl Indexed for PostgresStore {
    async fn unindexed(&self, limit: u32) -> Result<Vec<Indexable>, Error> {
        let some = select("p.indexed_version < p.search_version order by p.seq limit $1");
        let some = sqlx::query(sqlx::AssertSqlSafe(some)).bind(i64::from(limit));
        let rows = some.fetch_all(&mut *self.db.get().await?).await?;
        rows.iter().map(indexable).collect()
    }

    async fn note_indexed(&self, mut versions: Vec<(Uuid, i64)>) -> Result<(), Error> {
        // Locks are taken in this order.
        versions.sort_unstable();
        self.write(move |db| {
            Box::pin(async move {
                for (id, version) in versions {
                    let note = query!(
                        "update product set indexed_version = $2
                         where id = $1 and indexed_version < $2",
                        id,
                        version
                    );
                    note.execute(&mut *db).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn indexable(&self, after: i64, limit: u32) -> Result<Vec<Indexable>, Error> {
        let some = select("p.seq > $1 order by p.seq limit $2");
        let some = sqlx::query(sqlx::AssertSqlSafe(some)).bind(after);
        let some = some.bind(i64::from(limit));
        let rows = some.fetch_all(&mut *self.db.get().await?).await?;
        rows.iter().map(indexable).collect()
    }

    async fn find_all(&self, ids: &[Uuid]) -> Result<Vec<Product>, Error> {
        let found =
            format!("select {PRODUCT} from product p where p.id = any($1) and not p.retired");
        let found = sqlx::query(sqlx::AssertSqlSafe(found)).bind(ids);
        let rows = found.fetch_all(&mut *self.db.get().await?).await?;
        let rows = rows.iter().map(|row| Ok(Row::from_row(row)?.try_into()?));
        rows.collect()
    }
}

fn select(which: &str) -> String {
    format!(
        "select {PRODUCT}, c.name as category, p.search_version, p.retired
         from product p join category c on c.id = p.category_id where {which}"
    )
}

fn indexable(row: &PgRow) -> Result<Indexable, Error> {
    Ok(Indexable {
        product: Row::from_row(row)?.try_into()?,
        category: row.try_get("category")?,
        version: row.try_get("search_version")?,
        is_retired: row.try_get("retired")?,
    })
}
