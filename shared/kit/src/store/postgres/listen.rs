//! Notifications, on a connection of their own.

use std::{convert::Infallible, io};

use sqlx::{
    Executor,
    postgres::{PgListener, PgNotification, PgPoolOptions},
};
use tokio::time::timeout;

use super::{ACQUIRE_TIMEOUT, Postgres, PostgresError, TRUSTED_IDLE};

impl Postgres {
    /// Calls `on_notify` with what the notifications of `channel` say, on a connection of its own,
    /// until that fails. First of all, and after each loss of the connection, it passes `None`:
    /// whatever was notified before was missed.
    pub async fn listen(
        &self,
        channel: &str,
        on_notify: &(dyn Fn(Option<&str>) + Send + Sync),
    ) -> Result<Infallible, PostgresError> {
        let own_pool = || {
            PgPoolOptions::new()
                .max_connections(1)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect_lazy_with((*self.pool.connect_options()).clone())
        };
        let connect = || async { PgListener::connect_with(&own_pool()).await };
        let mut listener = self.connect(connect).await?;
        listener.listen(channel).await?;
        on_notify(None);
        loop {
            match timeout(TRUSTED_IDLE, listener.try_recv()).await {
                // Without one, the connection was lost, and there is a new one.
                Ok(notified) => on_notify(notified?.as_ref().map(PgNotification::payload)),
                // Nothing was said for long: that may be the network's silence.
                Err(_) => {
                    timeout(ACQUIRE_TIMEOUT, listener.execute("select 1"))
                        .await
                        .map_err(|_| sqlx::Error::Io(io::ErrorKind::TimedOut.into()))??;
                }
            }
        }
    }
}
