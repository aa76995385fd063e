//! What every adapter of the catalog's store guarantees: the same cases for each of them.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod events;
mod facets;
mod indexed;
mod model;
mod products;
mod reservations;

use std::sync::Arc;

use catalog::{
    product::{Details, Price, Slug},
    reservation::Line,
    store::{NewProduct, Seen, Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use jiff::{SignedDuration, Timestamp};
use kit::store::StoreUrl;
use uuid::Uuid;

pub(crate) async fn open(url: &StoreUrl) -> Arc<dyn Store> {
    match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path).unwrap()),
        StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await.unwrap()),
    }
}

/// Runs so many tasks at once; their answers.
pub(crate) async fn at_once<T: Send + 'static, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(task(n))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

pub(crate) fn product(name: &str, stock: i64) -> NewProduct {
    NewProduct {
        id: Uuid::now_v7(),
        slug: Slug::from_name(name),
        stock,
        rating: 4.0,
        image: "pot.svg".to_owned(),
        details: Details {
            name: name.to_owned(),
            botanical_name: None,
            summary: String::new(),
            description: String::new(),
            category: "plants".to_owned(),
            price: Price::cents(1000).unwrap(),
            care: String::new(),
            attributes: Default::default(),
        },
    }
}

/// Seeds products with this stock and returns their ids.
pub(crate) async fn seed<const N: usize>(store: &Arc<dyn Store>, stock: [i64; N]) -> [Uuid; N] {
    let names = ["Basil", "Fern", "Ivy"];
    let products: Vec<_> = stock
        .iter()
        .zip(names)
        .map(|(n, name)| product(name, *n))
        .collect();
    let ids = std::array::from_fn(|at| products[at].id);
    let category = ("plants".to_owned(), "Plants".to_owned(), 1);
    store.seed(vec![category], products).await.unwrap();
    ids
}

pub(crate) async fn stock(store: &Arc<dyn Store>, id: Uuid) -> i64 {
    store.find(&id.to_string()).await.unwrap().unwrap().stock
}

/// Whatever there is.
pub(crate) fn any() -> Seen {
    Box::new(|_| true)
}

pub(crate) fn version(seen: i64) -> Seen {
    Box::new(move |now| now.version == seen)
}

pub(crate) fn line(product_id: Uuid, quantity: i64) -> Vec<Line> {
    vec![Line {
        product_id,
        quantity,
    }]
}

pub(crate) fn soon() -> Timestamp {
    Timestamp::now() + SignedDuration::from_mins(15)
}

/// When every hold made with [`soon`] is over.
pub(crate) fn later() -> Timestamp {
    Timestamp::now() + SignedDuration::from_mins(16)
}
