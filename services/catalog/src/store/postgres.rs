//! catalog.db in PostgreSQL, shared by every replica.
//!
//! Holds are counted on the database's clock, so that replicas whose clocks differ agree on when one
//! ends: a moment of this process is stored, and compared, as its distance from now.
//!
//! To avoid deadlocks, locks are taken in one order: a reservation before the products that it is for,
//! and products in the order of their ids.

mod list;
mod reservations;
mod rows;

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;
use kit::{
    events,
    http::{IfMatch, Limit},
    store::{Migration, Postgres, PostgresError, PostgresUrl, Statements, StoreError, Transaction},
};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use self::{
    list::{list_statement, search_vectors, storable},
    reservations::{
        add, from_now, give_back, lines, lock_reservation, set_state, store_reservation, take,
    },
    rows::{PRODUCT, product, sort_key},
};
use super::{
    After, CategoryCount, Change, NewProduct, OnCommit, Quote, SortKey, Store, write_and_tell,
};
use crate::{
    Error,
    product::{Details, Product},
    reservation::{Line, State},
    search::Filter,
};

pub(super) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "0001_create_catalog",
        sql: include_str!("../../migrations/postgres/0001_create_catalog.sql"),
    },
    Migration {
        name: "0002_index_prices",
        sql: include_str!("../../migrations/postgres/0002_index_prices.sql"),
    },
];

/// The database's clock, at the start of the transaction, in milliseconds.
const NOW: &str = "(extract(epoch from now()) * 1000)::bigint";

/// The reservations whose hold is over.
const LAPSED: &str = "from reservation where state = 'held'
     and expires_at < (extract(epoch from now()) * 1000)::bigint + $1";

/// How many lapsed reservations are given back in one transaction.
const BATCH: i64 = 100;

/// The adapter.
pub struct PostgresStore {
    db: Postgres,
    told: Option<Arc<dyn OnCommit>>,
}

impl PostgresStore {
    /// Connects, and migrates the database.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        let db = Postgres::open(&session(url), MIGRATIONS).await?;
        Ok(Self { db, told: None })
    }

    /// Tells of every write from now on.
    #[must_use]
    pub fn telling(self, told: Arc<dyn OnCommit>) -> Self {
        let told = Some(told);
        Self { told, ..self }
    }

    /// Works in a transaction.
    async fn write<T: Send + 'static>(
        &self,
        work: impl for<'t> FnOnce(&'t Transaction<'_>) -> BoxFuture<'t, Result<T, Error>>
        + Send
        + 'static,
    ) -> Result<T, Error> {
        let db = self.db.clone();
        let in_transaction = async move {
            let mut db = db.get().await?;
            let tx = db.transaction().await?;
            let done = work(&tx).await?;
            tx.commit().await?;
            Ok(done)
        };
        write_and_tell(&self.told, in_transaction).await
    }

    /// Gives back some lapsed reservations; how many.
    async fn expire_some(&self, now: Timestamp) -> Result<usize, Error> {
        // What another replica gives back, or an order is about to commit, is passed over.
        let sql = format!(
            "with lapsed as materialized (
               select order_id {LAPSED} limit $2 for update skip locked)
             update reservation r set state = 'expired'
             from lapsed where r.order_id = lapsed.order_id returning r.lines"
        );
        let expire = self.write(move |tx| {
            Box::pin(async move {
                let rows = tx.all(&sql, &[&from_now(now), &BATCH]).await?;
                let mut lines = Vec::new();
                for row in &rows {
                    lines.extend(self::lines(row)?);
                }
                give_back(tx, &lines).await?;
                Ok(rows.len())
            })
        });
        expire.await
    }
}

/// Never sorts what an index keeps in order: how many rows a filter leaves is guessed, and a guess
/// that is too low would have a whole list sorted for a page of it.
pub(super) fn session(url: &PostgresUrl) -> PostgresUrl {
    url.with_setting("enable_sort", "off")
}

#[async_trait]
impl Store for PostgresStore {
    async fn is_empty(&self) -> Result<bool, Error> {
        let sql = "select not exists (select from product)";
        let row = self.db.get().await?.one(sql, &[]).await?;
        Ok(row.try_get(0)?)
    }

    async fn seed(
        &self,
        categories: Vec<(String, String, i64)>,
        products: Vec<NewProduct>,
    ) -> Result<bool, Error> {
        let write = self.write(move |tx| {
            Box::pin(async move {
                tx.run("lock table category in exclusive mode", &[]).await?;
                if tx
                    .maybe("select from category limit 1", &[])
                    .await?
                    .is_some()
                {
                    return Ok(false);
                }
                for (id, name, position) in &categories {
                    let sql = "insert into category (id, name, position) values ($1, $2, $3)";
                    tx.run(sql, &[id, name, position]).await?;
                }
                for product in &products {
                    insert(tx, product).await?;
                }
                Ok(true)
            })
        });
        write.await
    }

    async fn categories(&self) -> Result<Vec<CategoryCount>, Error> {
        let sql = "select c.id, c.name, (select count(*) from product p
               where not p.retired and p.category_id = c.id) as products
             from category c order by c.position, c.id";
        let rows = self.db.get().await?.all(sql, &[]).await?;
        let categories = rows.iter().map(|row| {
            Ok(CategoryCount {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                products: row.try_get("products")?,
            })
        });
        Ok(categories.collect::<Result<_, PostgresError>>()?)
    }

    async fn list(
        &self,
        filter: &Filter,
        after: Option<After>,
        limit: Limit,
    ) -> Result<Vec<(SortKey, Product)>, Error> {
        let (sql, values) = list_statement(filter, after, limit);
        let values = values.iter().map(|value| &**value as &(dyn ToSql + Sync));
        let values: Vec<_> = values.collect();
        let rows = self.db.get().await?.all(&sql, &values).await?;
        let products = rows
            .iter()
            .map(|row| Ok((sort_key(filter, row)?, product(row)?)));
        Ok(products.collect::<Result<_, PostgresError>>()?)
    }

    async fn find(&self, id_or_slug: &str) -> Result<Option<Product>, Error> {
        let db = self.db.get().await?;
        let (id, slug) = match Uuid::try_parse(id_or_slug) {
            Ok(id) => (Some(id), None),
            Err(_) => (None, Some(storable(id_or_slug))),
        };
        let (column, value): (_, &(dyn ToSql + Sync)) = match &id {
            Some(id) => ("id", id),
            None => ("slug", &slug),
        };
        let sql = format!("select {PRODUCT} from product p where {column} = $1 and not retired");
        let row = db.maybe(&sql, &[value]).await?;
        Ok(row.as_ref().map(product).transpose()?)
    }

    async fn insert(&self, product: NewProduct) -> Result<Product, Error> {
        let write = self.write(move |tx| {
            Box::pin(async move {
                let inserted = insert(tx, &product).await?;
                Ok(inserted)
            })
        });
        write.await
    }

    async fn change(&self, id: Uuid, known: IfMatch, change: Change) -> Result<Product, Error> {
        let write = self.write(move |tx| {
            Box::pin(async move {
                let sql = format!(
                    "select {PRODUCT} from product p where id = $1 and not retired for update"
                );
                let before = tx.maybe(&sql, &[&id]).await?.ok_or(Error::NotFound)?;
                let before = product(&before)?;
                if !known.allows(before.version) {
                    return Err(Error::Changed);
                }
                let after = apply(tx, &before, &change).await?;
                Ok(match change {
                    Change::Retire => before,
                    Change::Details(_) | Change::Stock(_) | Change::Image(_) => after,
                })
            })
        });
        write.await
    }

    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error> {
        let sql = "select id, name, price, case when retired then 0 else stock end as stock
             from unnest($1::uuid[]) with ordinality as asked (id, place) join product using (id)
             order by place";
        let rows = self.db.get().await?.all(sql, &[&products]).await?;
        let quotes = rows.iter().map(|row| {
            Ok(Quote {
                product_id: row.try_get("id")?,
                name: row.try_get("name")?,
                price: row.try_get("price")?,
                stock: row.try_get("stock")?,
            })
        });
        Ok(quotes.collect::<Result<_, PostgresError>>()?)
    }

    async fn reserve(
        &self,
        order_id: Uuid,
        lines: Vec<Line>,
        until: Timestamp,
    ) -> Result<(), Error> {
        let write = self.write(move |tx| {
            Box::pin(async move {
                match store_reservation(tx, order_id, State::Held, &lines, until).await? {
                    Some((State::Released, _)) => return Err(Error::WrongState),
                    Some((_, known)) if known != lines => return Err(Error::KeyReused),
                    Some((State::Held | State::Committed, _)) => return Ok(()),
                    Some((State::Expired, _)) => {
                        let sql = format!(
                            "update reservation set state = 'held', expires_at = {NOW} + $2
                     where order_id = $1"
                        );
                        tx.run(&sql, &[&order_id, &from_now(until)]).await?;
                    }
                    None => {}
                }
                take(tx, &lines).await?;
                Ok(())
            })
        });
        write.await
    }

    async fn commit(&self, order_id: Uuid) -> Result<(), Error> {
        let write = self.write(move |tx| {
            Box::pin(async move {
                let reservation = lock_reservation(tx, order_id).await?;
                let (state, lines) = reservation.ok_or(Error::NotFound)?;
                match state {
                    State::Committed => return Ok(()),
                    State::Released => return Err(Error::WrongState),
                    State::Expired => take(tx, &lines).await?,
                    State::Held => {}
                }
                set_state(tx, order_id, State::Committed).await?;
                Ok(())
            })
        });
        write.await
    }

    async fn release(&self, order_id: Uuid) -> Result<(), Error> {
        let write = self.write(move |tx| {
            Box::pin(async move {
                let now = Timestamp::now();
                let present = store_reservation(tx, order_id, State::Released, &[], now).await?;
                if let Some((state, lines)) = present {
                    set_state(tx, order_id, State::Released).await?;
                    if state.has_stock() {
                        give_back(tx, &lines).await?;
                    }
                }
                Ok(())
            })
        });
        write.await
    }

    async fn expire(&self, now: Timestamp) -> Result<usize, Error> {
        let sql = format!("select exists (select {LAPSED})");
        let is_any = self.db.get().await?.one(&sql, &[&from_now(now)]).await?;
        if !is_any.try_get::<_, bool>(0)? {
            return Ok(0);
        }
        let mut lapsed = 0;
        loop {
            match self.expire_some(now).await? {
                0 => return Ok(lapsed),
                some => lapsed += some,
            }
        }
    }

    async fn count_sold(&self, sold: Vec<(Uuid, Vec<Line>)>) -> Result<(), Error> {
        let write = self.write(move |tx| {
            Box::pin(async move {
                let events: Vec<Uuid> = sold.iter().map(|(event, _)| *event).collect();
                let mut new = events::postgres::first_times(tx, &events).await?;
                let counted = sold.into_iter().filter(|(event, _)| new.remove(event));
                let lines: Vec<Line> = counted.flat_map(|(_, lines)| lines).collect();
                add(tx, "popularity", &lines).await?;
                Ok(())
            })
        });
        write.await
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }
}

async fn insert(db: &impl Statements, new: &NewProduct) -> Result<Product, Error> {
    let details = &new.details;
    let category = category_name(db, &details.category).await?;
    let (words, description_words) = search_vectors(details, &category);
    let sql = format!(
        "insert into product as p (id, slug, name, botanical_name, summary, description,
           category_id, price, stock, rating, care, attributes, image, popularity, version, words,
           description_words)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1,
           $15::text::tsvector, $16::text::tsvector)
         on conflict (slug) do nothing
         returning {PRODUCT}"
    );
    let inserted = db
        .maybe(
            &sql,
            &[
                &new.id,
                &new.slug.as_str(),
                &details.name,
                &details.botanical_name,
                &details.summary,
                &details.description,
                &details.category,
                &details.price.get(),
                &new.stock,
                &new.rating,
                &details.care,
                &attributes(details),
                &new.image,
                &((new.rating * 10.0).round() as i64),
                &words,
                &description_words,
            ],
        )
        .await?;
    Ok(product(&inserted.ok_or(Error::SlugTaken)?)?)
}

/// The product after the change.
async fn apply(db: &impl Statements, before: &Product, change: &Change) -> Result<Product, Error> {
    let update = |set: &str| {
        format!(
            "update product p set {set}, version = version + 1 where seq = $1 returning {PRODUCT}"
        )
    };
    let seq = &before.seq;
    let row = match change {
        Change::Details(details) => {
            let category = category_name(db, &details.category).await?;
            let (words, description_words) = search_vectors(details, &category);
            let sql = update(
                "name = $2, botanical_name = $3, summary = $4, description = $5,
                 category_id = $6, price = $7, care = $8, attributes = $9,
                 words = $10::text::tsvector, description_words = $11::text::tsvector",
            );
            db.one(
                &sql,
                &[
                    seq,
                    &details.name,
                    &details.botanical_name,
                    &details.summary,
                    &details.description,
                    &details.category,
                    &details.price.get(),
                    &details.care,
                    &attributes(details),
                    &words,
                    &description_words,
                ],
            )
            .await?
        }
        Change::Stock(stock) => db.one(&update("stock = $2"), &[seq, stock]).await?,
        Change::Image(image) => db.one(&update("image = $2"), &[seq, image]).await?,
        Change::Retire => db.one(&update("retired = true"), &[seq]).await?,
    };
    Ok(product(&row)?)
}

async fn category_name(db: &impl Statements, id: &str) -> Result<String, Error> {
    let row = db
        .maybe("select name from category where id = $1", &[&storable(id)])
        .await?;
    Ok(row.ok_or(Error::UnknownCategory)?.try_get(0)?)
}

fn attributes(details: &Details) -> String {
    serde_json::to_string(&details.attributes).expect("strings serialise")
}
