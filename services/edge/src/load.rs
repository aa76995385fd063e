//! How many requests an upstream can carry at once, learnt from how long it takes: what takes clearly
//! longer than it does in quiet times waits in a queue behind us (the idea of TCP Vegas, and of
//! Envoy's adaptive concurrency: envoyproxy.io, "Adaptive Concurrency"). A queue that nobody notices is
//! allowed. Times are compared by operation, so that a mix of quick and slow ones does not look like one.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant};

/// How many times longer than in quiet times requests may take, beside the queue that is allowed.
const TOLERANCE: f64 = 1.5;

/// What a request counts that had no answer, or none but that the service is overloaded; 1 is as long as
/// may be.
const FAILED: f64 = 2.0;

/// How many answers are enough to judge a limit by.
const ENOUGH: usize = 10;

/// The limit before anything is known: this part of the highest.
const FIRST: usize = 4;

/// The lowest limit. So few at once are quiet times: an upstream that has become slower for good is
/// brought down to them, and so learnt anew.
const LEAST: usize = 4;

/// Which requests are shed last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Priority {
    /// Shed first.
    Low,
    #[default]
    Normal,
    /// Shed last.
    High,
}

impl Priority {
    /// How much of a limit is for requests of this priority.
    pub(crate) fn part_of(self, limit: usize) -> usize {
        let fifths = match self {
            Self::Low => 3,
            Self::Normal => 4,
            Self::High => 5,
        };
        limit.saturating_mul(fifths).div_ceil(5)
    }
}

/// The load of one upstream.
pub(crate) struct Load {
    /// By priority: what matters less is in nobody's way.
    in_flight: [AtomicUsize; 3],
    limit: AtomicUsize,
    highest: usize,
    queue: Duration,
    learnt: Mutex<Learnt>,
}

/// Since the limit was judged last.
#[derive(Default)]
struct Learnt {
    answers: usize,
    /// How long they took in all; 1 is as long as may be.
    taken: f64,
    /// The most requests that were under way.
    peak: usize,
}

/// How long an operation takes in quiet times, in seconds; 0 is not known.
#[derive(Default)]
pub(crate) struct Usual(AtomicU64);

/// A request under way.
pub(crate) struct Running {
    load: Arc<Load>,
    usual: Arc<Usual>,
    started: Instant,
    priority: Priority,
    is_quiet: bool,
}

impl Load {
    /// An upstream that gets at most `highest` requests at once, which may wait so long in its queue.
    pub(crate) fn new(highest: usize, queue: Duration) -> Arc<Self> {
        Arc::new(Self {
            in_flight: Default::default(),
            limit: AtomicUsize::new((highest / FIRST).max(LEAST.min(highest))),
            highest,
            queue,
            learnt: Mutex::default(),
        })
    }

    /// A try, never a queue: none when the upstream has enough to do.
    pub(crate) fn enter(
        self: &Arc<Self>,
        priority: Priority,
        usual: &Arc<Usual>,
    ) -> Option<Running> {
        let is_quiet = self.above(Priority::Low) < LEAST;
        self.in_flight[priority as usize].fetch_add(1, Relaxed);
        // Dropped, it gives its permit back.
        let running = Running {
            load: self.clone(),
            usual: usual.clone(),
            started: Instant::now(),
            priority,
            is_quiet,
        };
        (self.above(priority) <= priority.part_of(self.limit())).then_some(running)
    }

    /// How many are under way of this priority and of higher ones.
    fn above(&self, priority: Priority) -> usize {
        let counts = self.in_flight[priority as usize..].iter();
        counts.map(|count| count.load(Relaxed)).sum()
    }

    /// The limit of now.
    fn limit(&self) -> usize {
        self.limit.load(Relaxed)
    }

    fn learn(&self, taken: f64) {
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = self.limit();
        learnt.answers += 1;
        learnt.taken += taken;
        learnt.peak = learnt.peak.max(self.above(Priority::Low));
        if learnt.answers < (limit / 2).max(ENOUGH) {
            return;
        }
        let taken = learnt.taken / learnt.answers as f64;
        // One that nobody reaches says nothing.
        let is_reached = learnt.peak * 2 >= limit;
        *learnt = Learnt::default();
        if is_reached {
            let judged = match taken < 1.0 {
                true => limit + (limit / 8).max(1),
                false => (limit as f64 / taken.min(2.0)) as usize,
            };
            let least = LEAST.min(self.highest);
            self.limit.store(judged.clamp(least, self.highest), Relaxed);
        }
    }
}

impl Running {
    /// Learns from the answer, if it came from the upstream.
    pub(crate) fn answered(self, status: StatusCode) {
        const NO_ANSWER: [StatusCode; 2] =
            [StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
        let took = self.started.elapsed().as_secs_f64();
        if NO_ANSWER.contains(&status) {
            return self.load.learn(FAILED);
        }
        let usual = f64::from_bits(self.usual.0.load(Relaxed));
        if self.is_quiet {
            // Lost when two answers come at once: then another teaches the same.
            let learnt = match usual {
                0.0 => took,
                usual => usual + (took - usual) / 10.0,
            };
            self.usual.0.store(learnt.to_bits(), Relaxed);
        }
        if usual > 0.0 {
            let may_take = usual * TOLERANCE + self.load.queue.as_secs_f64();
            self.load.learn(took / may_take);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.load.in_flight[self.priority as usize].fetch_sub(1, Relaxed);
    }
}
