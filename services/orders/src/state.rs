//! What every handler of orders shares.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kit::{
    client::Neighbour,
    events::{Consumer, Relay},
    identity::{Trust, WeakKey},
    serve::{self, Ready},
    store::{StoreError, StoreUrl},
    telemetry, trace,
};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    Config, Error,
    catalog::{Catalog, HttpCatalog},
    driver::{Driver, NoHook, SagaHook},
    hub::Hub,
    order::Order,
    payments::{HttpPayments, Payments},
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
    users::{HttpUsers, Users},
};

/// How long drives in flight may go on after the stop; the resumer finishes the rest next time.
const DRAIN: Duration = Duration::from_secs(5);

/// The state. Clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) users: Arc<dyn Users>,
    pub(crate) driver: Driver,
    pub(crate) hub: Hub,
    pub(crate) trust: Trust,
    pub(crate) checkout_wait: Duration,
    /// Ends the event streams.
    pub(crate) stop: CancellationToken,
}

/// What a state is made of.
pub struct Parts {
    /// orders.db.
    pub store: Arc<dyn Store>,
    /// Prices and stock.
    pub catalog: Arc<dyn Catalog>,
    /// Money.
    pub payments: Arc<dyn Payments>,
    /// Address books.
    pub users: Arc<dyn Users>,
    /// Who may call.
    pub trust: Trust,
    /// Failure injection, [`NoHook`] outside of tests.
    pub hook: Arc<dyn SagaHook>,
    /// How long a checkout waits for its outcome before it answers 202.
    pub checkout_wait: Duration,
}

/// Why orders cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The store cannot be opened.
    #[error("{0}: {1}")]
    Store(StoreUrl, #[source] StoreError),
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
    let store = open(&config.store)
        .await
        .map_err(|fault| ConnectError::Store(config.store.clone(), fault))?;
    Ok(AppState::new(Parts {
        store,
        catalog: Arc::new(HttpCatalog(catalog)),
        payments: Arc::new(HttpPayments(payments)),
        users: Arc::new(HttpUsers(users)),
        trust: Trust::new("orders", &config.invoke_keys)?,
        hook: Arc::new(NoHook),
        checkout_wait: Duration::from_millis(config.checkout_wait_ms),
    }))
}

async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
        StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
    })
}

impl AppState {
    /// A state of these parts.
    pub fn new(parts: Parts) -> Self {
        let hub = Hub::default();
        let driver = Driver {
            store: parts.store.clone(),
            catalog: parts.catalog.clone(),
            payments: parts.payments,
            hook: parts.hook,
            hub: hub.clone(),
            outbox: Arc::new(Notify::new()),
            tasks: TaskTracker::new(),
        };
        Self {
            store: parts.store,
            catalog: parts.catalog,
            users: parts.users,
            driver,
            hub,
            trust: parts.trust,
            checkout_wait: parts.checkout_wait,
            stop: CancellationToken::new(),
        }
    }

    /// What drives the orders.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Runs a write of this order to its end and tells of it, even when whoever asked goes away
    /// meanwhile.
    pub(crate) async fn change<W>(
        &self,
        order_id: Uuid,
        write: impl FnOnce(Arc<dyn Store>) -> W,
    ) -> Result<Order, Error>
    where
        W: Future<Output = Result<Order, Error>> + Send + 'static,
    {
        let started = Instant::now();
        let (write, driver) = (write(self.store.clone()), self.driver.clone());
        let to_its_end = async move {
            let order = write.await?;
            driver.announce(order_id);
            Ok(order)
        };
        let written = tokio::spawn(trace::within(trace::current(), to_its_end));
        let result = written
            .await
            .unwrap_or_else(|fault| Err(Error::Internal(fault.into())));
        // The store adds its time to the request that it runs in, and this is another task.
        telemetry::add_db_time(started.elapsed());
        result
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

    /// Resumes orders, carries the outbox's events to `consumers` and tells the open streams what
    /// other replicas do, until `stop`; then lets drives in flight finish.
    pub fn spawn_background(
        &self,
        stop: CancellationToken,
        consumers: Vec<Arc<dyn Consumer>>,
    ) -> JoinHandle<()> {
        let hub = self.hub.clone();
        let relay = Relay {
            outbox: self.store.outbox(),
            consumers,
            wake: self.driver.outbox.clone(),
            heard: Arc::new(move |key| hub.heard(key)),
        };
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
