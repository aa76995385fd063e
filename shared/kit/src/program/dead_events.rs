//! What a consumer's program does with the events that it has set aside, for whoever runs it: shows them, and
//! puts them back once their cause is gone. Both need a runtime of several threads.

use std::error::Error;

use super::{say, wait};
use crate::{
    events::Subscription,
    redis::{Redis, RedisUrl},
};

/// How many are shown at most, the oldest.
const SHOWN: usize = 1000;

/// Prints the events of `service` that `group` has set aside, one JSON object a line.
pub fn print_dead_events(
    redis: Option<&RedisUrl>,
    service: &str,
    group: &str,
) -> Result<(), Box<dyn Error>> {
    let redis = opened(redis)?;
    let events = wait(Subscription::dead_letters(&redis, service, group, SHOWN))?;
    for event in events {
        say(serde_json::to_string(&event)?);
    }
    Ok(())
}

/// Puts all of them back into the stream, and says how many.
pub fn replay_dead_events(
    redis: Option<&RedisUrl>,
    service: &str,
    group: &str,
) -> Result<(), Box<dyn Error>> {
    let redis = opened(redis)?;
    let count = wait(Subscription::replay(&redis, service, group))?;
    say(format_args!("{count} events are in the stream again"));
    Ok(())
}

fn opened(redis: Option<&RedisUrl>) -> Result<Redis, &'static str> {
    redis
        .map(Redis::new)
        .ok_or("redis is not set: there is no stream")
}
