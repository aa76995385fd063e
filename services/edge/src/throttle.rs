//! Reads who calls; answers 429 with `Retry-After`. A client is a user, or an address where the
//! operation is public, whatever token comes along: accounts are free. Each has a generous token bucket for everything and a tight one where a document asks for it. Stands
//! outside of every refusal, so that guessing is limited too.
//!
//! With Redis the buckets are shared by all replicas. Without, or while it is gone, each process
//! has its own: a client may then do as much at each replica, and no request fails for it.

use std::{sync::Arc, time::Duration};

use axum::extract::Request;
use kit::{http::Problem, redis::Redis};

use crate::{
    BadSetting, Config, Switch,
    call::Call,
    error::too_many_requests,
    limit::{Client, Limit, MAX_RATE, SharedBuckets},
    meters,
    middleware::{Before, Middleware},
    operation::{Access, Operation},
};

/// How long a refusal takes.
const PACE: Duration = Duration::from_millis(100);

/// Limits by name, of which a request takes a token each.
type Limits = Arc<[(Arc<str>, Arc<Limit>)]>;

/// The limits of one operation, or of all that is no operation.
#[derive(Clone)]
pub(crate) struct Throttle {
    limits: Limits,
    shared: Option<Arc<SharedBuckets>>,
    by_address: bool,
}

impl Throttle {
    /// The general limit alone; none where the settings switch it off.
    pub(crate) fn new(config: &Config, redis: Option<Redis>) -> Result<Option<Self>, BadSetting> {
        let general = Limit::new(config.client_rate_per_s.into(), config.client_burst);
        let general = general.ok_or_else(|| {
            let (rate, burst) = (config.client_rate_per_s, config.client_burst);
            BadSetting(format!(
                "client_rate_per_s, client_burst: expected a rate from 1 to {MAX_RATE} and a burst of 1 \
                 or more, not {rate} and {burst}"
            ))
        })?;
        let throttle = Self {
            limits: [("all".into(), Arc::new(general))].into(),
            shared: redis.map(|redis| Arc::new(SharedBuckets::new(redis))),
            by_address: true,
        };
        Ok(Some(throttle).filter(|_| config.throttle == Switch::On))
    }

    /// The same for an operation, with a limit of its own.
    pub(crate) fn of(&self, operation: &Operation) -> Self {
        let own = operation.limit.as_ref();
        let own = own.map(|limit| (operation.id.clone(), limit.clone()));
        let limits = self.limits.iter().cloned().chain(own);
        Self {
            limits: limits.collect(),
            shared: self.shared.clone(),
            by_address: operation.access == Access::Public,
        }
    }

    pub(crate) fn forget_idle(&self) {
        self.limits
            .iter()
            .for_each(|(_, limit)| limit.forget_idle());
    }

    /// Takes what a request costs this client.
    pub(crate) async fn charge(&self, client: Client) -> Result<(), Problem> {
        if let Some(shared) = &self.shared {
            let limits = self.limits.iter();
            let limits = limits.map(|(name, limit)| (&**name, &**limit));
            match shared.take(&client, limits).await {
                Ok(taken) => return taken.map_err(slow_down),
                Err(fault) => {
                    meters::limited_alone();
                    tracing::debug!(%fault, "this process limits alone");
                }
            }
        }
        self.charge_here(client)
    }

    fn charge_here(&self, client: Client) -> Result<(), Problem> {
        let mut limits = self.limits.iter();
        let taken = limits.try_for_each(|(_, limit)| limit.take(&client));
        taken.map_err(slow_down)
    }
}

/// The refusal, in a while: a client that asks on all the same is refused no faster than that on each of
/// its connections, and leaves the machine to others.
async fn paced<T>(refusal: Problem) -> Result<T, Problem> {
    tokio::time::sleep(PACE).await;
    Err(refusal)
}

fn slow_down(wait: Duration) -> Problem {
    meters::refused("client");
    too_many_requests(wait.as_secs() + 1)
}

impl Middleware for Throttle {
    type Kept = ();

    fn before(&self, request: Request) -> Before<()> {
        let call = Call::of(&request);
        let client = match self.by_address {
            true => Client::at(call.address),
            false => Client::of(call),
        };
        if self.shared.is_none() {
            return match self.charge_here(client) {
                Ok(()) => Before::Pass(request, ()),
                Err(refusal) => Before::Wait(Box::pin(paced(refusal))),
            };
        }
        let throttle = self.clone();
        Before::Wait(Box::pin(async move {
            match throttle.charge(client).await {
                Ok(()) => Ok((request, ())),
                Err(refusal) => paced(refusal).await,
            }
        }))
    }
}
