//! Token buckets for each client: a generous one for everything, a tight one where the document
//! asks for it. Answers 429 with `Retry-After` itself. A client is a user, or an address.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use kit::http::Problem;
use uuid::Uuid;

use crate::{
    Config, Gateway, Switch, admit::ClientAddress, error::too_many_requests, identify::Identity,
    route::operation,
};

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    User(Uuid),
    Address(IpAddr),
}

/// The limit for everything.
pub(crate) struct Throttle {
    general: Option<DefaultKeyedRateLimiter<Client>>,
    clock: DefaultClock,
}

impl Throttle {
    pub(crate) fn new(config: &Config) -> Self {
        let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(config.client_rate_per_s))
            .allow_burst(at_least_one(config.client_burst));
        let on = config.throttle == Switch::On;
        Self {
            general: on.then(|| RateLimiter::keyed(quota)),
            clock: DefaultClock::default(),
        }
    }

    pub(crate) fn forget_idle(&self) {
        if let Some(general) = &self.general {
            general.retain_recent();
            general.shrink_to_fit();
        }
    }

    fn check(
        &self,
        limiter: &DefaultKeyedRateLimiter<Client>,
        client: &Client,
        limit: &'static str,
    ) -> Result<(), Problem> {
        limiter.check_key(client).map_err(|until| {
            refused(limit);
            too_many_requests(until.wait_time_from(self.clock.now()).as_secs() + 1)
        })
    }
}

/// Counts a request that was refused by a limit: `client`, `operation` or `overload`.
pub(crate) fn refused(limit: &'static str) {
    metrics::counter!("edge_refused_total", "limit" => limit).increment(1);
}

pub(crate) async fn throttle(
    State(gateway): State<Arc<Gateway>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let throttle = &gateway.throttle;
    if let Some(general) = &throttle.general {
        let client = client(&request);
        throttle.check(general, &client, "client")?;
        if let Some(tight) = &operation(&request).throttle {
            throttle.check(tight, &client, "operation")?;
        }
    }
    Ok(next.run(request).await)
}

fn client(request: &Request) -> Client {
    match (
        request.extensions().get::<Identity>(),
        request.extensions().get::<ClientAddress>(),
    ) {
        (Some(user), _) => Client::User(user.subject),
        (None, Some(ClientAddress(IpAddr::V6(address)))) => {
            // One customer of an internet provider holds at least a /64 (RFC 6177).
            let network = u128::from(*address) & !u128::from(u64::MAX);
            Client::Address(Ipv6Addr::from(network).into())
        }
        (None, Some(ClientAddress(address))) => Client::Address(*address),
        (None, None) => Client::Address(Ipv6Addr::UNSPECIFIED.into()),
    }
}
