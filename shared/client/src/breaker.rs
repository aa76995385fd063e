//! A circuit breaker: leaves an endpoint alone after a run of failures, for a growing time, and
//! then lets a single request find out whether it is back.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How many failures in a row open it.
const FAILURES: u32 = 5;

/// How long it stays open the first time; twice as long each time that the probe fails.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// How long it stays open at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The breaker of one endpoint.
pub(super) struct Breaker(Mutex<State>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, pauses: u32 },
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
pub(super) const STATES: [&str; 3] = ["closed", "open", "half_open"];

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Closed { failures: 0 }))
    }

    /// Whether a request may be sent now.
    pub(super) fn admits(&self) -> bool {
        match *self.state() {
            State::Closed { .. } => true,
            State::Open { until, .. } => Instant::now() >= until,
            State::HalfOpen { .. } => false,
        }
    }

    /// Takes the right to send a request. Whoever got [`Pass::Probe`] tells how it went, or that
    /// it did not.
    pub(super) fn enter(&self) -> Option<Pass> {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Some(Pass::Usual),
            State::Open { until, pauses } if Instant::now() >= until => {
                *state = State::HalfOpen { pauses };
                Some(Pass::Probe)
            }
            State::Open { .. } | State::HalfOpen { .. } => None,
        }
    }

    /// A request was answered.
    pub(super) fn succeeded(&self) {
        *self.state() = State::Closed { failures: 0 };
    }

    /// A request failed; true when that opened it.
    pub(super) fn failed(&self) -> bool {
        let mut state = self.state();
        *state = match *state {
            State::Closed { failures } if failures + 1 < FAILURES => State::Closed {
                failures: failures + 1,
            },
            State::Closed { .. } => open(0),
            State::HalfOpen { pauses } => open(pauses + 1),
            // Sent before it opened; the probe alone decides now.
            State::Open { .. } => return false,
        };
        matches!(*state, State::Open { .. })
    }

    /// The probe was given up before its outcome was known: the next request is one.
    pub(super) fn abandoned(&self) {
        let mut state = self.state();
        if let State::HalfOpen { pauses } = *state {
            let until = Instant::now();
            *state = State::Open { until, pauses };
        }
    }

    /// Its state by name, one of [`STATES`].
    pub(super) fn name(&self) -> &'static str {
        match *self.state() {
            State::Closed { .. } => STATES[0],
            State::Open { .. } => STATES[1],
            State::HalfOpen { .. } => STATES[2],
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between half and all of the pause, so that many callers do not come back together.
fn open(pauses: u32) -> State {
    let pause = FIRST_PAUSE * 2_u32.pow(pauses.min(8));
    let pause = pause
        .min(LONGEST_PAUSE)
        .mul_f64(0.5 + fastrand::f64() / 2.0);
    State::Open {
        until: Instant::now() + pause,
        pauses,
    }
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
}
