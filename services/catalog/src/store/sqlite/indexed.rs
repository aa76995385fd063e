//! Products for an index that is kept elsewhere, in SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, Params};
use uuid::Uuid;

use super::{
    SqliteStore,
    products::select,
    rows::{PRODUCT, product},
};
use crate::{
    Error,
    product::Product,
    store::{Indexable, Indexed},
};

#[async_trait]
impl Indexed for SqliteStore {
    async fn unindexed(&self, limit: u32) -> Result<Vec<Indexable>, Error> {
        let which = "indexed by product_unindexed join category c on c.id = p.category_id
             where p.indexed_version < p.search_version order by p.seq limit ?1";
        self.db.read(|db| indexable(db, which, [limit]))
    }

    async fn note_indexed(&self, versions: Vec<(Uuid, i64)>) -> Result<(), Error> {
        self.write(move |db| {
            let mut note = db.prepare_cached(
                "update product set indexed_version = ?2 where id = ?1 and indexed_version < ?2",
            )?;
            for version in versions {
                note.execute(version)?;
            }
            Ok(())
        })
        .await
    }

    async fn indexable(&self, after: i64, limit: u32) -> Result<Vec<Indexable>, Error> {
        let which = "join category c on c.id = p.category_id
             where p.seq > ?1 order by p.seq limit ?2";
        self.db.read(|db| indexable(db, which, (after, limit)))
    }

    async fn find_all(&self, ids: &[Uuid]) -> Result<Vec<Product>, Error> {
        self.db.read(|db| {
            let found = ids.iter().map(|id| select(db, *id));
            Ok(found
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?)
        })
    }
}

fn indexable(db: &Connection, which: &str, values: impl Params) -> Result<Vec<Indexable>, Error> {
    let mut rows = db.prepare_cached(&format!(
        "select {PRODUCT}, c.name, p.search_version, p.retired from product p {which}"
    ))?;
    let rows = rows.query_map(values, |row| {
        Ok(Indexable {
            product: product(row)?,
            category: row.get(16)?,
            version: row.get(17)?,
            is_retired: row.get(18)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
