//! Reads the signature of a request that changes something; answers 403 for one that was used before. Stands
//! inside of the gates: a request that they refuse uses up nothing.
//!
//! With Redis all replicas know the used ones. Without, or while it is gone, each process knows its own:
//! who could copy a request might then carry it out once more at each other replica.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::extract::Request;
use jiff::Timestamp;
use kit::{clock::Clock, http::Problem, identity::MAX_CLOCK_DIFFERENCE_S, redis::Redis};
use sigv4::Refusal;

use crate::{
    call::Call,
    error::signature_refused,
    middleware::{Before, Middleware},
};

/// How many signatures a process remembers. They are good for minutes, and clients are throttled: whoever gets
/// here finds others to blame, and is told to wait.
const MOST: usize = 500_000;

/// Lets every signature pass once.
#[derive(Clone)]
pub(crate) struct Once {
    used: Arc<Mutex<Used>>,
    shared: Option<Redis>,
    clock: Clock,
}

/// Used signatures, and when each is good no longer.
#[derive(Default)]
struct Used {
    until: HashMap<[u8; 32], Timestamp>,
    /// Those that are good no longer are dropped when there are so many.
    full: usize,
}

impl Once {
    pub(crate) fn new(shared: Option<Redis>, clock: Clock) -> Self {
        Self {
            used: Arc::default(),
            shared,
            clock,
        }
    }

    fn use_here(&self, signature: [u8; 32], until: Timestamp) -> Result<(), Problem> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.note(signature, until, self.clock.now())
    }
}

impl Used {
    fn note(
        &mut self,
        signature: [u8; 32],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Problem> {
        if self.until.len() >= self.full {
            self.until.retain(|_, until| *until >= now);
            self.full = (self.until.len() * 2).clamp(1024, MOST);
        }
        if self.until.len() >= MOST {
            return Err(Problem::unavailable());
        }
        match self.until.insert(signature, until) {
            None => Ok(()),
            Some(_) => Err(used_before()),
        }
    }
}

impl Middleware for Once {
    type Kept = ();

    fn before(&self, request: Request) -> Before<()> {
        let Some(signature) = &Call::of(&request).signature else {
            return Before::Pass(request, ());
        };
        let (signature, until) = (signature.signed.signature(), signature.signed.until());
        if let Err(refusal) = self.use_here(signature, until) {
            return Before::Refuse(refusal);
        }
        let Some(redis) = self.shared.clone() else {
            return Before::Pass(request, ());
        };
        Before::Wait(Box::pin(async move {
            use_everywhere(&redis, signature, until).await?;
            Ok((request, ()))
        }))
    }
}

async fn use_everywhere(
    redis: &Redis,
    signature: [u8; 32],
    until: Timestamp,
) -> Result<(), Problem> {
    let key = format!("signature:{}", hex::encode(signature));
    let mut set = redis::cmd("set");
    // By its clock, which may be ahead of ours.
    let forget_at = until.as_second() + MAX_CLOCK_DIFFERENCE_S;
    set.arg(key).arg("").arg("nx").arg("exat").arg(forget_at);
    match redis.call::<Option<String>>(&set).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(used_before()),
        Err(fault) => {
            tracing::debug!(%fault, "this process alone knows this signature");
            Ok(())
        }
    }
}

fn used_before() -> Problem {
    let detail = "This signature was used before. Sign the request anew, a second later or with a header more.";
    signature_refused(Refusal::InvalidSignature(detail))
}
