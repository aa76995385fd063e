//! The port to whoever finds products: the store, or an engine beside it.

use std::sync::Arc;

use async_trait::async_trait;
use kit::http::Limit;
use tokio_util::sync::CancellationToken;

use crate::{
    Error,
    product::Product,
    search::{Facets, Filter, SearchName},
    store::{After, SortKey, Store},
};

/// Lists products, and finds them by words. Whoever does it, the same words find the same products, the best first, and
/// a list that one has begun another goes on with: the terms, their weights and the keys are the shop's own.
#[async_trait]
pub trait Search: Send + Sync {
    /// Up to one more than `limit` products after `after`, each with the key that it is sorted by.
    async fn list(
        &self,
        filter: &Filter,
        after: Option<After>,
        limit: Limit,
    ) -> Result<Vec<(SortKey, Product)>, Error>;

    /// How many products of each kind there are among those that a list by this filter has.
    async fn facets(&self, filter: &Filter) -> Result<Facets, Error>;
}

/// A search with an index that is kept elsewhere.
#[async_trait]
pub trait Engine: Search {
    /// Has it know what has changed, until `stop`: within about a second.
    async fn run(&self, stop: CancellationToken);

    /// Indexes what has changed and is not indexed yet, in a new index if there is none. The number of products.
    async fn index_due(&self) -> Result<usize, Error>;

    /// Makes the index anew, while the one that is there answers, and then has the new one answer. The number of
    /// products.
    async fn reindex(&self) -> Result<usize, Error>;
}

/// An engine that there is not.
#[derive(Debug, thiserror::Error)]
pub enum BadSearch {
    /// Its name has another form.
    #[error(
        "search: expected store, opensearch:http://<host>:<port>/<index> or opensearch+aws:https://<host>/<index>"
    )]
    Name,
    /// The program cannot speak with it.
    #[error("search: this program was built without the feature opensearch")]
    NotBuilt,
    /// It cannot be called.
    #[error("search: {0}")]
    Engine(String),
}

/// The engine of this name, beside `store`, which answers for it after `wait_ms`; none where the store itself searches.
pub(crate) async fn open(
    name: &SearchName,
    wait_ms: u64,
    store: &Arc<dyn Store>,
) -> Result<Option<Arc<dyn Engine>>, BadSearch> {
    match name {
        SearchName::Store => Ok(None),
        #[cfg(feature = "opensearch")]
        SearchName::OpenSearch(place) => {
            let engine = super::opensearch::OpenSearch::open(place, wait_ms, store.clone()).await?;
            Ok(Some(Arc::new(engine)))
        }
        #[cfg(not(feature = "opensearch"))]
        SearchName::OpenSearch(_) => {
            let _ = (wait_ms, store);
            Err(BadSearch::NotBuilt)
        }
    }
}
