//! Products found by OpenSearch, which the store stands in for while it does not answer. Their words are OpenSearch's
//! to find; what is shown of them is the store's.
//!
//! `query` asks for a list, `facets` for counts, `documents` says what is indexed, `indexing` keeps it up to date, `http` speaks with the server.

mod documents;
mod facets;
mod http;
mod indexing;
mod query;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ::http::{Method, StatusCode};
use async_trait::async_trait;
use kit::{http::Limit, telemetry};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex as Turn;

use self::http::{Fault, Server};
use super::{BadSearch, Facets, Filter, IndexPlace, Search, Words};
use crate::{
    Error,
    product::Product,
    store::{After, SortKey, Store},
};

/// For how long nobody asks an engine that has just failed: a dead one costs nobody's time but that of the first.
const PAUSE: Duration = Duration::from_secs(2);

/// How often a page is asked for again whose products have gone since they were indexed.
const TRIES: usize = 4;

/// The adapter.
pub(crate) struct OpenSearch {
    server: Server,
    alias: String,
    store: Arc<dyn Store>,
    /// How long a search may take before the store answers instead.
    patience: Duration,
    /// Until when the engine is left alone.
    rests_until: Mutex<Option<Instant>>,
    /// Whether somebody found no index.
    is_missing: AtomicBool,
    /// Of those in this process who index one does at a time.
    turn: Turn<()>,
}

/// What OpenSearch answers.
#[derive(Deserialize)]
struct Found {
    timed_out: bool,
    hits: Hits,
}

#[derive(Deserialize)]
struct Hits {
    hits: Vec<Hit>,
}

/// A product that was found, and what it is sorted by.
#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_id")]
    id: uuid::Uuid,
    sort: (Value, i64),
}

impl OpenSearch {
    pub(super) async fn open(
        place: &IndexPlace,
        wait_ms: u64,
        store: Arc<dyn Store>,
    ) -> Result<Self, BadSearch> {
        Ok(Self {
            server: Server::at(place).await.map_err(BadSearch::Engine)?,
            alias: place.alias.clone(),
            store,
            patience: Duration::from_millis(wait_ms),
            rests_until: Mutex::default(),
            is_missing: AtomicBool::new(false),
            turn: Turn::default(),
        })
    }

    /// A page of what has the words.
    async fn find(
        &self,
        filter: &Filter,
        words: &Words,
        after: Option<&After>,
        limit: Limit,
    ) -> Result<Vec<(SortKey, Product)>, Fault> {
        let wanted = limit.get() as usize + 1;
        let (mut after, mut page) = (after.cloned(), Vec::new());
        for _ in 0..TRIES {
            let size = wanted - page.len();
            let asked = query::page(filter, words, after.as_ref(), size);
            let path = format!("/{}/_search", self.alias);
            let found = self
                .server
                .send_json(Method::POST, &path, &asked, self.patience)
                .await?;
            let found: Found = serde_json::from_value(found)?;
            if found.timed_out {
                return Err("it ran out of time".into());
            }
            let hits = found.hits.hits;
            let keys = hits.iter().map(|hit| query::key(filter, &hit.sort.0));
            let keys = keys.collect::<Option<Vec<_>>>();
            let keys = keys.ok_or("a key is of another kind")?;
            let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
            let products = self.store.find_all(&ids).await?.into_iter();
            let products = products.map(|product| (product.id, product));
            let mut products: HashMap<_, _> = products.collect();
            let is_last = hits.len() < size;
            after = hits
                .last()
                .zip(keys.last())
                .map(|(hit, key)| (key.clone(), hit.sort.1));
            // What is sold no more is gone from the store first.
            let there = keys.into_iter().zip(&ids);
            page.extend(there.filter_map(|(key, id)| Some((key, products.remove(id)?))));
            if is_last || page.len() == wanted {
                break;
            }
        }
        Ok(page)
    }

    /// How many products of each kind have the words.
    async fn count(&self, filter: &Filter, words: &Words) -> Result<Facets, Fault> {
        let asked = facets::question(filter, words);
        let path = format!("/{}/_search", self.alias);
        let counted = self
            .server
            .send_json(Method::POST, &path, &asked, self.patience)
            .await?;
        facets::answer(serde_json::from_value(counted)?)
    }

    /// What the engine answers, or the store while that is away. `Server-Timing` says `opensearch` when it was asked,
    /// and `search-fallback` when the store answered.
    async fn unless_away<T>(
        &self,
        by_engine: impl Future<Output = Result<T, Fault>>,
        by_store: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if self.is_awake() {
            let started = Instant::now();
            let found = by_engine.await;
            telemetry::tell("opensearch", started.elapsed());
            let outcome = if found.is_ok() { "found" } else { "failed" };
            metrics::counter!("catalog_searches_total", "by" => "opensearch", "outcome" => outcome)
                .increment(1);
            match found {
                Ok(found) => return Ok(found),
                Err(Fault::Store(fault)) => return Err(fault),
                Err(fault) => {
                    self.rest();
                    if fault.status() == Some(StatusCode::NOT_FOUND) {
                        self.is_missing.store(true, Ordering::Relaxed);
                    }
                    tracing::warn!(%fault, "OpenSearch does not answer: the store finds products");
                }
            }
        }
        let started = Instant::now();
        let found = by_store.await;
        telemetry::tell("search-fallback", started.elapsed());
        let outcome = if found.is_ok() { "found" } else { "failed" };
        metrics::counter!("catalog_searches_total", "by" => "store", "outcome" => outcome)
            .increment(1);
        found
    }

    /// Whether the engine may be asked.
    fn is_awake(&self) -> bool {
        let rests_until = self.rests_until.lock();
        let rests_until = *rests_until.unwrap_or_else(PoisonError::into_inner);
        rests_until.is_none_or(|until| until <= Instant::now())
    }

    fn rest(&self) {
        let rests_until = self.rests_until.lock();
        *rests_until.unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + PAUSE);
    }
}

#[async_trait]
impl Search for OpenSearch {
    async fn list(
        &self,
        filter: &Filter,
        after: Option<After>,
        limit: Limit,
    ) -> Result<Vec<(SortKey, Product)>, Error> {
        let Some(words) = &filter.words else {
            return self.store.list(filter, after, limit).await;
        };
        let found = self.find(filter, words, after.as_ref(), limit);
        self.unless_away(found, self.store.list(filter, after.clone(), limit))
            .await
    }

    async fn facets(&self, filter: &Filter) -> Result<Facets, Error> {
        let Some(words) = &filter.words else {
            return self.store.facets(filter).await;
        };
        let counted = self.count(filter, words);
        self.unless_away(counted, self.store.facets(filter)).await
    }
}
