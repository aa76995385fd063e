//! The events of users that orders has set aside, for whoever runs it: to look at, and to
//! put back once their cause is gone.

use std::error::Error;

use kit::{events::Subscription, program::say, redis::Redis};
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    Config,
    departures::{GROUP, PRODUCER},
};

/// How many are shown at most, the oldest.
const SHOWN: usize = 1000;

/// Prints them, one JSON object a line. Needs a runtime of several threads.
pub fn print(config: &Config) -> Result<(), Box<dyn Error>> {
    let redis = redis(config)?;
    let letters = wait(Subscription::dead_letters(&redis, PRODUCER, GROUP, SHOWN))?;
    for letter in letters {
        say(serde_json::to_string(&letter)?);
    }
    Ok(())
}

/// Puts all of them back into the stream, and says how many. Needs a runtime of several threads.
pub fn replay(config: &Config) -> Result<(), Box<dyn Error>> {
    let redis = redis(config)?;
    let count = wait(Subscription::replay(&redis, PRODUCER, GROUP))?;
    say(format_args!("{count} events are in the stream again"));
    Ok(())
}

fn redis(config: &Config) -> Result<Redis, &'static str> {
    let url = config.redis.as_ref();
    url.map(Redis::new)
        .ok_or("ORDERS__REDIS is not set: there is no stream")
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(work))
}
