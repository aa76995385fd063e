//! The star apart from the store: in Redshift, as the settings say it, and how it is loaded in a process that stays.

use std::{sync::Arc, time::Duration};

use kit::store::StoreError;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    files::{self, NotBuilt},
    reader::{Reader, postgres::PostgresReader},
    store::{
        Store,
        redshift::{Copy, RedshiftStore},
    },
};

/// How often it is loaded: Redshift takes money for a minute at least whenever it is asked.
const EVERY: Duration = Duration::from_secs(3_600);

/// The warehouse cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadWarehouse {
    /// A setting is there without the others.
    #[error("{0}: expected {1}")]
    Alone(&'static str, &'static str),
    /// The adapter for a bucket is not part of this program.
    #[error("facts: this program was built without the feature s3")]
    NotBuilt,
    /// It cannot be connected to.
    #[error("{0}: {1}")]
    Unusable(&'static str, #[source] StoreError),
}

/// Whether the settings go together.
pub(crate) fn check(config: &Config) -> Result<(), BadWarehouse> {
    let is_there = config.warehouse.is_some();
    let (setting, expected) = match () {
        () if is_there && config.facts.is_none() => {
            ("facts", "s3://<bucket>/<prefix>, beside a warehouse")
        }
        () if is_there && config.reader.is_some() => {
            ("reader", "warehouse_reader, beside a warehouse")
        }
        () if !is_there && config.facts.is_some() => ("facts", "a warehouse that takes them"),
        () if !is_there && config.warehouse_reader.is_some() => ("warehouse_reader", "a warehouse"),
        () => return Ok(()),
    };
    Err(BadWarehouse::Alone(setting, expected))
}

/// The warehouse; none where the star is in the store.
pub(crate) async fn open(
    config: &Config,
    store: &Arc<dyn Store>,
) -> Result<Option<Arc<RedshiftStore>>, BadWarehouse> {
    let (Some(url), Some(bucket)) = (&config.warehouse, &config.facts) else {
        return Ok(None);
    };
    let files = files::in_bucket(bucket).await;
    let files = files.map_err(|NotBuilt| BadWarehouse::NotBuilt)?;
    let copy = Arc::new(Copy::new(bucket.clone()));
    let warehouse = RedshiftStore::new(url, files, copy, store.clone());
    let warehouse = warehouse.map_err(|fault| BadWarehouse::Unusable("warehouse", fault))?;
    Ok(Some(Arc::new(warehouse)))
}

/// Who answers queries there; nobody where no role is set for them.
pub(crate) fn reader(config: &Config) -> Result<Option<Arc<dyn Reader>>, BadWarehouse> {
    let Some(url) = &config.warehouse_reader else {
        return Ok(None);
    };
    let reader = PostgresReader::of_warehouse(url);
    let reader = reader.map_err(|fault| BadWarehouse::Unusable("warehouse_reader", fault))?;
    Ok(Some(Arc::new(reader)))
}

/// Loads it from time to time, until `stop`.
pub(crate) async fn run(warehouse: &RedshiftStore, stop: &CancellationToken) {
    loop {
        match stop.run_until_cancelled(warehouse.load()).await {
            Some(Ok(files)) if files > 0 => tracing::info!(files, "the warehouse is loaded"),
            Some(Ok(_)) => {}
            Some(Err(fault)) => tracing::warn!(%fault, "the warehouse is not loaded"),
            None => return,
        }
        if stop.run_until_cancelled(sleep(EVERY)).await.is_none() {
            return;
        }
    }
}
