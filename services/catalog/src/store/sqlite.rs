//! catalog.db in SQLite.

mod facets;
mod indexed;
mod list;
mod products;
mod reservations;
mod rows;
mod search;

use std::{collections::BTreeSet, path::Path, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{
    events,
    http::Limit,
    store::{Migration, Sqlite, StoreError},
};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use self::{
    list::{list_statement, sort_key},
    products::{apply, insert, select},
    reservations::{give_back, reservation, set_state, store_reservation, take},
    rows::{PRODUCT, product},
};
use super::{
    After, CategoryCount, Change, NewProduct, OnCommit, Quote, Seen, SortKey, Store,
    write_and_notify,
};
use crate::{
    Error,
    product::Product,
    reservation::{Line, State},
    search::{Facets, Filter, Named, Search},
};

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_catalog",
        sql: include_str!("../../migrations/sqlite/0001_create_catalog.sql"),
    },
    Migration {
        name: "0002_index_prices",
        sql: include_str!("../../migrations/sqlite/0002_index_prices.sql"),
    },
    Migration {
        name: "0003_sort_names",
        sql: include_str!("../../migrations/sqlite/0003_sort_names.sql"),
    },
    Migration {
        name: "0004_free_slugs",
        sql: include_str!("../../migrations/sqlite/0004_free_slugs.sql"),
    },
    Migration {
        name: "0005_count_indexed_versions",
        sql: include_str!("../../migrations/sqlite/0005_count_indexed_versions.sql"),
    },
    Migration {
        name: "0006_index_facets",
        sql: include_str!("../../migrations/sqlite/0006_index_facets.sql"),
    },
];

/// The reservations whose hold is over.
const LAPSED: &str = "from reservation where state = 'held' and expires_at < ?1";

/// The adapter.
pub struct SqliteStore {
    db: Sqlite,
    listener: Option<Arc<dyn OnCommit>>,
}

impl SqliteStore {
    /// Opens the file and migrates it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            db: Sqlite::open(path, MIGRATIONS)?,
            listener: None,
        })
    }

    /// Notifies this listener of every write from now on.
    #[must_use]
    pub fn with_listener(self, listener: Arc<dyn OnCommit>) -> Self {
        let listener = Some(listener);
        Self { listener, ..self }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let db = self.db.clone();
        write_and_notify(&self.listener, async move { db.write(work).await }).await
    }
}

#[async_trait]
impl Search for SqliteStore {
    async fn list(
        &self,
        filter: &Filter,
        after: Option<After>,
        limit: Limit,
    ) -> Result<Vec<(SortKey, Product)>, Error> {
        let (sql, values) = list_statement(filter, after, limit);
        self.db.read(|db| {
            let mut rows = db.prepare_cached(&sql)?;
            let rows = rows.query_map(params_from_iter(values), |row| {
                Ok((sort_key(row.get(16)?), product(row)?))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn facets(&self, filter: &Filter) -> Result<Facets, Error> {
        self.db.read(|db| Ok(facets::count(db, filter)?))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn is_empty(&self) -> Result<bool, Error> {
        self.db.read(|db| {
            let sql = "select not exists (select 1 from product)";
            Ok(db.query_row(sql, [], |row| row.get(0))?)
        })
    }

    async fn seed(
        &self,
        categories: Vec<(String, String, i64)>,
        products: Vec<NewProduct>,
    ) -> Result<bool, Error> {
        self.write(move |db| {
            if db.prepare("select 1 from category")?.exists([])? {
                return Ok(false);
            }
            for category in categories {
                let sql = "insert into category (id, name, position) values (?1, ?2, ?3)";
                db.prepare_cached(sql)?.execute(category)?;
            }
            products
                .iter()
                .try_for_each(|product| insert(db, product).map(drop))?;
            Ok(true)
        })
        .await
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, Error> {
        self.db.read(|db| {
            let mut rows = db.prepare_cached(
                "select c.id, c.name, (select count(*) from product p
                   where p.retired = 0 and p.category_id = c.id)
                 from category c order by c.position, c.id",
            )?;
            let rows = rows.query_map([], |row| {
                Ok(CategoryCount {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    products: row.get(2)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    async fn vocabulary(&self, products: u32) -> Result<BTreeSet<String>, Error> {
        self.db.read(|db| Ok(search::vocabulary(db, products)?))
    }

    async fn names(&self, products: u32) -> Result<Vec<Named>, Error> {
        self.db.read(|db| Ok(search::names(db, products)?))
    }

    async fn reindex(&self, after: i64) -> Result<Option<i64>, Error> {
        self.write(move |db| Ok(search::reindex(db, after)?)).await
    }

    async fn find(&self, id_or_slug: &str) -> Result<Option<Product>, Error> {
        self.db.read(|db| match Uuid::try_parse(id_or_slug) {
            Ok(id) => Ok(select(db, id)?),
            Err(_) => {
                let sql =
                    format!("select {PRODUCT} from product p where slug = ?1 and retired = 0");
                Ok(db
                    .prepare_cached(&sql)?
                    .query_row([id_or_slug], product)
                    .optional()?)
            }
        })
    }

    async fn insert(&self, product: NewProduct) -> Result<Product, Error> {
        self.write(move |db| {
            insert(db, &product)?;
            select(db, product.id)?.ok_or(Error::NotFound)
        })
        .await
    }

    async fn change(&self, id: Uuid, seen: Seen, change: Change) -> Result<Product, Error> {
        self.write(move |db| {
            let before = select(db, id)?.ok_or(Error::NotFound)?;
            if !seen(&before) {
                return Err(Error::Changed);
            }
            apply(db, &before, &change)?;
            let bump = "update product set version = version + 1 where seq = ?1";
            db.prepare_cached(bump)?.execute([before.seq])?;
            match change {
                Change::Retire => Ok(before),
                _ => select(db, id)?.ok_or(Error::NotFound),
            }
        })
        .await
    }

    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error> {
        self.db.read(|db| {
            let mut row = db.prepare_cached(
                "select id, name, category_id, price, iif(retired, 0, stock), retired from product
                 where id = ?1",
            )?;
            let quotes = products.iter().map(|id| {
                row.query_row([id], |row| {
                    Ok(Quote {
                        product_id: row.get(0)?,
                        name: row.get(1)?,
                        category: row.get(2)?,
                        price: row.get(3)?,
                        stock: row.get(4)?,
                        is_retired: row.get(5)?,
                    })
                })
                .optional()
            });
            Ok(quotes
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?)
        })
    }

    async fn reserve(
        &self,
        order_id: Uuid,
        lines: Vec<Line>,
        until: Timestamp,
    ) -> Result<(), Error> {
        self.write(move |db| {
            match reservation(db, order_id)? {
                Some((State::Released, _)) => return Err(Error::WrongState),
                Some((_, known)) if known != lines => return Err(Error::KeyReused),
                Some((State::Held | State::Committed, _)) => return Ok(()),
                Some((State::Expired, _)) | None => take(db, &lines)?,
            }
            store_reservation(db, order_id, State::Held, &lines, until)
        })
        .await
    }

    async fn commit(&self, order_id: Uuid) -> Result<(), Error> {
        self.write(move |db| {
            let (state, lines) = reservation(db, order_id)?.ok_or(Error::NotFound)?;
            match state {
                State::Committed => return Ok(()),
                State::Released => return Err(Error::WrongState),
                State::Expired => take(db, &lines)?,
                State::Held => {}
            }
            set_state(db, order_id, State::Committed)
        })
        .await
    }

    async fn release(&self, order_id: Uuid) -> Result<(), Error> {
        self.write(move |db| {
            let Some((state, lines)) = reservation(db, order_id)? else {
                return store_reservation(db, order_id, State::Released, &[], Timestamp::now());
            };
            if state.has_stock() {
                give_back(db, &lines)?;
            }
            set_state(db, order_id, State::Released)
        })
        .await
    }

    async fn expire(&self, now: Timestamp) -> Result<usize, Error> {
        let is_any = self.db.read(|db| {
            let sql = format!("select exists (select 1 {LAPSED})");
            let mut is_any = db.prepare_cached(&sql)?;
            is_any.query_row([now.as_millisecond()], |row| row.get(0))
        });
        if !is_any? {
            return Ok(0);
        }
        self.write(move |db| {
            let lapsed: Vec<Uuid> = db
                .prepare_cached(&format!("select order_id {LAPSED}"))?
                .query_map([now.as_millisecond()], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for order_id in &lapsed {
                if let Some((_, lines)) = reservation(db, *order_id)? {
                    give_back(db, &lines)?;
                    set_state(db, *order_id, State::Expired)?;
                }
            }
            Ok(lapsed.len())
        })
        .await
    }

    async fn count_sold(&self, sold: Vec<(Uuid, Vec<Line>)>) -> Result<(), Error> {
        self.write(move |db| {
            let sql = "update product set popularity = popularity + ?2 where id = ?1";
            let mut count = db.prepare_cached(sql)?;
            for (event, lines) in sold {
                if events::sqlite::first_time(db, event)? {
                    for line in lines {
                        count.execute(params![line.product_id, line.quantity])?;
                    }
                }
            }
            Ok(())
        })
        .await
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}
