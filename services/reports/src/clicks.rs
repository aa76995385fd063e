//! Where clicks go: into files by day, of a folder or a bucket (`files`), which this process writes from time to
//! time ([`collector`]), or a function that a stream of Kinesis calls (`kinesis`, [`filer`]).
//!
//! Clicks are no orders: they are counted and lost where they cannot be kept, and nobody waits for them.

mod address;
mod collector;
mod filer;
mod files;
#[cfg(feature = "kinesis")]
mod kinesis;

use std::sync::Arc;

use async_trait::async_trait;
use kit::events::Fault;
use metrics::counter;
use uuid::Uuid;

pub(crate) use address::open;
pub use address::{BadClicks, ClicksUrl};
pub(crate) use collector::Collector;
pub(crate) use filer::Filer;

use crate::click::Click;

/// Where clicks go first.
#[async_trait]
pub(crate) trait Clicks: Send + Sync {
    /// Takes what a visit has seen, or says at once that it cannot.
    async fn take(&self, visit: Uuid, clicks: Vec<Click>) -> Result<(), Fault>;
}

/// Those who keep clicks; none of them where nothing keeps any.
#[derive(Clone, Default)]
pub(crate) struct Keepers {
    /// Who takes them from pages.
    pub(crate) clicks: Option<Arc<dyn Clicks>>,
    /// Who writes them, in a process that stays.
    pub(crate) collector: Option<Arc<Collector>>,
    /// Who writes them, in a function that a stream calls.
    pub(crate) filer: Option<Arc<Filer>>,
}

/// What became of clicks.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    /// On their way to the files.
    Taken,
    /// Of somebody who wants none to be kept.
    OptedOut,
    /// They could not be kept.
    Lost,
}

/// Counts them.
pub(crate) fn count(outcome: Outcome, clicks: usize) {
    let outcome = match outcome {
        Outcome::Taken => "taken",
        Outcome::OptedOut => "opted-out",
        Outcome::Lost => "lost",
    };
    counter!("reports_clicks_total", "outcome" => outcome).increment(clicks as u64);
}

/// There from the start, so that a dashboard sees the first one too.
pub(crate) fn describe() {
    for outcome in [Outcome::Taken, Outcome::OptedOut, Outcome::Lost] {
        count(outcome, 0);
    }
}
