//! Token buckets for each client: a generous one for everything, a tight one where the document
//! asks for it. A request without an operation, or with a token that is refused, takes from the
//! generous one of its address. Answers 429 with `Retry-After` itself. A client is a user, or an address.
//!
//! With Redis the buckets are shared by all replicas. Without, or while it is gone, each process
//! has its own: a client may then do as much at each replica, and no request fails for it.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use kit::{
    http::Problem,
    redis::{Gone, Redis},
};
use redis::Script;
use uuid::Uuid;

use crate::{BadSetting, Config, Gateway, Switch, error::too_many_requests, forward::Call};

/// Takes a token of every bucket or of none; how long to wait for one otherwise, in microseconds.
///
/// A bucket is one number, the time at which it will be full again (GCRA: ITU-T I.371), by the
/// server's clock. `KEYS` are the buckets; `ARGV` has, for each, the time a token takes to come
/// back and the time an empty bucket takes to fill but for one token.
const TAKE: &str = r"
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
local full = {}
for n, key in ipairs(KEYS) do
  full[n] = math.max(tonumber(redis.call('get', key) or 0), now)
  local wait = full[n] - now - tonumber(ARGV[2 * n])
  if wait > 0 then return math.ceil(wait) end
end
for n, key in ipairs(KEYS) do
  local at = full[n] + tonumber(ARGV[2 * n - 1])
  redis.call('set', key, string.format('%.0f', at), 'px', math.ceil((at - now) / 1000))
end
return 0
";

/// The highest rate, in tokens a second.
pub(crate) const MAX_RATE: u32 = 1_000_000;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    User(Uuid),
    Address(IpAddr),
}

/// One limit, with a bucket for each client.
pub(crate) struct Limit {
    token: Duration,
    burst: u32,
    own: DefaultKeyedRateLimiter<Client>,
}

impl Limit {
    /// `rate_per_s` tokens a second, at most `burst` at once; `None` of nothing at all, and of more
    /// than [`MAX_RATE`]: buckets count in microseconds.
    pub(crate) fn new(rate_per_s: f64, burst: u32) -> Option<Self> {
        if rate_per_s > f64::from(MAX_RATE) {
            return None;
        }
        let token = Duration::try_from_secs_f64(1.0 / rate_per_s).ok()?;
        let quota = Quota::with_period(token)?.allow_burst(NonZeroU32::new(burst)?);
        Some(Self {
            token,
            burst,
            own: RateLimiter::keyed(quota),
        })
    }

    pub(crate) fn forget_idle(&self) {
        self.own.retain_recent();
        self.own.shrink_to_fit();
    }

    /// Takes a token of this process's bucket, or says how long to wait for one.
    fn take(&self, client: &Client, clock: &DefaultClock) -> Result<(), Duration> {
        let taken = self.own.check_key(client);
        taken.map_err(|refused| refused.wait_time_from(clock.now()))
    }
}

/// The limit for everything, and where buckets are shared.
pub(crate) struct Throttle {
    general: Option<Limit>,
    shared: Option<(Redis, Script)>,
    clock: DefaultClock,
}

impl Throttle {
    pub(crate) fn new(config: &Config) -> Result<Self, BadSetting> {
        let general = Limit::new(config.client_rate_per_s.into(), config.client_burst);
        let general = general.ok_or_else(|| {
            let (rate, burst) = (config.client_rate_per_s, config.client_burst);
            BadSetting(format!(
                "client_rate_per_s, client_burst: expected a rate from 1 to {MAX_RATE} and a burst of 1 \
                 or more, not {rate} and {burst}"
            ))
        })?;
        let shared = config.redis.as_ref();
        Ok(Self {
            general: Some(general).filter(|_| config.throttle == Switch::On),
            shared: shared.map(|url| (Redis::new(url), Script::new(TAKE))),
            clock: DefaultClock::default(),
        })
    }

    pub(crate) fn forget_idle(&self) {
        if let Some(general) = &self.general {
            general.forget_idle();
        }
    }

    /// Takes a token of each named limit, or says how long to wait.
    async fn take(&self, client: &Client, limits: &[(&str, &Limit)]) -> Result<(), Duration> {
        if let Some((redis, script)) = &self.shared {
            match take_shared(redis, script, client, limits).await {
                Ok(0) => return Ok(()),
                Ok(wait) => return Err(Duration::from_micros(wait)),
                Err(fault) => {
                    metrics::counter!("edge_throttle_alone_total").increment(1);
                    tracing::debug!(%fault, "this process limits alone");
                }
            }
        }
        let mut limits = limits.iter();
        limits.try_for_each(|(_, limit)| limit.take(client, &self.clock))
    }
}

async fn take_shared(
    redis: &Redis,
    script: &Script,
    client: &Client,
    limits: &[(&str, &Limit)],
) -> Result<u64, Gone> {
    let client = match client {
        Client::User(id) => id.simple().to_string(),
        Client::Address(address) => address.to_string(),
    };
    let mut call = script.prepare_invoke();
    for (name, limit) in limits {
        let token = limit.token.as_micros() as u64;
        // The braces keep one client's buckets together on a cluster.
        call.key(format!("throttle:{{{client}}}:{name}"))
            .arg(token)
            .arg(token.saturating_mul(u64::from(limit.burst - 1)));
    }
    redis.run(&call).await
}

/// Counts a request that was refused by a limit: of its `client`, or of all (`overload`).
pub(crate) fn refused(limit: &'static str) {
    metrics::counter!("edge_refused_total", "limit" => limit).increment(1);
}

/// Takes what this call costs its client.
pub(crate) async fn throttle(gateway: &Gateway, call: &Call<'_>) -> Result<(), Problem> {
    let throttle = &gateway.throttle;
    let Some(general) = &throttle.general else {
        return Ok(());
    };
    let client = client(call);
    let taken = match &call.operation.throttle {
        Some(tight) => {
            let limits = [("all", general), (call.operation.id.as_str(), tight)];
            throttle.take(&client, &limits).await
        }
        None => throttle.take(&client, &[("all", general)]).await,
    };
    taken.map_err(slow_down)
}

/// Takes what a refusal costs this address, before any operation is known.
pub(crate) async fn throttle_address(gateway: &Gateway, address: IpAddr) -> Result<(), Problem> {
    let throttle = &gateway.throttle;
    let Some(general) = &throttle.general else {
        return Ok(());
    };
    let taken = throttle.take(&at(address), &[("all", general)]).await;
    taken.map_err(slow_down)
}

fn slow_down(wait: Duration) -> Problem {
    refused("client");
    too_many_requests(wait.as_secs() + 1)
}

fn client(call: &Call) -> Client {
    match &call.identity {
        Some(user) => Client::User(user.subject),
        None => at(call.address),
    }
}

fn at(address: IpAddr) -> Client {
    match address {
        IpAddr::V6(address) => {
            // One customer of an internet provider holds at least a /64 (RFC 6177).
            let network = u128::from(address) & !u128::from(u64::MAX);
            Client::Address(Ipv6Addr::from(network).into())
        }
        address => Client::Address(address),
    }
}
