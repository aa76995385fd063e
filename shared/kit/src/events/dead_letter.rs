//! Events that were set aside: to look at, and to put back.

use std::collections::BTreeMap;

use redis::{
    Cmd,
    streams::{StreamId, StreamRangeReply},
};
use serde::Serialize;

use super::{
    Event,
    stream::{Subscription, dead_letters_of, fields, read_event, stream_of, texts},
};
use crate::redis::{Gone, Redis};

/// An event that was set aside, and why.
#[derive(Debug, Serialize)]
pub struct DeadLetter {
    /// Its place among the dead letters.
    pub place: String,
    /// The event; none where it was not one.
    pub event: Option<Event>,
    /// What the stream had in place of an event.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// What the consumer said the last time.
    pub reason: String,
}

impl Subscription {
    /// The events of `service` that `group` has set aside, oldest first, at most `limit`.
    pub async fn dead_letters(
        redis: &Redis,
        service: &str,
        group: &str,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, Gone> {
        let dead = dead_letters_of(&stream_of(service), group);
        let range = Cmd::xrange_count(dead, "-", "+", limit);
        let reply: StreamRangeReply = redis.call(&range).await?;
        Ok(reply.ids.iter().map(letter).collect())
    }

    /// Puts every event that `group` has set aside back into the stream; how many there were. Every
    /// group of the stream sees them again, and counts them once by their ids. What is no event
    /// stays set aside.
    pub async fn replay(redis: &Redis, service: &str, group: &str) -> Result<usize, Gone> {
        let stream = stream_of(service);
        let dead = dead_letters_of(&stream, group);
        let letters = Self::dead_letters(redis, service, group, usize::MAX >> 1).await?;
        let mut replayed = 0;
        for letter in &letters {
            let Some(event) = &letter.event else {
                continue;
            };
            let add = Cmd::xadd(&stream, "*", &fields(event));
            redis.call::<()>(&add).await?;
            let delete = Cmd::xdel(&dead, &[&letter.place]);
            redis.call::<()>(&delete).await?;
            replayed += 1;
        }
        Ok(replayed)
    }
}

fn letter(entry: &StreamId) -> DeadLetter {
    let event = read_event(entry);
    let fields = match event {
        Some(_) => BTreeMap::new(),
        None => texts(entry)
            .into_iter()
            .filter(|(name, _)| *name != "reason")
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    };
    DeadLetter {
        place: entry.id.clone(),
        event,
        fields,
        reason: entry.get("reason").unwrap_or_default(),
    }
}
