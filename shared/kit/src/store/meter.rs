//! What is measured of a store's work: how long it takes, and how much of it is under way.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use metrics::{Gauge, Histogram, gauge, histogram};

use crate::telemetry::add_db_time;

/// Measures one kind of work of one store.
#[derive(Debug)]
pub(super) struct Meter {
    seconds: Histogram,
    in_use: Gauge,
}

/// Work under way. When it is dropped, its time is recorded and added to the database's part of the
/// request at hand.
pub(super) struct Running {
    meter: Arc<Meter>,
    started: Instant,
}

impl Meter {
    pub(super) fn new(store: &str, work: &'static str) -> Arc<Self> {
        let store = store.to_owned();
        Arc::new(Self {
            seconds: histogram!("store_seconds", "store" => store.clone(), "work" => work),
            in_use: gauge!("store_in_use", "store" => store, "work" => work),
        })
    }

    pub(super) fn start(self: &Arc<Self>) -> Running {
        self.in_use.increment(1);
        Running {
            meter: self.clone(),
            started: Instant::now(),
        }
    }
}

impl Running {
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let spent = self.elapsed();
        self.meter.seconds.record(spent);
        self.meter.in_use.decrement(1);
        add_db_time(spent);
    }
}
