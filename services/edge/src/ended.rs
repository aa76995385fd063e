//! Sessions that have ended before their access tokens have: what belongs to one is refused at once. The users
//! tell of them by events; each edge listens to all.

use async_trait::async_trait;
use jiff::SignedDuration;
use kit::events::{Consumer, Event, Fault};
use moka::sync::Cache;
use serde::Deserialize;
use uuid::Uuid;

/// The service that tells.
pub(crate) const SERVICE: &str = "users";

/// What it says when a session has ended.
const TOPIC: &str = "session.ended";

/// For how long a token may live on: a quarter of an hour, and some minutes for clocks that differ.
pub(crate) const REMEMBERED: SignedDuration = SignedDuration::from_mins(20);

/// How many are remembered at most: more than end in that time.
const MOST: u64 = 1_000_000;

/// The sessions that ended a short while ago.
pub(crate) struct Ended(Cache<Uuid, ()>);

#[derive(Deserialize)]
struct Facts {
    session: Uuid,
}

impl Ended {
    pub(crate) fn new() -> Self {
        let builder = Cache::builder().max_capacity(MOST);
        Self(builder.time_to_live(REMEMBERED.unsigned_abs()).build())
    }

    /// Whether it is one of them.
    pub(crate) fn has(&self, session: Option<Uuid>) -> bool {
        session.is_some_and(|session| self.0.contains_key(&session))
    }
}

#[async_trait]
impl Consumer for Ended {
    fn name(&self) -> &'static str {
        "ended sessions"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        for event in events.iter().filter(|event| event.topic == TOPIC) {
            self.0.insert(event.facts::<Facts>()?.session, ());
        }
        Ok(())
    }
}
