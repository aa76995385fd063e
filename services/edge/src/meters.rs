//! What the edge measures of itself. `docs/telemetry.md` lists every metric.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::StatusCode;
use kit::telemetry::class;
use metrics::{Counter, Gauge, Histogram, SharedString, counter, gauge, histogram};

/// What is measured of one operation. A handle is found once and then kept: looking it up again
/// would cost more than the measurement.
#[derive(Clone)]
pub(crate) struct Meters {
    name: SharedString,
    seconds: [OnceLock<Histogram>; 5],
    integration: OnceLock<Histogram>,
}

impl Meters {
    pub(crate) fn new(operation: &str) -> Self {
        Self {
            name: Arc::<str>::from(operation).into(),
            seconds: Default::default(),
            integration: OnceLock::new(),
        }
    }

    /// How long a request took in all, and how long its service took.
    pub(crate) fn record(
        &self,
        status: StatusCode,
        whole: Duration,
        integration: Option<Duration>,
    ) {
        let name = || self.name.clone();
        let hundreds = usize::from(status.as_u16() / 100).clamp(1, 5);
        let seconds = self.seconds[hundreds - 1].get_or_init(
            || histogram!("edge_request_seconds", "operation" => name(), "class" => class(status)),
        );
        seconds.record(whole);
        if let Some(integration) = integration {
            let seconds = self
                .integration
                .get_or_init(|| histogram!("edge_integration_seconds", "operation" => name()));
            seconds.record(integration);
        }
    }
}

/// Requests under way, in all.
pub(crate) fn in_flight() -> Gauge {
    gauge!("edge_in_flight")
}

/// Counts a request that was refused by a limit: of its `client`, of those that the client has under
/// way (`client_in_flight`), of all (`overload`), or of what a service can carry (`upstream`).
pub(crate) fn refused(limit: &'static str) {
    counter!("edge_refused_total", "limit" => limit).increment(1);
}

/// Counts a request that this process limited alone, because Redis is gone.
pub(crate) fn limited_alone() {
    counter!("edge_throttle_alone_total").increment(1);
}

/// Counts the answers of an operation that are kept, by how each was found.
pub(crate) fn found(operation: &Arc<str>, found: &'static str) -> Counter {
    counter!("edge_cache_total", "operation" => operation.clone(), "found" => found)
}
