//! The wall clock, for all that compares times which another process, or an earlier start, wrote
//! down. It may step in either direction, on one machine and not on the next. How long something
//! takes is measured by [`std::time::Instant`] instead, which never steps.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use jiff::{SignedDuration, Timestamp};

/// The system's clock, or one that a test sets. Clones are one clock.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// How far a test's clock is ahead of the system's, in milliseconds.
    ahead_ms: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// One that goes with the system's until it is stepped.
    pub fn adjustable() -> Self {
        Self {
            ahead_ms: Some(Arc::default()),
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let ahead = self.ahead_ms.as_ref().map(|ahead| ahead.load(Relaxed));
        Timestamp::now() + SignedDuration::from_millis(ahead.unwrap_or(0))
    }

    /// Sets an adjustable clock forward, or back; the system's is not ours to set.
    pub fn step(&self, by: SignedDuration) {
        if let Some(ahead) = &self.ahead_ms {
            let by = i64::try_from(by.as_millis()).unwrap_or(0);
            ahead.fetch_add(by, Relaxed);
        }
    }
}
