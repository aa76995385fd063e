//! Answers kept ready to send: in this process, or in Redis for all replicas. A write makes all of
//! them unfindable at once by raising the generation that is part of every key, so an answer never
//! outlives what it was made from.
//!
//! While Redis is gone every answer is made anew. A write that could not raise the generation does
//! so before this replica uses Redis again; other replicas may meanwhile serve what they find there
//! for [`LIFE_S`] at most.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use kit::redis::{Gone, Redis};
use metrics::{Counter, counter};
use moka::sync::Cache;
use redis::Script;

/// How many bytes of answers are kept in this process.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// How long an answer is kept that nothing made unfindable, in seconds: another replica may have
/// changed what it was made from, and its write may have been unable to say so.
const LIFE_S: u64 = 30;

/// Where Redis has the generation; the braces keep all keys together on a cluster.
const GENERATION: &str = "{catalog}:generation";

/// The generation, and the answer of it to the question `ARGV[1]` if there is one.
const LOOK_UP: &str = r"
local generation = redis.call('get', KEYS[1]) or '0'
return {generation, redis.call('get', '{catalog}:answer:' .. generation .. ':' .. ARGV[1])}
";

/// An answer's body and version.
type Answer = (Bytes, i64);

/// Answers by generation and question. Clones share them.
#[derive(Clone)]
pub(crate) enum Answers {
    /// In this process.
    Own(Arc<Own>),
    /// In Redis.
    Shared(Arc<Shared>),
}

pub(crate) struct Own {
    generation: AtomicU64,
    kept: Cache<(u64, String), Answer>,
    found: Found,
}

pub(crate) struct Shared {
    redis: Redis,
    look_up: Script,
    /// How many writes could not raise the generation.
    owed: AtomicU64,
    /// How many of them it was raised for since.
    settled: AtomicU64,
    found: Found,
}

/// How often an answer was kept already.
struct Found {
    hits: Counter,
    misses: Counter,
}

impl Found {
    fn new() -> Self {
        Self {
            hits: counter!("catalog_answers_total", "found" => "hit"),
            misses: counter!("catalog_answers_total", "found" => "miss"),
        }
    }
}

impl Answers {
    /// In this process alone.
    pub(crate) fn own() -> Self {
        let weigh = |key: &(u64, String), answer: &Answer| {
            u32::try_from(key.1.len() + answer.0.len() + 128).unwrap_or(u32::MAX)
        };
        Self::Own(Arc::new(Own {
            generation: AtomicU64::new(0),
            kept: Cache::builder()
                .max_capacity(MAX_BYTES)
                .time_to_live(Duration::from_secs(LIFE_S))
                .weigher(weigh)
                .build(),
            found: Found::new(),
        }))
    }

    /// In Redis, for all replicas.
    pub(crate) fn shared(redis: Redis) -> Self {
        Self::Shared(Arc::new(Shared {
            redis,
            look_up: Script::new(LOOK_UP),
            owed: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            found: Found::new(),
        }))
    }

    /// The kept answer to this question and its version, or the one that `make` makes now.
    pub(crate) async fn get_or<E>(
        &self,
        question: String,
        make: impl AsyncFnOnce() -> Result<Answer, E>,
    ) -> Result<Answer, E> {
        // The generation is read before the data is: a write in between leaves this answer under
        // the old number.
        match self {
            Self::Own(own) => {
                let key = (own.generation.load(Ordering::Acquire), question);
                if let Some(answer) = own.kept.get(&key) {
                    own.found.hits.increment(1);
                    return Ok(answer);
                }
                own.found.misses.increment(1);
                let answer = make().await?;
                own.kept.insert(key, answer.clone());
                Ok(answer)
            }
            Self::Shared(shared) => match shared.find(&question).await {
                Ok((_, Some(answer))) => {
                    shared.found.hits.increment(1);
                    Ok(answer)
                }
                Ok((generation, None)) => {
                    shared.found.misses.increment(1);
                    let answer = make().await?;
                    shared.keep(&generation, &question, &answer).await;
                    Ok(answer)
                }
                Err(fault) => {
                    tracing::debug!(%fault, "the answer is made anew");
                    shared.found.misses.increment(1);
                    make().await
                }
            },
        }
    }

    /// Forgets every answer; to be called after a write has committed, before it is acknowledged. In
    /// Redis a write raises the generation itself, whatever others owe and are about to raise.
    pub(crate) async fn forget(&self) {
        match self {
            Self::Own(own) => {
                own.generation.fetch_add(1, Ordering::AcqRel);
            }
            Self::Shared(shared) => {
                if let Err(fault) = shared.raise().await {
                    shared.owed.fetch_add(1, Ordering::AcqRel);
                    tracing::debug!(%fault, "kept answers are forgotten later");
                }
            }
        }
    }
}

impl Shared {
    async fn find(&self, question: &str) -> Result<(String, Option<Answer>), Gone> {
        self.settle().await?;
        let mut call = self.look_up.prepare_invoke();
        let found = self.redis.run(call.key(GENERATION).arg(question));
        let (generation, kept): (String, Option<Vec<u8>>) = found.await?;
        Ok((generation, kept.and_then(unpack)))
    }

    async fn keep(&self, generation: &str, question: &str, (body, version): &Answer) {
        let mut packed = version.to_be_bytes().to_vec();
        packed.extend_from_slice(body);
        let mut set = redis::cmd("set");
        set.arg(format!("{{catalog}}:answer:{generation}:{question}"));
        // One that cannot be kept is made again.
        let _ = self
            .redis
            .call::<()>(set.arg(packed).arg("ex").arg(LIFE_S))
            .await;
    }

    /// Raises the generation for the writes of this process that could not. They stay owed until it
    /// is raised: whoever does it may be given up meanwhile.
    async fn settle(&self) -> Result<(), Gone> {
        let owed = self.owed.load(Ordering::Acquire);
        if self.settled.load(Ordering::Acquire) < owed {
            self.raise().await?;
            self.settled.fetch_max(owed, Ordering::AcqRel);
        }
        Ok(())
    }

    async fn raise(&self) -> Result<(), Gone> {
        let raise = redis::cmd("incr").arg(GENERATION).to_owned();
        self.redis.call::<u64>(&raise).await.map(drop)
    }
}

fn unpack(packed: Vec<u8>) -> Option<Answer> {
    let packed = Bytes::from(packed);
    let version = i64::from_be_bytes(packed.get(..8)?.try_into().ok()?);
    Some((packed.slice(8..), version))
}

#[cfg(test)]
mod tests {
    use std::{
        net::TcpListener,
        pin::pin,
        task::{Context, Waker},
    };

    use super::*;

    #[tokio::test]
    async fn what_a_reader_who_goes_away_was_about_to_settle_is_still_owed() {
        // It takes connections and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("redis://{}/0", silent.local_addr().unwrap());
        let redis = Redis::new(&address.try_into().unwrap());
        let Answers::Shared(shared) = Answers::shared(redis) else {
            unreachable!()
        };
        shared.owed.fetch_add(1, Ordering::AcqRel);

        {
            let mut settling = pin!(shared.settle());
            let begun = settling
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(begun.is_pending());
        }

        let settled = shared.settled.load(Ordering::Acquire);
        assert!(settled < shared.owed.load(Ordering::Acquire));
    }
}
