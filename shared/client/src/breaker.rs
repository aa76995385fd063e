//! A circuit breaker: leaves an endpoint alone after a run of failures, or because it is worse than its
//! fellows (`outliers`), for a growing time, and then lets a single request find out whether it is back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::outliers::Outcomes;

/// How many failures in a row open it.
const FAILURES: u32 = 5;

/// How long it stays open the first time; twice as long each time that the probe fails.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// How long it stays open at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The same for one that is worse than its fellows, which takes many answers to find out: twice as long each
/// time, until it has been good for twice as many.
const FIRST_EJECTION: Duration = Duration::from_secs(10);
const LONGEST_EJECTION: Duration = Duration::from_secs(300);

/// The breaker of one endpoint.
pub(super) struct Breaker(Mutex<Inner>);

struct Inner {
    state: State,
    /// Of the answers since it was closed.
    outcomes: Outcomes,
    /// How many times in a row it was ejected.
    ejections: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, pauses: u32 },
    Ejected { until: Instant },
    HalfOpen { pauses: u32 },
}

/// The right to send one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// One of many.
    Usual,
    /// The only one, whose outcome decides.
    Probe,
}

/// The names of the states, as metrics show them.
pub(super) const STATES: [&str; 4] = ["closed", "open", "half_open", "ejected"];

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Inner {
            state: State::Closed { failures: 0 },
            outcomes: Outcomes::default(),
            ejections: 0,
        }))
    }

    /// Whether a request may be sent now.
    pub(super) fn admits(&self) -> bool {
        match self.inner().state {
            State::Closed { .. } => true,
            State::Open { until, .. } | State::Ejected { until } => Instant::now() >= until,
            State::HalfOpen { .. } => false,
        }
    }

    /// Takes the right to send a request. Whoever got [`Pass::Probe`] tells how it went, or that
    /// it did not.
    pub(super) fn enter(&self) -> Option<Pass> {
        let state = &mut self.inner().state;
        let (until, pauses) = match *state {
            State::Closed { .. } => return Some(Pass::Usual),
            State::Open { until, pauses } => (until, pauses),
            State::Ejected { until } => (until, 0),
            State::HalfOpen { .. } => return None,
        };
        (Instant::now() >= until).then(|| {
            *state = State::HalfOpen { pauses };
            Pass::Probe
        })
    }

    /// A request was answered.
    pub(super) fn succeeded(&self) {
        let state = &mut self.inner().state;
        // Some of its answers were good before as well.
        if !matches!(*state, State::Ejected { .. }) {
            *state = State::Closed { failures: 0 };
        }
    }

    /// A request failed; true when that opened it.
    pub(super) fn failed(&self) -> bool {
        let mut inner = self.inner();
        inner.state = match inner.state {
            State::Closed { failures } if failures + 1 < FAILURES => State::Closed {
                failures: failures + 1,
            },
            State::Closed { .. } => open(0),
            State::HalfOpen { pauses } => open(pauses + 1),
            // Sent before it opened; the probe alone decides now.
            State::Open { .. } | State::Ejected { .. } => return false,
        };
        let opened = matches!(inner.state, State::Open { .. });
        if opened {
            inner.outcomes = Outcomes::default();
        }
        opened
    }

    /// Counts an answer for the comparison with others.
    pub(super) fn note(&self, failed: bool) {
        let mut inner = self.inner();
        if matches!(inner.state, State::Closed { .. }) {
            inner.outcomes.note(failed);
            if inner.outcomes.are_many() {
                inner.ejections = 0;
            }
        }
    }

    /// Which part of its answers failed, where enough are known.
    pub(super) fn failure_rate(&self) -> Option<f64> {
        self.inner().outcomes.failure_rate()
    }

    /// Leaves it alone because it is worse than others.
    pub(super) fn eject(&self) {
        let mut inner = self.inner();
        let pause = pause(FIRST_EJECTION, LONGEST_EJECTION, inner.ejections);
        let until = Instant::now() + pause;
        *inner = Inner {
            state: State::Ejected { until },
            outcomes: Outcomes::default(),
            ejections: inner.ejections + 1,
        };
    }

    /// Whether it is left alone because it is worse than others.
    pub(super) fn is_ejected(&self) -> bool {
        matches!(self.inner().state, State::Ejected { .. })
    }

    /// Whether it is left alone, whatever for.
    pub(super) fn is_out(&self) -> bool {
        !matches!(self.inner().state, State::Closed { .. })
    }

    /// The probe was given up before its outcome was known: the next request is one.
    pub(super) fn abandoned(&self) {
        let state = &mut self.inner().state;
        if let State::HalfOpen { pauses } = *state {
            let until = Instant::now();
            *state = State::Open { until, pauses };
        }
    }

    /// Its state by name, one of [`STATES`].
    pub(super) fn name(&self) -> &'static str {
        match self.inner().state {
            State::Closed { .. } => STATES[0],
            State::Open { .. } => STATES[1],
            State::HalfOpen { .. } => STATES[2],
            State::Ejected { .. } => STATES[3],
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(pauses: u32) -> State {
    State::Open {
        until: Instant::now() + pause(FIRST_PAUSE, LONGEST_PAUSE, pauses),
        pauses,
    }
}

/// Between half and all of the pause, so that many callers do not come back together.
fn pause(first: Duration, longest: Duration, before: u32) -> Duration {
    let pause = first * 2_u32.pow(before.min(8));
    pause.min(longest).mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn opened() -> Breaker {
        let breaker = Breaker::new();
        for _ in 0..FAILURES {
            breaker.failed();
        }
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let breaker = Breaker::new();

        for _ in 0..FAILURES * 2 {
            breaker.succeeded();
            for _ in 1..FAILURES {
                assert!(!breaker.failed());
            }
        }
        assert!(breaker.admits());

        assert!(breaker.failed());
        assert!(!breaker.admits());
        assert_eq!(breaker.enter(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_pause_one_probe_passes_and_its_success_closes_it() {
        let breaker = opened();

        advance(FIRST_PAUSE).await;

        assert!(breaker.admits());
        assert_eq!(breaker.enter(), Some(Pass::Probe));
        assert_eq!(breaker.enter(), None, "one at a time");
        breaker.succeeded();
        assert_eq!(breaker.enter(), Some(Pass::Usual));
    }

    #[tokio::test(start_paused = true)]
    async fn each_failed_probe_makes_the_pause_longer_up_to_the_longest() {
        let breaker = opened();
        let mut longest = FIRST_PAUSE;

        for _ in 0..20 {
            advance(longest).await;
            assert_eq!(breaker.enter(), Some(Pass::Probe));
            assert!(breaker.failed());
            longest = (longest * 2).min(LONGEST_PAUSE);
            advance(longest.mul_f64(0.49)).await;
            assert!(!breaker.admits(), "it waits at least half of {longest:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_probe_that_is_given_up_the_next_request_is_one() {
        let breaker = opened();
        advance(FIRST_PAUSE).await;
        breaker.enter().unwrap();

        breaker.abandoned();

        assert_eq!(breaker.enter(), Some(Pass::Probe));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_failure_does_not_prolong_the_pause() {
        let breaker = opened();

        assert!(!breaker.failed());

        advance(FIRST_PAUSE).await;
        assert!(breaker.admits());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_ejected_comes_back_by_a_probe_and_each_time_later() {
        let breaker = Breaker::new();
        let mut longest = FIRST_EJECTION;

        for _ in 0..10 {
            breaker.eject();
            breaker.succeeded();
            assert!(breaker.is_ejected(), "an answer from before proves nothing");
            advance(longest.mul_f64(0.49)).await;
            assert_eq!(
                breaker.enter(),
                None,
                "it waits at least half of {longest:?}"
            );
            advance(longest).await;
            assert_eq!(breaker.enter(), Some(Pass::Probe));
            breaker.succeeded();
            assert_eq!(breaker.enter(), Some(Pass::Usual));
            longest = (longest * 2).min(LONGEST_EJECTION);
        }

        while !breaker.inner().outcomes.are_many() {
            breaker.note(false);
        }
        breaker.eject();
        advance(FIRST_EJECTION).await;
        assert!(breaker.admits(), "it was good for long");
    }
}
