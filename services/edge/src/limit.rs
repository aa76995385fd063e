//! Token buckets, one for each client: of this process, or shared by all replicas in Redis.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use kit::{
    redis::{Gone, Redis},
    serve::network,
};
use redis::Script;
use uuid::Uuid;

use crate::call::Call;

/// Takes a token of every bucket or of none. Answers 0 and how many the first bucket has left; otherwise
/// how long to wait, in microseconds, and for which bucket.
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
  if wait > 0 then return {math.ceil(wait), n - 1} end
end
for n, key in ipairs(KEYS) do
  full[n] = full[n] + tonumber(ARGV[2 * n - 1])
  redis.call('set', key, string.format('%.0f', full[n]), 'px', math.ceil((full[n] - now) / 1000))
end
return {0, math.floor((now + ARGV[1] + ARGV[2] - full[1]) / ARGV[1])}
";

/// The highest rate, in tokens a second.
pub(crate) const MAX_RATE: u32 = 1_000_000;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    User(Uuid),
    Address(IpAddr),
}

impl Client {
    /// The user who calls, else the address.
    pub(crate) fn of(call: &Call) -> Self {
        match call.counted() {
            Some(user) => Self::User(user.subject),
            None => Self::at(call.address),
        }
    }

    pub(crate) fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }
}

/// One limit, with a bucket for each client.
pub(crate) struct Limit {
    token: Duration,
    pub(crate) burst: u32,
    own: RateLimiter<
        Client,
        DefaultKeyedStateStore<Client>,
        DefaultClock,
        StateInformationMiddleware,
    >,
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
            own: RateLimiter::keyed(quota).with_middleware(),
        })
    }

    /// This limit; the one `before` where it is the same, with its buckets.
    pub(crate) fn or_same(self, before: Option<&Arc<Self>>) -> Arc<Self> {
        let is_same = |it: &&Arc<Self>| (it.token, it.burst) == (self.token, self.burst);
        before
            .filter(is_same)
            .cloned()
            .unwrap_or_else(|| self.into())
    }

    pub(crate) fn forget_idle(&self) {
        self.own.retain_recent();
        self.own.shrink_to_fit();
    }

    /// How long an empty bucket takes to fill.
    pub(crate) fn window(&self) -> Duration {
        self.token.saturating_mul(self.burst)
    }

    /// How long it takes until a bucket with so many tokens is full.
    pub(crate) fn full_in(&self, left: u32) -> Duration {
        self.token.saturating_mul(self.burst.saturating_sub(left))
    }

    /// Takes a token of this process's bucket and says how many are left, or how long to wait for one.
    pub(crate) fn take(&self, client: &Client) -> Result<u32, Duration> {
        let taken = self.own.check_key(client);
        let left = taken.map(|state| state.remaining_burst_capacity());
        left.map_err(|refused| refused.wait_time_from(self.own.clock().now()))
    }
}

/// A bucket without a token.
pub(crate) struct Empty {
    /// Which of those that were asked.
    pub(crate) at: usize,
    /// How long until it has one.
    pub(crate) wait: Duration,
}

/// Buckets that all replicas share.
pub(crate) struct SharedBuckets {
    pub(crate) redis: Redis,
    script: Script,
}

impl SharedBuckets {
    pub(crate) fn new(redis: Redis) -> Self {
        let script = Script::new(TAKE);
        Self { redis, script }
    }

    /// Takes a token of each named limit and says how many the first has left, or which has none.
    pub(crate) async fn take<'a>(
        &self,
        client: &Client,
        limits: impl Iterator<Item = (&'a str, &'a Limit)>,
    ) -> Result<Result<u32, Empty>, Gone> {
        let client = match client {
            Client::User(id) => id.simple().to_string(),
            Client::Address(address) => address.to_string(),
        };
        let mut call = self.script.prepare_invoke();
        for (name, limit) in limits {
            let token = limit.token.as_micros() as u64;
            // The braces keep one client's buckets together on a cluster.
            call.key(format!("throttle:{{{client}}}:{name}"))
                .arg(token)
                .arg(token.saturating_mul(u64::from(limit.burst - 1)));
        }
        Ok(match self.redis.run(&call).await? {
            (0, left) => Ok(left),
            (wait, at) => Err(Empty {
                at: at as usize,
                wait: Duration::from_micros(wait),
            }),
        })
    }
}
