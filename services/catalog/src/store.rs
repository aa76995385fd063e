//! The port to catalog.db.

mod indexed;
pub mod postgres;
pub mod sqlite;

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use kit::{telemetry, trace};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Error,
    product::{Details, Product, Slug},
    reservation::Line,
    search::{Filter, Named, Search, Sort},
};

pub use indexed::{Indexable, Indexed};

/// A product to insert.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// Its id.
    pub id: Uuid,
    /// Its name in addresses.
    pub slug: Slug,
    /// What staff say of it.
    pub details: Details,
    /// Sellable pieces.
    pub stock: i64,
    /// 0 to 5.
    pub rating: f64,
    /// The picture's file name.
    pub image: String,
}

/// Whether a product, as it is when it is changed, is what whoever changes it has seen.
pub type Seen = Box<dyn Fn(&Product) -> bool + Send + Sync>;

/// What staff change of a product.
#[derive(Clone, Debug)]
pub enum Change {
    /// What is said of it.
    Details(Box<Details>),
    /// Its sellable pieces.
    Stock(i64),
    /// Its picture's file name.
    Image(String),
    /// It is sold no more; orders and carts still know its name.
    Retire,
}

/// A category and how many products it has.
#[derive(Clone, Debug)]
pub struct CategoryCount {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many products are sold in it.
    pub products: i64,
}

/// What a piece costs today, for a cart.
#[derive(Clone, Debug)]
pub struct Quote {
    /// The product.
    pub product_id: Uuid,
    /// Its name.
    pub name: String,
    /// Its category's id.
    pub category: String,
    /// Its price, in cents.
    pub price: i64,
    /// Pieces that can be bought now; none of a retired product.
    pub stock: i64,
    /// Whether it is sold no longer.
    pub is_retired: bool,
}

/// What a product is sorted by in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    /// A name.
    #[serde(rename = "t")]
    Text(String),
    /// A price, a popularity, an age.
    #[serde(rename = "n")]
    Number(i64),
    /// How well it matches: the bits of the `f64`, because JSON may round a number and a page
    /// would then begin with the wrong product.
    #[serde(rename = "r")]
    Rank(u64),
}

impl SortKey {
    /// Whether a list by this filter has keys of this kind.
    pub fn is_of(&self, filter: &Filter) -> bool {
        match (filter.sort, &filter.words) {
            (Sort::Relevance, Some(_)) => matches!(self, Self::Rank(_)),
            (Sort::Name, _) => matches!(self, Self::Text(_)),
            (Sort::Relevance, None) | (Sort::Price | Sort::PriceDescending | Sort::Newest, _) => {
                matches!(self, Self::Number(_))
            }
        }
    }
}

/// Where a page of a list goes on: the sort key and the `seq` of the last item.
pub type After = (SortKey, i64);

/// The lowest and the highest price of what comes after `after`. A list by price that walks an index
/// goes on from the last one, and a database may take but one bound to find where that is.
fn prices(filter: &Filter, after: Option<&After>) -> (Option<i64>, Option<i64>) {
    let (min, max) = (filter.min_price, filter.max_price);
    match (filter.sort, after) {
        _ if filter.words.is_some() => (min, max),
        (Sort::Price, Some((SortKey::Number(last), _))) => (min.max(Some(*last)), max),
        (Sort::PriceDescending, Some((SortKey::Number(last), _))) => {
            (min, Some(max.map_or(*last, |max| max.min(*last))))
        }
        _ => (min, max),
    }
}

/// Who is notified of each write that may have changed something: after it has committed, before it is
/// acknowledged.
#[async_trait]
pub trait OnCommit: Send + Sync {
    /// Something may have changed.
    async fn committed(&self);
}

/// Runs a write to its end, even when whoever asked goes away meanwhile, and notifies of it unless
/// it was refused.
async fn write_and_notify<T: Send + 'static>(
    listener: &Option<Arc<dyn OnCommit>>,
    write: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let (started, listener) = (Instant::now(), listener.clone());
    let to_its_end = async move {
        let result = write.await;
        let is_refused = result.as_ref().is_err_and(Error::is_refusal);
        if let Some(listener) = listener.filter(|_| !is_refused) {
            listener.committed().await;
        }
        result
    };
    let written = tokio::spawn(trace::within(trace::current(), to_its_end)).await;
    // The store adds its time to the request that it runs in, and this is another task.
    telemetry::add_db_time(started.elapsed());
    written.unwrap_or_else(|fault| Err(Error::Internal(fault.into())))
}

/// Products, stock and reservations. Reads come from committed data and do not wait.
#[async_trait]
pub trait Store: Search + Indexed {
    /// Whether there is no product at all.
    async fn is_empty(&self) -> Result<bool, Error>;

    /// Inserts categories (id, name, position) and products, all or nothing, unless there are some:
    /// of those who seed at once one does. Whether it was this one.
    async fn seed(
        &self,
        categories: Vec<(String, String, i64)>,
        products: Vec<NewProduct>,
    ) -> Result<bool, Error>;

    /// The categories in their order.
    async fn categories(&self) -> Result<Vec<CategoryCount>, Error>;

    /// What products are found by: the terms of up to so many, the newest first.
    async fn vocabulary(&self, products: u32) -> Result<BTreeSet<String>, Error>;

    /// What up to so many products are called, the most popular first.
    async fn names(&self, products: u32) -> Result<Vec<Named>, Error>;

    /// Looks at some products after `after`, by age, and has them found, and sorted, by what they say
    /// now: an older version of the shop may have written them. The last one's `seq`; `None` when there were none.
    async fn reindex(&self, after: i64) -> Result<Option<i64>, Error>;

    /// The product with this id or slug, unless it is retired.
    async fn find(&self, id_or_slug: &str) -> Result<Option<Product>, Error>;

    /// Inserts a product; [`Error::SlugTaken`], [`Error::UnknownCategory`].
    async fn insert(&self, product: NewProduct) -> Result<Product, Error>;

    /// Changes a product if it still is what the caller has seen, atomically, sales included;
    /// [`Error::Changed`] if not. The product after the change.
    async fn change(&self, id: Uuid, seen: Seen, change: Change) -> Result<Product, Error>;

    /// What these products cost; those that do not exist are left out.
    async fn quote(&self, products: &[Uuid]) -> Result<Vec<Quote>, Error>;

    /// Sets all lines aside or none, once per order; repeatable with the same lines.
    async fn reserve(
        &self,
        order_id: Uuid,
        lines: Vec<Line>,
        until: Timestamp,
    ) -> Result<(), Error>;

    /// Sells what is set aside; repeatable. A lapsed reservation is taken up again if it can be.
    async fn commit(&self, order_id: Uuid) -> Result<(), Error>;

    /// Gives everything back, sold or set aside; repeatable. Of an order without a reservation it
    /// makes sure that there will be none.
    async fn release(&self, order_id: Uuid) -> Result<(), Error>;

    /// Gives back what was set aside until before `now`. The number of reservations lapsed.
    async fn expire(&self, now: Timestamp) -> Result<usize, Error>;

    /// Counts sold pieces, each event once.
    async fn count_sold(&self, sold: Vec<(Uuid, Vec<Line>)>) -> Result<(), Error>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), Error>;
}
