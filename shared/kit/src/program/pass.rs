//! A pass of a service's background work: what its tasks do again and again, done once. Where nothing runs between two
//! events, a schedule asks for passes by their names.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::events::Fault;

/// One pass.
pub struct Pass {
    /// Its name, for the schedule.
    pub name: &'static str,
    /// Does it. It may be ended at any point, and does what is left the next time.
    pub run: Arc<dyn Fn() -> BoxFuture<'static, Result<(), Fault>> + Send + Sync>,
    /// Whether it is done after each event too that may have made work for it, so that nobody waits for the schedule.
    pub follows: bool,
}

impl Pass {
    /// A pass for the schedule.
    pub fn new<F, E>(name: &'static str, run: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Fault>,
    {
        Self {
            name,
            run: Arc::new(move || {
                let work = run();
                Box::pin(async move { work.await.map_err(Into::into) })
            }),
            follows: false,
        }
    }

    /// The same, after each event too.
    #[must_use]
    pub fn following(self) -> Self {
        Self {
            follows: true,
            ..self
        }
    }
}
