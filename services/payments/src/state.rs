//! What every handler of payments shares.

use std::sync::Arc;

use kit::{
    identity::{Trust, WeakKey},
    serve::{self, Ready},
    store::{StoreError, StoreUrl},
};

use crate::{
    Config,
    network::{CardNetwork, Network},
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
};

/// The state. Clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) network: Arc<dyn CardNetwork>,
    pub(crate) trust: Trust,
}

/// Why payments cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The store cannot be opened.
    #[error("{0}: {1}")]
    Store(StoreUrl, #[source] StoreError),
    /// An invoke key is too short.
    #[error("invoke_keys: {0}")]
    InvokeKey(#[from] WeakKey),
}

/// Opens the store; cards are simulated.
pub async fn connect(config: &Config) -> Result<AppState, ConnectError> {
    connect_to(config, Network::default()).await
}

/// Opens the store, with this card network.
pub async fn connect_to(
    config: &Config,
    Network(network): Network,
) -> Result<AppState, ConnectError> {
    let store = open(&config.store)
        .await
        .map_err(|fault| ConnectError::Store(config.store.clone(), fault))?;
    Ok(AppState {
        store,
        network,
        trust: Trust::new("payments", &config.invoke_keys)?,
    })
}

async fn open(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path)?),
        StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await?),
    })
}

impl AppState {
    /// Whether the store answers.
    pub fn ready(&self) -> Ready {
        let store = self.store.clone();
        serve::ready(move || {
            let store = store.clone();
            async move {
                let answer = store.ping().await;
                answer.map_err(|fault| format!("payments: {fault}"))
            }
        })
    }
}
