//! Notifications, on a connection of their own.

use std::io;

use sqlx::{
    Executor,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, PostgresError, TRUSTED_IDLE};

/// Tells `heard` what the notifications of `channel` say, until the connection cannot be had any
/// more, and `None` whenever some may have been missed.
pub(super) async fn listen(
    options: &PgConnectOptions,
    channel: &str,
    heard: &(dyn Fn(Option<&str>) + Send + Sync),
) -> PostgresError {
    match listen_until_the_end(options, channel, heard).await {
        Ok(never) => match never {},
        Err(fault) => fault.into(),
    }
}

async fn listen_until_the_end(
    options: &PgConnectOptions,
    channel: &str,
    heard: &(dyn Fn(Option<&str>) + Send + Sync),
) -> Result<std::convert::Infallible, sqlx::Error> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(channel).await?;
    heard(None);
    loop {
        match timeout(TRUSTED_IDLE, listener.try_recv()).await {
            Ok(Ok(Some(said))) => heard(Some(said.payload())),
            // The connection was lost, and there is a new one.
            Ok(Ok(None)) => heard(None),
            Ok(Err(fault)) => return Err(fault),
            // Nothing was said for long: that may be the network's silence.
            Err(_) => {
                timeout(ACQUIRE_TIMEOUT, listener.execute("select 1"))
                    .await
                    .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            }
        }
    }
}
