//! catalog.db in PostgreSQL, shared by every replica.

mod facets;
mod indexed;
mod list;
mod products;
mod reservations;
mod search;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;
use kit::{
    http::Limit,
    store::{Connection, Postgres, PostgresUrl, StoreError},
};
use sqlx::{migrate, query_as, query_scalar};
use uuid::Uuid;

use super::{
    After, CategoryCount, Change, NewProduct, OnCommit, Quote, Seen, SortKey, Store,
    write_and_notify,
};
use crate::{
    Error,
    product::Product,
    reservation::Line,
    search::{Facets, Filter, Named, Search},
};

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
    listener: Option<Arc<dyn OnCommit>>,
}

impl PostgresStore {
    /// Connects, and migrates the database.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        // Lists walk an index in their order. PostgreSQL guesses how many rows a filter leaves, and a
        // guess that is too low has it sort them all for one page. Measured on 100,000 products, 2,500
        // of them of category c3 and all of these of about one price (it guessed 61):
        //
        //   select ... where category_id = 'c3' and price >= 5000 and price <= 5010
        //   order by popularity desc, seq desc limit 25
        //
        // reads and sorts 2,500 rows in 4.0 ms; with this it reads 25 in 0.15 ms.
        let url = url.with_setting("enable_sort", "off");
        let db = Postgres::open(&url, migrate!("migrations/postgres")).await?;
        Ok(Self { db, listener: None })
    }

    /// Notifies this listener of every write from now on.
    #[must_use]
    pub fn with_listener(self, listener: Arc<dyn OnCommit>) -> Self {
        let listener = Some(listener);
        Self { listener, ..self }
    }

    /// Works in a transaction.
    async fn write<T: Send + 'static>(
        &self,
        work: impl for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, Error>>
        + Send
        + 'static,
    ) -> Result<T, Error> {
        let db = self.db.clone();
        let in_transaction = async move {
            let mut db = db.get().await?;
            let mut tx = db.begin().await?;
            let done = work(&mut tx).await?;
            tx.commit().await?;
            Ok(done)
        };
        write_and_notify(&self.listener, in_transaction).await
    }
}

#[async_trait]
impl Search for PostgresStore {
    async fn list(
        &self,
        filter: &Filter,
        after: Option<After>,
        limit: Limit,
    ) -> Result<Vec<(SortKey, Product)>, Error> {
        let mut list = list::statement(filter, after, limit);
        let rows = list.build().fetch_all(&mut *self.db.get().await?).await?;
        rows.iter().map(|row| list::listed(filter, row)).collect()
    }

    async fn facets(&self, filter: &Filter) -> Result<Facets, Error> {
        facets::count(&mut *self.db.get().await?, filter).await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn is_empty(&self) -> Result<bool, Error> {
        let is_empty = query_scalar!(r#"select not exists (select from product) as "is_empty!""#);
        Ok(is_empty.fetch_one(&mut *self.db.get().await?).await?)
    }

    async fn seed(
        &self,
        categories: Vec<(String, String, i64)>,
        products: Vec<NewProduct>,
    ) -> Result<bool, Error> {
        self.write(move |db| Box::pin(products::seed(db, categories, products)))
            .await
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, Error> {
        let categories = query_as!(
            CategoryCount,
            r#"select c.id, c.name, (select count(*) from product p
                 where not p.retired and p.category_id = c.id) as "products!"
               from category c order by c.position, c.id"#
        );
        Ok(categories.fetch_all(&mut *self.db.get().await?).await?)
    }

    async fn vocabulary(&self, products: u32) -> Result<BTreeSet<String>, Error> {
        search::vocabulary(&mut *self.db.get().await?, products).await
    }

    async fn names(&self, products: u32) -> Result<Vec<Named>, Error> {
        search::names(&mut *self.db.get().await?, products).await
    }

    async fn reindex(&self, after: i64) -> Result<Option<i64>, Error> {
        self.write(move |db| Box::pin(search::reindex(db, after)))
            .await
    }

    async fn find(&self, id_or_slug: &str) -> Result<Option<Product>, Error> {
        let mut db = self.db.get().await?;
        match Uuid::try_parse(id_or_slug) {
            Ok(id) => products::find(&mut db, id).await,
            Err(_) => products::find_by_slug(&mut db, id_or_slug).await,
        }
    }

    async fn insert(&self, product: NewProduct) -> Result<Product, Error> {
        let id = product.id;
        self.write(move |db| {
            Box::pin(async move {
                products::insert(db, &product).await?;
                products::find(db, id).await?.ok_or(Error::NotFound)
            })
        })
        .await
    }

    async fn change(&self, id: Uuid, seen: Seen, change: Change) -> Result<Product, Error> {
        self.write(move |db| Box::pin(products::change(db, id, seen, change)))
            .await
    }

    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error> {
        let quotes = query_as!(
            Quote,
            r#"select p.id as product_id, p.name, p.category_id as category, p.price,
                 case when p.retired then 0 else p.stock end as "stock!",
                 p.retired as is_retired
               from unnest($1::uuid[]) with ordinality as asked (id, at)
               join product p on p.id = asked.id order by asked.at"#,
            products
        );
        Ok(quotes.fetch_all(&mut *self.db.get().await?).await?)
    }

    async fn reserve(
        &self,
        order_id: Uuid,
        lines: Vec<Line>,
        until: Timestamp,
    ) -> Result<(), Error> {
        self.write(move |db| Box::pin(reservations::reserve(db, order_id, lines, until)))
            .await
    }

    async fn commit(&self, order_id: Uuid) -> Result<(), Error> {
        self.write(move |db| Box::pin(reservations::commit(db, order_id)))
            .await
    }

    async fn release(&self, order_id: Uuid) -> Result<(), Error> {
        self.write(move |db| Box::pin(reservations::release(db, order_id)))
            .await
    }

    async fn expire(&self, now: Timestamp) -> Result<usize, Error> {
        if !reservations::has_lapsed(&mut *self.db.get().await?, now).await? {
            return Ok(0);
        }
        let mut lapsed = 0;
        loop {
            let some = self.write(move |db| Box::pin(reservations::expire_some(db, now)));
            match some.await? {
                0 => return Ok(lapsed),
                some => lapsed += some,
            }
        }
    }

    async fn count_sold(&self, sold: Vec<(Uuid, Vec<Line>)>) -> Result<(), Error> {
        self.write(move |db| Box::pin(reservations::count_sold(db, sold)))
            .await
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}
