//! What every handler of the catalog shares.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use kit::{
    events::Consumer,
    identity::{Trust, WeakKey},
    serve::Ready,
    store::{StoreError, StoreUrl},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    cache::Answers,
    images::Images,
    popularity::Popularity,
    store::{Store, sqlite::SqliteStore},
};

/// How often lapsed reservations are looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// The state. Clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) answers: Answers,
    pub(crate) images: Images,
    pub(crate) trust: Trust,
}

/// Why the catalog cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The store cannot be opened.
    #[error("{0}: {1}")]
    Store(StoreUrl, #[source] StoreError),
    /// The folder of pictures cannot be made.
    #[error("{0}: {1}")]
    Images(PathBuf, #[source] std::io::Error),
    /// An invoke key is too short.
    #[error("invoke_keys: {0}")]
    InvokeKey(#[from] WeakKey),
}

/// Opens the store and the folder of pictures.
pub fn connect(config: &Config) -> Result<AppState, ConnectError> {
    let StoreUrl::Sqlite(path) = &config.store;
    let store = SqliteStore::open(path);
    let store = store.map_err(|fault| ConnectError::Store(config.store.clone(), fault))?;
    let images = Images::open(&config.images);
    Ok(AppState {
        store: Arc::new(store),
        answers: Answers::new(),
        images: images.map_err(|fault| ConnectError::Images(config.images.clone(), fault))?,
        trust: Trust::new("catalog", &config.invoke_keys)?,
    })
}

impl AppState {
    /// Who counts what sells, for the relay of the service that confirms orders.
    pub fn consumer(&self) -> Arc<dyn Consumer> {
        Arc::new(Popularity(self.clone()))
    }

    /// Whether the store answers.
    pub fn ready(&self) -> Ready {
        let store = self.store.clone();
        Arc::new(move || store.ping().map_err(|fault| format!("catalog: {fault}")))
    }

    /// Gives back the stock of lapsed reservations, until `stop`.
    pub fn spawn_background(&self, stop: CancellationToken) -> JoinHandle<()> {
        let state = self.clone();
        tokio::spawn(async move {
            loop {
                match state.store.expire(Timestamp::now()).await {
                    Ok(0) => {}
                    Ok(_) => state.answers.forget(),
                    Err(fault) => tracing::warn!(%fault, "lapsed reservations stay"),
                }
                if stop
                    .run_until_cancelled(tokio::time::sleep(SWEEP))
                    .await
                    .is_none()
                {
                    return;
                }
            }
        })
    }
}
