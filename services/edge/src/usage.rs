//! How many requests each member of a plan has made in a day (UTC): in this process, or in Redis for all
//! replicas.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{civil::Date, tz::TimeZone};
use kit::{
    clock::Clock,
    redis::{Gone, Redis},
};
use redis::{Script, cmd};
use uuid::Uuid;

/// How many days are kept.
const DAYS: i64 = 35;

/// In seconds.
const DAY_S: i64 = 24 * 60 * 60;

/// Counts a request of the member `ARGV[1]` unless there were `ARGV[2]` already. How many there are now;
/// -1 for one too many.
const COUNT: &str = r"
local count = redis.call('hincrby', KEYS[1], ARGV[1], 1)
if ARGV[2] ~= '' and count > tonumber(ARGV[2]) then
  redis.call('hincrby', KEYS[1], ARGV[1], -1)
  return -1
end
if count == 1 then redis.call('expire', KEYS[1], ARGV[3]) end
return count
";

/// A day, by its number since 1970.
pub(crate) type Day = i64;

/// The counts. Clones share them.
#[derive(Clone)]
pub(crate) struct Usage {
    own: Arc<Mutex<BTreeMap<Day, HashMap<Uuid, u64>>>>,
    redis: Option<Redis>,
    count: Arc<Script>,
    clock: Clock,
}

/// One request too many.
pub(crate) struct UsedUp;

impl Usage {
    pub(crate) fn new(redis: Option<Redis>, clock: Clock) -> Self {
        Self {
            own: Arc::default(),
            redis,
            count: Arc::new(Script::new(COUNT)),
            clock,
        }
    }

    pub(crate) fn today(&self) -> Day {
        self.clock.now().as_second().div_euclid(DAY_S)
    }

    /// How long today still is.
    pub(crate) fn rest_of_today(&self) -> Duration {
        let rest = DAY_S - self.clock.now().as_second().rem_euclid(DAY_S);
        Duration::from_secs(rest.try_into().unwrap_or_default())
    }

    /// Counts a request in this process; how many this user has made today.
    pub(crate) fn count_here(&self, user: Uuid, most: Option<u64>) -> Result<u64, UsedUp> {
        let today = self.today();
        let mut days = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if !days.contains_key(&today) {
            days.retain(|day, _| *day > today - DAYS);
        }
        let count = days.entry(today).or_default().entry(user).or_default();
        if most.is_some_and(|most| *count >= most) {
            return Err(UsedUp);
        }
        *count += 1;
        Ok(*count)
    }

    /// Counts it for all replicas.
    pub(crate) async fn count_in(
        &self,
        redis: &Redis,
        user: Uuid,
        most: Option<u64>,
    ) -> Result<Result<u64, UsedUp>, Gone> {
        let most = most.map(|most| most.to_string()).unwrap_or_default();
        let mut call = self.count.prepare_invoke();
        call.key(key(self.today())).arg(user.to_string());
        let count: i64 = redis.run(call.arg(most).arg(DAYS * DAY_S)).await?;
        Ok(count.try_into().map_err(|_| UsedUp))
    }

    /// What each member has done on a day, who did most first.
    pub(crate) async fn of(&self, day: Day) -> Result<Vec<(Uuid, u64)>, Gone> {
        let counts: HashMap<Uuid, u64> = match &self.redis {
            Some(redis) => {
                let all = cmd("hgetall").arg(key(day)).to_owned();
                let counts: HashMap<String, u64> = redis.call(&all).await?;
                let counts = counts.into_iter();
                counts
                    .filter_map(|(user, count)| Some((user.parse().ok()?, count)))
                    .collect()
            }
            None => {
                let days = self.own.lock().unwrap_or_else(PoisonError::into_inner);
                days.get(&day).cloned().unwrap_or_default()
            }
        };
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(user, count)| (std::cmp::Reverse(*count), *user));
        Ok(counts)
    }
}

/// The number of this day.
pub(crate) fn day_of(date: Date) -> Day {
    let midnight = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0));
    midnight.map_or(Day::MAX, |it| it.as_second().div_euclid(DAY_S))
}

fn key(day: Day) -> String {
    format!("throttle:usage:{day}")
}
