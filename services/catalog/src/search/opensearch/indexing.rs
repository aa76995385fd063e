//! Keeps the index up to date.
//!
//! The alias that searches ask leads to one index, `<alias>-f<form>-<seconds since 1970>-<random>`. A new one is filled
//! beside it, and then the alias is moved in one step: there is no moment without an answer.

use std::{sync::atomic::Ordering, time::Duration};

use ::http::{Method, StatusCode};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    OpenSearch,
    documents::{FORM, bulk, settings},
    http::Fault,
};
use crate::{Error, search::Engine, store::Indexable};

/// How often it is looked for what has changed.
const LOOK: Duration = Duration::from_secs(1);

/// How many products are indexed in one request.
const BATCH: u32 = 200;

/// How long a request of the indexing may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How old an index is that is no use to anybody: longer than it takes to fill one.
const ABANDONED: i64 = 3_600;

/// What a bulk request answers.
#[derive(Deserialize)]
struct Indexed {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: ItemOutcome,
}

#[derive(Deserialize)]
struct ItemOutcome {
    status: u16,
}

impl OpenSearch {
    /// The name that indexes of today's form begin with.
    fn prefix(&self) -> String {
        format!("{}-f{FORM}-", self.alias)
    }

    /// Indexes these products under this name. Those that are indexed, with their versions.
    async fn send(&self, index: &str, products: &[Indexable]) -> Result<Vec<(Uuid, i64)>, Fault> {
        // Without the alias OpenSearch would make an index of its own idea of that name.
        let requires = match index == self.alias {
            true => "&require_alias=true",
            false => "",
        };
        let path = format!("/{index}/_bulk?refresh=true{requires}");
        let answer = self.server.bulk(&path, bulk(products), PATIENCE).await?;
        let indexed: Indexed = serde_json::from_value(answer)?;
        if indexed.items.len() != products.len() {
            return Err("it tells nothing of some products".into());
        }
        let outcomes = indexed.items.into_iter().zip(products);
        let taken = outcomes.filter_map(|(item, indexable)| {
            let (status, id) = (item.index.status, indexable.product.id);
            // A newer version is there already: that is as good.
            let is_taken = matches!(status, 200 | 201 | 409);
            if !is_taken {
                tracing::warn!(status, product = %id, "OpenSearch refuses to index a product");
            }
            is_taken.then_some((id, indexable.version))
        });
        Ok(taken.collect())
    }

    /// Sends every product of the store to this index.
    async fn fill(&self, index: &str) -> Result<usize, Fault> {
        let (mut after, mut count) = (i64::MIN, 0);
        loop {
            let some = self.store.indexable(after, BATCH).await?;
            let Some(last) = some.last() else {
                return Ok(count);
            };
            after = last.product.seq;
            count += self.send(index, &some).await?.len();
        }
    }

    /// The indexes that are there, each with whether the alias leads to it.
    async fn indexes(&self) -> Result<Vec<(String, bool)>, Fault> {
        let path = format!("/{}-*/_alias", self.alias);
        let answer = match self.server.get(&path, PATIENCE).await {
            Err(fault) if fault.status() == Some(StatusCode::NOT_FOUND) => return Ok(Vec::new()),
            answer => answer?,
        };
        let indexes = answer.as_object().into_iter().flatten();
        let indexes = indexes.map(|(name, about)| {
            let is_current = about["aliases"].get(&self.alias).is_some();
            (name.clone(), is_current)
        });
        Ok(indexes.collect())
    }

    async fn make_anew(&self) -> Result<usize, Fault> {
        let random = &Uuid::new_v4().simple().to_string()[..8];
        let index = format!("{}{}-{random}", self.prefix(), Timestamp::now().as_second());
        self.server
            .send_json(Method::PUT, &format!("/{index}"), &settings(), PATIENCE)
            .await?;
        let count = self.fill(&index).await?;
        let remove = json!({ "index": format!("{}-*", self.alias), "alias": self.alias, "must_exist": false });
        let add = json!({ "index": index, "alias": self.alias });
        let actions = json!({ "actions": [{ "remove": remove }, { "add": add }] });
        self.server
            .send_json(Method::POST, "/_aliases", &actions, PATIENCE)
            .await?;
        // What changed meanwhile went to the index before. What is as it was is refused as too old, which costs little.
        self.fill(&index).await?;
        self.forget_abandoned().await?;
        Ok(count)
    }

    /// Deletes what no alias leads to, once nobody can be filling it any more.
    async fn forget_abandoned(&self) -> Result<(), Fault> {
        let long_ago = Timestamp::now().as_second() - ABANDONED;
        for (index, is_current) in self.indexes().await? {
            let name = index.strip_prefix(&format!("{}-f", self.alias));
            let made = name.and_then(|name| name.split('-').nth(1)?.parse::<i64>().ok());
            if !is_current && made.is_some_and(|made| made < long_ago) {
                self.server.delete(&format!("/{index}"), PATIENCE).await?;
            }
        }
        Ok(())
    }

    /// Makes an index if there is none of today's form that the alias leads to.
    async fn make_sure(&self) -> Result<(), Fault> {
        let prefix = self.prefix();
        let indexes = self.indexes().await?;
        let is_there =
            |(name, is_current): &(String, bool)| *is_current && name.starts_with(&prefix);
        if !indexes.iter().any(is_there) {
            let count = self.make_anew().await?;
            tracing::info!(count, "the index of products is made");
        }
        Ok(())
    }

    async fn index_some(&self) -> Result<usize, Fault> {
        let _turn = self.turn.lock().await;
        let some = self.store.unindexed(BATCH).await?;
        if some.is_empty() {
            return Ok(0);
        }
        self.make_sure().await?;
        let indexed = self.send(&self.alias, &some).await?;
        let count = indexed.len();
        // One that is refused does not keep the others.
        if count > 0 {
            self.store.note_indexed(indexed).await?;
        }
        if count < some.len() {
            return Err("it refuses some products".into());
        }
        Ok(count)
    }
}

#[async_trait]
impl Engine for OpenSearch {
    async fn run(&self, stop: CancellationToken) {
        let mut is_sure = false;
        let mut was_told = false;
        while !stop.is_cancelled() {
            let work = async {
                if !is_sure || self.is_missing.swap(false, Ordering::Relaxed) {
                    let _turn = self.turn.lock().await;
                    self.make_sure().await?;
                    is_sure = true;
                }
                self.index_some().await
            };
            match work.await {
                Ok(some) => {
                    was_told = false;
                    if some == BATCH as usize {
                        continue;
                    }
                }
                // Once, not every second.
                Err(fault) if !was_told => {
                    was_told = true;
                    is_sure = false;
                    tracing::warn!(%fault, "products are indexed later");
                }
                Err(_) => is_sure = false,
            }
            stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
        }
    }

    async fn index_due(&self) -> Result<usize, Error> {
        {
            let _turn = self.turn.lock().await;
            self.make_sure().await?;
        }
        let mut count = 0;
        loop {
            match self.index_some().await? {
                0 => return Ok(count),
                some => count += some,
            }
        }
    }

    async fn reindex(&self) -> Result<usize, Error> {
        let _turn = self.turn.lock().await;
        Ok(self.make_anew().await?)
    }
}

/// What the answer of the server is, when it is none of ours to read.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(fault) => fault,
            fault => Self::Unavailable(fault.into()),
        }
    }
}
