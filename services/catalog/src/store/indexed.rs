//! What an index that is kept elsewhere has to know of products.

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Error, product::Product};

/// A product as it is to be indexed.
#[derive(Clone, Debug)]
pub struct Indexable {
    /// The product.
    pub product: Product,
    /// Its category's name.
    pub category: String,
    /// Counts the changes of what a search sees, whoever makes them: words, category, price, whether it can be bought,
    /// whether it is sold. Written to an index as the external version, an older state never replaces a newer one.
    pub version: i64,
    /// Whether it is sold no more.
    pub is_retired: bool,
}

/// Products for an index that is kept elsewhere. The store remembers which version of each was indexed last.
#[async_trait]
pub trait Indexed: Send + Sync {
    /// Up to so many products whose last version is not indexed.
    async fn unindexed(&self, limit: u32) -> Result<Vec<Indexable>, Error>;

    /// These products are indexed in these versions; repeatable, in any order. Whoever keeps answers forgets them.
    async fn note_indexed(&self, versions: Vec<(Uuid, i64)>) -> Result<(), Error>;

    /// Up to so many products after `after`, by age.
    async fn indexable(&self, after: i64, limit: u32) -> Result<Vec<Indexable>, Error>;

    /// Those of these products that are sold.
    async fn find_all(&self, ids: &[Uuid]) -> Result<Vec<Product>, Error>;
}
