//! What reports is made of.

use std::sync::Arc;

use kit::{
    events::{Consumer, Subscription},
    identity::{Trust, WeakKey},
    program::{Pass, Records},
    redis::Redis,
    serve::{self, Ready},
    store::{StoreError, StoreUrl},
};
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    clicks::{self, BadClicks, Keepers},
    customer::{Pseudonyms, ShortKey},
    inbox::{Counter, Departures, GROUP, ORDERS, USERS},
    reader::{Reader, postgres::PostgresReader, sqlite::SqliteReader},
    routes::run_query,
    store::{Store, postgres::PostgresStore, redshift::RedshiftStore, sqlite::SqliteStore},
    warehouse::{self, BadWarehouse},
};

/// How many queries of the staff run at a time in this process.
const QUERIES: usize = 2;

/// The state. Clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Arc<dyn Store>,
    /// Who answers queries; none where no role is set for them.
    pub(crate) reader: Option<Arc<dyn Reader>>,
    pub(crate) queries: Arc<Semaphore>,
    pub(crate) trust: Trust,
    pub(crate) clicks: Keepers,
    /// Where the star is, if it is not in the store.
    warehouse: Option<Arc<RedshiftStore>>,
    pseudonyms: Pseudonyms,
    redis: Option<Redis>,
}

/// Why reports cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The store cannot be opened.
    #[error("{0}: {1}")]
    Store(StoreUrl, #[source] StoreError),
    /// Queries cannot be asked there.
    #[error("reader: {0}")]
    Reader(#[source] StoreError),
    /// The reader is in another kind of database than the store.
    #[error(
        "reader: expected postgres://user:password@host:port/database, beside a store in PostgreSQL"
    )]
    ReaderElsewhere,
    /// An invoke key is too short.
    #[error("invoke_keys: {0}")]
    InvokeKey(#[from] WeakKey),
    /// The key of pseudonyms is too short.
    #[error("pseudonym_key: {0}")]
    PseudonymKey(#[from] ShortKey),
    /// Clicks cannot be kept there.
    #[error(transparent)]
    Clicks(#[from] BadClicks),
    /// The warehouse cannot be used.
    #[error(transparent)]
    Warehouse(#[from] BadWarehouse),
}

/// Opens the store.
pub async fn connect(config: &Config) -> Result<AppState, ConnectError> {
    let pseudonyms = Pseudonyms::new(&config.pseudonym_key)?;
    warehouse::check(config)?;
    let reader = match &config.warehouse {
        Some(_) => warehouse::reader(config)?,
        None => reader(config)?,
    };
    run_query::describe();
    clicks::describe();
    let (files, stream) = (config.clicks.as_ref(), config.clicks_stream.as_ref());
    let clicks = clicks::open(files, stream, config.clicks_days).await?;
    let store = open(&config.store).await;
    let store = store.map_err(|fault| ConnectError::Store(config.store.clone(), fault))?;
    let warehouse = warehouse::open(config, &store).await?;
    Ok(AppState {
        store: match &warehouse {
            Some(warehouse) => warehouse.clone(),
            None => store,
        },
        warehouse,
        reader,
        queries: Arc::new(Semaphore::new(QUERIES)),
        trust: Trust::new("reports", &config.invoke_keys)?,
        clicks,
        pseudonyms,
        redis: config.redis.as_ref().map(Redis::new),
    })
}

async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
        StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
    })
}

fn reader(config: &Config) -> Result<Option<Arc<dyn Reader>>, ConnectError> {
    Ok(match (&config.store, &config.reader) {
        (StoreUrl::Sqlite(path), None) => Some(Arc::new(SqliteReader::new(path.clone()))),
        (StoreUrl::Postgres(_), None) => None,
        (StoreUrl::Postgres(_), Some(StoreUrl::Postgres(url))) => Some(Arc::new(
            PostgresReader::new(url).map_err(ConnectError::Reader)?,
        )),
        (StoreUrl::Sqlite(_), Some(_)) | (_, Some(StoreUrl::Sqlite(_))) => {
            return Err(ConnectError::ReaderElsewhere);
        }
    })
}

impl AppState {
    /// Who counts orders, for the relay of the service that tells of them.
    pub fn counter(&self) -> Arc<dyn Consumer> {
        Arc::new(Counter {
            store: self.store.clone(),
            pseudonyms: self.pseudonyms.clone(),
        })
    }

    /// Who forgets people, for the relay of the service that tells who leaves.
    pub fn departures(&self) -> Arc<dyn Consumer> {
        Arc::new(Departures {
            store: self.store.clone(),
            pseudonyms: self.pseudonyms.clone(),
        })
    }

    /// Who writes the clicks that a stream brings; nobody where no files are set.
    pub fn records(&self) -> Option<Arc<dyn Records>> {
        let filer = self.clicks.filer.clone();
        filer.map(|filer| filer as _)
    }

    /// Whether the store answers.
    pub fn ready(&self) -> Ready {
        let store = self.store.clone();
        serve::ready(move || {
            let store = store.clone();
            async move {
                let answer = store.ping().await;
                answer.map_err(|fault| format!("reports: {fault}"))
            }
        })
    }

    /// The loading of the warehouse, a pass at a time; none where the star is in the store.
    pub fn passes(&self) -> Vec<Pass> {
        let load = |warehouse: Arc<RedshiftStore>| {
            Pass::new("load", move || {
                let warehouse = warehouse.clone();
                async move { warehouse.load().await.map(drop) }
            })
        };
        self.warehouse.clone().map(load).into_iter().collect()
    }

    /// Counts as the streams of orders and users tell, loads the warehouse, and writes clicks, until `stop`.
    pub fn spawn_background(&self, stop: CancellationToken) -> JoinHandle<()> {
        let state = self.clone();
        tokio::spawn(async move {
            let clicks = async {
                if let Some(collector) = &state.clicks.collector {
                    collector.run(stop.clone()).await;
                }
            };
            let events = async {
                let Some(redis) = state.redis.clone() else {
                    return;
                };
                let orders = Subscription::new(redis.clone(), ORDERS, GROUP, state.counter());
                let users = Subscription::new(redis, USERS, GROUP, state.departures());
                tokio::join!(orders.run(stop.clone()), users.run(stop.clone()));
            };
            let loads = async {
                if let Some(warehouse) = &state.warehouse {
                    warehouse::run(warehouse, &stop).await;
                }
            };
            tokio::join!(clicks, events, loads);
        })
    }
}
