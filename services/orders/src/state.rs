//! What every handler of orders shares.

use std::{sync::Arc, time::Duration};

use client::Neighbour;
use kit::{
    events::{Consumer, Relay, Source},
    identity::{Trust, WeakKey},
    program::Pass,
    serve::{self, Ready},
    share::Shares,
    store::{StoreError, StoreUrl},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Config, Error,
    catalog::{Catalog, HttpCatalog},
    departures::Departures,
    driver::Driver,
    payments::{HttpPayments, Payments},
    store::{
        Store,
        apart::{self, BadCarts, CartSteps, CartsApart},
        postgres::PostgresStore,
        sqlite::SqliteStore,
    },
    users::{HttpUsers, Users},
};

/// How long drives in flight may go on after the stop; the resumer finishes the rest next time.
const DRAIN: Duration = Duration::from_secs(5);

/// How many event streams a user may have: more than anybody has pages open. Each holds a connection.
const MAX_STREAMS: usize = 20;

/// The state. Clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) neighbours: Neighbours,
    /// What drives the orders.
    pub driver: Driver,
    pub(crate) trust: Trust,
    pub(crate) checkout_wait: Duration,
    /// The event streams that each user has open in this process.
    pub(crate) streams: Arc<Shares<Uuid>>,
    /// Ends the event streams.
    pub(crate) stop: CancellationToken,
}

/// Whom orders calls.
#[derive(Clone)]
pub struct Neighbours {
    /// Prices and stock.
    pub catalog: Arc<dyn Catalog>,
    /// Money.
    pub payments: Arc<dyn Payments>,
    /// Address books.
    pub users: Arc<dyn Users>,
}

/// Why orders cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The store cannot be opened.
    #[error("{0}: {1}")]
    Store(StoreUrl, #[source] StoreError),
    /// The carts cannot be used.
    #[error(transparent)]
    Carts(#[from] BadCarts),
    /// An invoke key is too short.
    #[error("invoke_keys: {0}")]
    InvokeKey(#[from] WeakKey),
}

/// Opens the store. The neighbours call in the name of `orders`.
pub async fn connect(
    config: &Config,
    catalog: Neighbour,
    payments: Neighbour,
    users: Neighbour,
) -> Result<AppState, ConnectError> {
    let fault = |fault| ConnectError::Store(config.store.clone(), fault);
    let store = match apart::open(&config.carts).await? {
        None => open(&config.store).await.map_err(fault)?,
        Some(carts) => {
            let orders = open_with_carts_apart(&config.store).await.map_err(fault)?;
            Arc::new(CartsApart::new(orders, carts))
        }
    };
    let neighbours = Neighbours {
        catalog: Arc::new(HttpCatalog(catalog)),
        payments: Arc::new(HttpPayments(payments)),
        users: Arc::new(HttpUsers(users)),
    };
    let trust = Trust::new("orders", &config.invoke_keys)?;
    let checkout_wait = Duration::from_millis(config.checkout_wait_ms);
    Ok(AppState::new(store, neighbours, trust, checkout_wait))
}

async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
        StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
    })
}

async fn open_with_carts_apart(url: &StoreUrl) -> Result<Arc<dyn CartSteps>, StoreError> {
    Ok(match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path)?.with_carts_apart()),
        StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await?.with_carts_apart()),
    })
}

impl AppState {
    /// A state over this store and these neighbours. `trust` says who may call; a checkout waits
    /// for its outcome at most `checkout_wait`, then it answers 202.
    pub fn new(
        store: Arc<dyn Store>,
        neighbours: Neighbours,
        trust: Trust,
        checkout_wait: Duration,
    ) -> Self {
        Self {
            driver: Driver::new(store.clone(), neighbours.clone()),
            store,
            neighbours,
            trust,
            checkout_wait,
            streams: Shares::new(MAX_STREAMS),
            stop: CancellationToken::new(),
        }
    }

    /// Whether the store answers.
    pub fn ready(&self) -> Ready {
        let store = self.store.clone();
        serve::ready(move || {
            let store = store.clone();
            async move {
                let answer = store.ping().await;
                answer.map_err(|fault| format!("orders: {fault}"))
            }
        })
    }

    /// Who forgets people, for the relay of the service that tells who leaves.
    pub fn consumer(&self) -> Arc<dyn Consumer> {
        Arc::new(Departures(self.store.clone()))
    }

    /// Forgets people as the events of users tell, until `stop`.
    pub fn hear(&self, source: Arc<dyn Source>, stop: CancellationToken) -> JoinHandle<()> {
        let departures = self.consumer();
        tokio::spawn(async move { source.run(departures, stop).await })
    }

    /// What [`Self::spawn_background`] does, a pass at a time.
    pub fn passes(&self, stop: &CancellationToken, consumers: Vec<Arc<dyn Consumer>>) -> Vec<Pass> {
        let (began, resumes) = (self.driver.clone(), self.driver.clone());
        let (relay, stop) = (Arc::new(self.relay(consumers)), stop.clone());
        let stopped = stop.clone();
        vec![
            // What a request began before it was answered.
            Pass::new("drives", move || {
                let driver = began.clone();
                async move {
                    driver.rest().await;
                    Ok::<_, Error>(())
                }
            })
            .following(),
            Pass::new("resume", move || {
                let (driver, stop) = (resumes.clone(), stopped.clone());
                async move { driver.resume_all_due(&stop).await }
            }),
            Pass::new("relay", move || {
                let (relay, stop) = (relay.clone(), stop.clone());
                async move { relay.pass(&stop).await }
            })
            .following(),
        ]
    }

    fn relay(&self, consumers: Vec<Arc<dyn Consumer>>) -> Relay {
        let hub = self.driver.hub.clone();
        Relay {
            outbox: self.store.outbox(),
            consumers,
            wake: self.driver.outbox.clone(),
            on_append: Arc::new(move |key| hub.heard(key)),
        }
    }

    /// Resumes orders, carries the outbox's events to `consumers` and tells the open streams what
    /// other replicas do, until `stop`; then lets drives in flight finish.
    pub fn spawn_background(
        &self,
        stop: CancellationToken,
        consumers: Vec<Arc<dyn Consumer>>,
    ) -> JoinHandle<()> {
        let relay = self.relay(consumers);
        let state = self.clone();
        tokio::spawn(async move {
            let relay = tokio::spawn(relay.run(stop.clone()));
            let streams = async {
                stop.cancelled().await;
                state.stop.cancel();
            };
            let resumer = state.driver.clone().resume(stop.clone());
            // The streams do not wait for what the resumer has under way.
            tokio::join!(streams, resumer);
            let _ = tokio::time::timeout(DRAIN, state.driver.drain()).await;
            if let Err(fault) = relay.await {
                tracing::error!(%fault, "the relay failed");
            }
        })
    }
}
