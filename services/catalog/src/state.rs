//! What every handler of the catalog shares.

use std::{collections::BTreeSet, ops::Deref, sync::Arc, time::Duration};

use futures::FutureExt;
use jiff::Timestamp;
use kit::{
    events::{self, Consumer, NoChannel, Notifications, Source, Take},
    identity::{Trust, WeakKey},
    program::Pass,
    purge::Forget,
    redis::Redis,
    serve::{self, Ready},
    store::{StoreError, StoreUrl},
};
use moka::future::Cache;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    Config, Error, SeedError,
    assortment::Assortment,
    cache::Answers,
    drawings::Drawings,
    images::{BadImagesUrl, Images},
    popularity::Popularity,
    search::{self, BadSearch, Engine, Search, Suggestions, Synonyms, Words},
    store::{OnCommit, Store, postgres::PostgresStore, sqlite::SqliteStore},
};

/// How often lapsed reservations are looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// How often files that browsers sent are looked for which are old enough to go.
const TIDYING: Duration = Duration::from_hours(1);

/// How long it is remembered what products are found by, for what is mistyped, and what they are called, for suggestions.
const VOCABULARY_LIFE: Duration = Duration::from_mins(5);

/// Of how many products: this is read at once.
const VOCABULARY_PRODUCTS: u32 = 20_000;

/// The state. Clones share everything, and cost next to nothing: each request makes several.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What the catalog is made of.
pub struct Parts {
    pub(crate) store: Arc<dyn Store>,
    /// Who finds products beside the store.
    engine: Option<Arc<dyn Engine>>,
    pub(crate) synonyms: Synonyms,
    pub(crate) answers: Answers,
    pub(crate) images: Images,
    pub(crate) drawings: Arc<Drawings>,
    pub(crate) assortment: Assortment,
    pub(crate) trust: Trust,
    source: Option<Arc<dyn Source>>,
    uploads: Option<Arc<dyn Notifications>>,
    vocabulary: Cache<(), Arc<BTreeSet<String>>>,
    suggestions: Cache<(), Arc<Suggestions>>,
}

/// Why the catalog cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The store cannot be opened.
    #[error("{0}: {1}")]
    Store(StoreUrl, #[source] StoreError),
    /// The search cannot be used.
    #[error(transparent)]
    Search(#[from] BadSearch),
    /// Pictures cannot be kept there.
    #[error(transparent)]
    Images(#[from] BadImagesUrl),
    /// Events cannot come from there.
    #[error(transparent)]
    Events(#[from] NoChannel),
    /// The categories' drawings cannot be read.
    #[error(transparent)]
    Assortment(#[from] SeedError),
    /// An invoke key is too short.
    #[error("invoke_keys: {0}")]
    InvokeKey(#[from] WeakKey),
}

/// Opens the store and what keeps the pictures.
pub async fn connect(config: &Config) -> Result<AppState, ConnectError> {
    let redis = config.redis.as_ref().map(Redis::new);
    let answers = redis.map_or_else(Answers::own, Answers::shared);
    let source = config.source().await?;
    let uploads = match &config.uploads {
        Some(queue) => Some(events::notifications(queue).await?),
        None => None,
    };
    let store = open(&config.store, Arc::new(answers.clone()))
        .await
        .map_err(|fault| ConnectError::Store(config.store.clone(), fault))?;
    let images = Images::open(&config.images).await?;
    let assortment = Assortment::at(&config.assortment);
    Ok(AppState(Arc::new(Parts {
        engine: search::open(&config.search, config.search_wait_ms, &store).await?,
        synonyms: assortment.synonyms()?,
        store,
        answers,
        source,
        uploads,
        images,
        drawings: Arc::new(Drawings::read(&assortment)?),
        assortment,
        vocabulary: Cache::builder().time_to_live(VOCABULARY_LIFE).build(),
        suggestions: Cache::builder().time_to_live(VOCABULARY_LIFE).build(),
        trust: Trust::new("catalog", &config.invoke_keys)?,
    })))
}

/// Makes the index of OpenSearch anew. The number of products.
pub async fn reindex(config: &Config) -> Result<usize, Box<dyn std::error::Error>> {
    let state = connect(config).await?;
    let engine = state
        .engine()
        .ok_or("search is the store: there is no index")?;
    Ok(engine.reindex().await?)
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

async fn open(url: &StoreUrl, listener: Arc<dyn OnCommit>) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path)?.with_listener(listener)),
        StoreUrl::Postgres(url) => {
            Arc::new(PostgresStore::open(url).await?.with_listener(listener))
        }
    })
}

impl AppState {
    /// Who counts what sells, for the relay of the service that confirms orders.
    pub fn consumer(&self) -> Arc<dyn Consumer> {
        Arc::new(Popularity(self.store.clone()))
    }

    /// Who makes pictures of what browsers have sent to the bucket, as that tells.
    pub fn uploads_taker(&self) -> Arc<Take> {
        let state = self.clone();
        Arc::new(move |told: String| {
            let state = state.clone();
            async move { state.hear_of_uploads(&told).await }.boxed()
        })
    }

    /// Has `forget` called by every write, before it is acknowledged: for who keeps answers of the
    /// catalog in the same process.
    pub fn on_change(&self, forget: Arc<Forget>) {
        self.answers.also_forgotten_by(forget);
    }

    /// Whether the store answers.
    pub fn ready(&self) -> Ready {
        let store = self.store.clone();
        serve::ready(move || {
            let store = store.clone();
            async move {
                let answer = store.ping().await;
                answer.map_err(|fault| format!("catalog: {fault}"))
            }
        })
    }

    /// Gives back the stock of the reservations that lapsed before `now`; their number.
    pub async fn expire(&self, now: Timestamp) -> Result<usize, Error> {
        self.store.expire(now).await
    }

    /// Who lists products, and finds them by words.
    pub(crate) fn search(&self) -> &dyn Search {
        match &self.engine {
            Some(engine) => &**engine,
            None => &*self.store,
        }
    }

    /// Who finds products beside the store, if somebody does.
    pub fn engine(&self) -> Option<&dyn Engine> {
        self.engine.as_deref()
    }

    /// Has what means the same as the words count as well, and what they were mistyped of.
    pub(crate) async fn understand(&self, words: &mut Words) -> Result<(), Error> {
        words.expand(&self.synonyms);
        words.correct(&*self.vocabulary().await?);
        Ok(())
    }

    /// What products are found by.
    async fn vocabulary(&self) -> Result<Arc<BTreeSet<String>>, Error> {
        if let Some(known) = self.vocabulary.get(&()).await {
            return Ok(known);
        }
        let known = Arc::new(self.store.vocabulary(VOCABULARY_PRODUCTS).await?);
        self.vocabulary.insert((), known.clone()).await;
        Ok(known)
    }

    /// What may be suggested to whoever types.
    pub(crate) async fn suggestions(&self) -> Result<Arc<Suggestions>, Error> {
        if let Some(known) = self.suggestions.get(&()).await {
            return Ok(known);
        }
        let categories = self.store.categories().await?.into_iter();
        let categories = categories.filter(|category| category.products > 0);
        let names = self.store.names(VOCABULARY_PRODUCTS).await?;
        // It takes a moment of the processor, in which others are to be answered.
        let make = move || Suggestions::of(categories.map(|category| category.name), names);
        let known = tokio::task::spawn_blocking(make).await;
        let known = Arc::new(known.map_err(|fault| Error::Internal(fault.into()))?);
        self.suggestions.insert((), known.clone()).await;
        Ok(known)
    }

    /// Has every product found by what it says.
    pub async fn reindex(&self) -> Result<(), Error> {
        let mut after = Some(i64::MIN);
        while let Some(last) = after {
            after = self.store.reindex(last).await?;
        }
        Ok(())
    }

    /// What [`Self::spawn_background`] does but for the stream, a pass at a time.
    pub fn passes(&self) -> Vec<Pass> {
        let (expires, indexes, tells) = (self.clone(), self.clone(), self.clone());
        vec![
            Pass::new("expire", move || {
                let state = expires.clone();
                async move { state.expire(Timestamp::now()).await.map(drop) }
            }),
            Pass::new("reindex", move || {
                let state = indexes.clone();
                async move { state.reindex().await }
            }),
            Pass::new("index", move || {
                let state = tells.clone();
                async move {
                    match &state.engine {
                        Some(engine) => engine.index_due().await.map(drop),
                        None => Ok(()),
                    }
                }
            })
            .following(),
        ]
    }

    /// Gives back the stock of lapsed reservations every half minute, and counts what sells as the
    /// stream of orders tells, until `stop`.
    pub fn spawn_background(&self, stop: CancellationToken) -> JoinHandle<()> {
        let state = self.clone();
        tokio::spawn(async move {
            if let Err(fault) = state.reindex().await {
                tracing::warn!(%fault, "products are found as before");
            }
            let index = async {
                if let Some(engine) = &state.engine {
                    engine.run(stop.clone()).await;
                }
            };
            tokio::join!(
                state.sweep(&stop),
                state.count_sales(&stop),
                state.take_uploads(&stop),
                state.tidy(&stop),
                index
            );
        })
    }

    async fn sweep(&self, stop: &CancellationToken) {
        loop {
            if let Err(fault) = self.expire(Timestamp::now()).await {
                tracing::warn!(%fault, "lapsed reservations stay");
            }
            if stop
                .run_until_cancelled(tokio::time::sleep(SWEEP))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    async fn tidy(&self, stop: &CancellationToken) {
        loop {
            if let Err(fault) = self.forget_uploads().await {
                tracing::warn!(%fault, "files that were sent stay longer");
            }
            let next = tokio::time::sleep(TIDYING);
            if stop.run_until_cancelled(next).await.is_none() {
                return;
            }
        }
    }

    async fn count_sales(&self, stop: &CancellationToken) {
        if let Some(source) = &self.source {
            source.run(self.consumer(), stop.clone()).await;
        }
    }

    async fn take_uploads(&self, stop: &CancellationToken) {
        if let Some(uploads) = &self.uploads {
            uploads.run(&*self.uploads_taker(), stop.clone()).await;
        }
    }
}
