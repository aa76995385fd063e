//! How long a request may still take: set by the edge from the operation's time-out, passed on
//! from tier to tier, so that nobody works on an answer that nobody waits for any more.
//!
//! In this process it rides in the request's extensions; over HTTP in `Terrace-Deadline`, as the
//! milliseconds left when the request was sent, because clocks differ. [`crate::telemetry::record`]
//! refuses a request that is late already and makes the deadline known to everything that the
//! handler calls.

use std::time::Duration;

use http::{HeaderName, HeaderValue, request::Parts};
use tokio::time::Instant;

/// The header that carries the milliseconds left. The edge drops inbound copies.
pub const DEADLINE_HEADER: HeaderName = HeaderName::from_static("terrace-deadline");

tokio::task_local! {
    static CURRENT: Option<Deadline>;
}

/// When a request's answer stops being of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now, or the deadline of the request at hand where that is sooner.
    pub fn within(time: Duration) -> Self {
        let own = Self(Instant::now() + time);
        Self::current().map_or(own, |current| current.min(own))
    }

    /// The deadline of the request that this task works on.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| *current).ok().flatten()
    }

    /// What a request says; none for one that says nothing, or nothing that can be read.
    pub fn of(request: &Parts) -> Option<Self> {
        if let Some(deadline) = request.extensions.get() {
            return Some(*deadline);
        }
        let text = request.headers.get(DEADLINE_HEADER)?.to_str().ok()?;
        let left = Duration::from_millis(text.parse().ok()?);
        Instant::now().checked_add(left).map(Self)
    }

    /// How long from now; zero once it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn has_passed(self) -> bool {
        self.left().is_zero()
    }

    /// The instant, for `timeout_at`.
    pub fn instant(self) -> Instant {
        self.0
    }

    /// The header's value, as of now.
    pub fn header(self) -> HeaderValue {
        let left = self.left().as_millis();
        HeaderValue::from(u64::try_from(left).unwrap_or(u64::MAX))
    }
}

/// Runs `work` with this deadline as the current one.
pub(crate) async fn scope<T>(deadline: Option<Deadline>, work: impl Future<Output = T>) -> T {
    CURRENT.scope(deadline, work).await
}
