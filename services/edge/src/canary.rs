//! A new version of a service beside the one that is there: some callers get it, always the same ones. Both
//! have a whole stack, so that no limit, breaker or kept answer of the one is the other's. When too much of what
//! the new version answers fails, or is slow, nobody gets it any more until the settings change.

use std::{
    convert::Infallible,
    hash::BuildHasher,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{extract::Request, response::Response};
use client::Upstream;
use foldhash::quality::FixedState;
use http::StatusCode;
use metrics::{Histogram, counter, histogram};
use serde::{Deserialize, Serialize};
use tower::{Service, service_fn};
use utoipa::ToSchema;

use crate::{
    call::{Call, IntegrationTime},
    limit::Client,
    load::Load,
    operation::{Operation, Target},
    route::Built,
};

/// How many answers of the new version are judged together.
const WINDOW: u32 = 200;

/// How many of them may be slower than 99 of 100 shall be.
const MAY_BE_SLOW: u32 = WINDOW / 100;

/// A new version of a service, and what it must keep to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CanaryConfig {
    /// Where it is, as `url` of an upstream. It has the service's invoke key.
    pub url: String,
    /// How many of a hundred callers get it, 0 to 100.
    #[serde(deserialize_with = "kit::config::within::<0, 100, _, _>")]
    pub percent: u32,
    /// How many of a hundred of its answers may be failures (5xx), 0 to 100.
    #[serde(deserialize_with = "kit::config::within::<0, 100, _, _>")]
    pub max_failed_percent: u32,
    /// How long 99 of 100 answers may take at most, in milliseconds, 1 to 60000.
    #[serde(deserialize_with = "kit::config::within::<1, 60_000, _, _>")]
    pub max_p99_ms: u64,
}

/// Which of the two an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arm {
    Stable,
    Canary,
}

/// The new version of one service.
pub(crate) struct Canary {
    pub(crate) service: Box<str>,
    pub(crate) stage: String,
    pub(crate) config: CanaryConfig,
    target: Arc<Target>,
    is_over: AtomicBool,
    /// Why it was rolled back.
    fault: OnceLock<String>,
    seen: Mutex<Seen>,
    seconds: [Histogram; 2],
    failed: [metrics::Counter; 2],
}

/// Of the answers that are judged together.
#[derive(Default)]
struct Seen {
    answers: u32,
    failed: u32,
    slow: u32,
}

impl Canary {
    /// Beside the service that `stable` is.
    pub(crate) fn new(
        stage: &str,
        config: &CanaryConfig,
        upstream: Upstream,
        load: Arc<Load>,
        stable: &Target,
    ) -> Arc<Self> {
        let service = &stable.name;
        let told = |arm: &'static str| {
            let name = || service.to_string();
            let seconds = histogram!("edge_canary_seconds", "service" => name(), "arm" => arm);
            let failed = counter!("edge_canary_failed_total", "service" => name(), "arm" => arm);
            (seconds, failed)
        };
        let (stable_told, canary_told) = (told("stable"), told("canary"));
        Arc::new(Self {
            service: service.clone(),
            stage: stage.to_owned(),
            config: config.clone(),
            target: Arc::new(Target {
                name: service.clone(),
                upstream,
                load,
                minter: stable.minter.clone(),
            }),
            is_over: AtomicBool::new(false),
            fault: OnceLock::new(),
            seen: Mutex::default(),
            seconds: [stable_told.0, canary_told.0],
            failed: [stable_told.1, canary_told.1],
        })
    }

    /// The operation as the new version has it.
    pub(crate) fn arm(&self, operation: &Operation) -> Operation {
        Operation {
            arm: Arm::Canary,
            target: self.target.clone(),
            usual: Arc::default(),
            ..operation.clone()
        }
    }

    /// Why nobody gets it any more.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// One stack in place of two.
    pub(crate) fn split(self: &Arc<Self>, stable: Built, next: Built) -> Built {
        let canary = self.clone();
        Built::new(service_fn(move |request: Request| {
            let arm = canary.arm_of(Client::of(Call::of(&request)));
            let mut stack = match arm {
                Arm::Stable => stable.clone(),
                Arm::Canary => next.clone(),
            };
            let (canary, answer) = (canary.clone(), stack.call(request));
            async move {
                let answer: Response = answer.await?;
                // What the edge answers itself says nothing of the service.
                if let Some(IntegrationTime(took)) = answer.extensions().get() {
                    canary.saw(arm, answer.status(), *took);
                }
                Ok::<_, Infallible>(answer)
            }
        }))
    }

    /// The same for a caller each time, and in every replica.
    fn arm_of(&self, client: Client) -> Arm {
        let share = FixedState::default().hash_one((&*self.service, client)) % 100;
        let is_in = share < u64::from(self.config.percent);
        match is_in && !self.is_over.load(Ordering::Relaxed) {
            true => Arm::Canary,
            false => Arm::Stable,
        }
    }

    fn saw(&self, arm: Arm, status: StatusCode, took: Duration) {
        self.seconds[arm as usize].record(took);
        let has_failed = status.is_server_error();
        if has_failed {
            self.failed[arm as usize].increment(1);
        }
        if arm == Arm::Stable {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.answers += 1;
        seen.failed += u32::from(has_failed);
        seen.slow += u32::from(took > Duration::from_millis(self.config.max_p99_ms));
        // As soon as it cannot keep to its bounds any more: nobody waits for the rest of the window.
        let Seen {
            answers,
            failed,
            slow,
        } = *seen;
        if failed > WINDOW * self.config.max_failed_percent / 100 {
            self.roll_back(format!("{failed} of {answers} answers failed"));
        } else if slow > MAY_BE_SLOW {
            let bound = self.config.max_p99_ms;
            self.roll_back(format!(
                "{slow} of {answers} answers took longer than {bound} ms"
            ));
        }
        if answers == WINDOW {
            *seen = Seen::default();
        }
    }

    fn roll_back(&self, fault: String) {
        if !self.is_over.swap(true, Ordering::Relaxed) {
            let service = &*self.service;
            tracing::error!(service, fault, "the canary is rolled back");
            counter!("edge_canary_rolled_back_total", "service" => service.to_owned()).increment(1);
            let _ = self.fault.set(fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canary(percent: u32) -> Arc<Canary> {
        let config = CanaryConfig {
            url: String::new(),
            percent,
            max_failed_percent: 2,
            max_p99_ms: 100,
        };
        let upstream = || Upstream::InProcess(axum::Router::new());
        let load = || Load::new(1, Duration::ZERO);
        let stable = Target {
            name: "garden".into(),
            upstream: upstream(),
            load: load(),
            minter: None,
        };
        Canary::new("next", &config, upstream(), load(), &stable)
    }

    fn share(canary: &Canary) -> usize {
        let clients = (0..10_000_u128).map(|id| Client::User(uuid::Uuid::from_u128(id)));
        clients
            .filter(|it| canary.arm_of(*it) == Arm::Canary)
            .count()
    }

    #[test]
    fn so_many_of_a_hundred_callers_get_it_and_always_the_same() {
        assert_eq!(share(&canary(0)), 0);
        assert_eq!(share(&canary(100)), 10_000);
        let few = canary(5);
        assert!((400..600).contains(&share(&few)), "{}", share(&few));

        let more = canary(20);
        let clients = (0..1_000_u128).map(|id| Client::User(uuid::Uuid::from_u128(id)));
        for client in clients.filter(|it| few.arm_of(*it) == Arm::Canary) {
            assert_eq!(more.arm_of(client), Arm::Canary, "who had it keeps it");
        }
    }

    #[test]
    fn it_ends_when_more_fails_than_may_and_nobody_gets_it_then() {
        let canary = canary(50);
        let quick = Duration::from_millis(1);
        for _ in 0..10 {
            // Within the bound, again and again: 4 of 200.
            for answer in 0..WINDOW {
                let status = match answer < 4 {
                    true => StatusCode::BAD_GATEWAY,
                    false => StatusCode::OK,
                };
                canary.saw(Arm::Canary, status, quick);
                canary.saw(Arm::Stable, StatusCode::INTERNAL_SERVER_ERROR, quick);
            }
        }
        assert_eq!(canary.fault(), None);
        assert!(share(&canary) > 0);

        for _ in 0..5 {
            canary.saw(Arm::Canary, StatusCode::INTERNAL_SERVER_ERROR, quick);
        }
        assert_eq!(canary.fault(), Some("5 of 5 answers failed"));
        assert_eq!(share(&canary), 0);
    }

    #[test]
    fn it_ends_when_more_than_one_of_a_hundred_is_slow() {
        let canary = canary(50);
        for took in [101, 99, 101] {
            canary.saw(Arm::Canary, StatusCode::OK, Duration::from_millis(took));
        }
        assert_eq!(canary.fault(), None);

        canary.saw(Arm::Canary, StatusCode::OK, Duration::from_millis(101));
        let fault = canary.fault().unwrap();
        assert_eq!(fault, "3 of 4 answers took longer than 100 ms");
    }
}
