//! Answers kept ready to send: in this process, or in Redis for all replicas. A write makes all of
//! them unfindable at once by raising the generation that each was made in, so an answer never
//! outlives what it was made from.
//!
//! Who keeps answers outside of the catalog, as the edge does, is told to forget them after that: in this
//! process by a call, between processes over Redis.
//!
//! While Redis is gone every answer is made anew. A write that could not raise the generation has it
//! raised before this replica uses Redis again. Other replicas may meanwhile serve what they find
//! there for [`LIFE_S`] at most.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    body::Bytes,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use kit::{
    http::ETag,
    purge::{self, Forget},
    redis::{Gone, Redis},
};
use metrics::{Counter, counter};
use moka::sync::Cache;
use redis::Script;
use serde::Serialize;

use crate::store::OnCommit;

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

/// Raises the generation, and then has everybody forget what they keep. A server that lets this service
/// publish nothing has no listeners either.
const RAISE: &str = r"
redis.call('incr', KEYS[1])
redis.pcall('publish', ARGV[1], ARGV[2])
";

/// The tag of all that the catalog answers: `tags` in `x-edge.cache` of its operations.
const TAG: &str = "products";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A JSON body and its tag, which is made once for all who ask.
#[derive(Clone)]
pub(crate) struct Answer {
    body: Bytes,
    tag: ETag,
}

impl Answer {
    pub(crate) fn new(body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("an answer is plain data");
        let tag = ETag::of(&body);
        let body = body.into();
        Self { body, tag }
    }

    pub(crate) fn tag(&self) -> ETag {
        self.tag
    }

    /// As Redis keeps it: the tag in eight bytes before the body.
    fn pack(&self) -> Vec<u8> {
        [&self.tag.0.to_be_bytes(), &*self.body].concat()
    }

    fn unpack(packed: Vec<u8>) -> Option<Self> {
        let packed = Bytes::from(packed);
        let tag = u64::from_be_bytes(packed.get(..8)?.try_into().ok()?);
        // An older version, which may run beside this one, keeps some answers without a tag.
        (tag != 0).then(|| Self {
            body: packed.slice(8..),
            tag: ETag(tag),
        })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (self.tag, [(header::CONTENT_TYPE, JSON)], self.body).into_response()
    }
}

/// Kept answers, each by its question: the path and query that it answers. Clones share them.
#[derive(Clone)]
pub(crate) enum Answers {
    /// In this process.
    Own(Arc<Own>),
    /// In Redis.
    Shared(Arc<Shared>),
}

pub(crate) struct Own {
    generation: AtomicU64,
    kept: Cache<String, (u64, Answer)>,
    found: Found,
    /// Who else in this process keeps answers.
    forget: OnceLock<Arc<Forget>>,
}

pub(crate) struct Shared {
    redis: Redis,
    look_up: Script,
    raise: Script,
    /// Whether a write of this process could not raise the generation.
    is_behind: AtomicBool,
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
        let weigh = |question: &String, (_, answer): &(u64, Answer)| {
            u32::try_from(question.len() + answer.body.len() + 128).unwrap_or(u32::MAX)
        };
        Self::Own(Arc::new(Own {
            generation: AtomicU64::new(0),
            kept: Cache::builder()
                .max_capacity(MAX_BYTES)
                .time_to_live(Duration::from_secs(LIFE_S))
                .weigher(weigh)
                .build(),
            found: Found::new(),
            forget: OnceLock::new(),
        }))
    }

    /// In Redis, for all replicas.
    pub(crate) fn shared(redis: Redis) -> Self {
        Self::Shared(Arc::new(Shared {
            redis,
            look_up: Script::new(LOOK_UP),
            raise: Script::new(RAISE),
            is_behind: AtomicBool::new(false),
            found: Found::new(),
        }))
    }

    /// Has `forget` called by every write, once; who listens to Redis is told there.
    pub(crate) fn also_forgotten_by(&self, forget: Arc<Forget>) {
        if let Self::Own(own) = self {
            own.forget.get_or_init(|| forget);
        }
    }

    /// The kept answer to this question, or the one that `make` makes now.
    pub(crate) async fn get_or<E>(
        &self,
        question: &str,
        make: impl AsyncFnOnce() -> Result<Answer, E>,
    ) -> Result<Answer, E> {
        // The generation is read before the data is: a write in between leaves this answer under
        // the old number.
        match self {
            Self::Own(own) => {
                let generation = own.generation.load(Ordering::Acquire);
                let kept = own.kept.get(question);
                if let Some((_, answer)) = kept.filter(|(made_in, _)| *made_in == generation) {
                    own.found.hits.increment(1);
                    return Ok(answer);
                }
                own.found.misses.increment(1);
                let answer = make().await?;
                own.kept
                    .insert(question.to_owned(), (generation, answer.clone()));
                Ok(answer)
            }
            Self::Shared(shared) => match shared.find(question).await {
                Ok((_, Some(answer))) => {
                    shared.found.hits.increment(1);
                    Ok(answer)
                }
                Ok((generation, None)) => {
                    shared.found.misses.increment(1);
                    let answer = make().await?;
                    shared.keep(&generation, question, &answer).await;
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
}

/// A write makes every answer unfindable.
#[async_trait]
impl OnCommit for Answers {
    async fn committed(&self) {
        match self {
            Self::Own(own) => {
                own.generation.fetch_add(1, Ordering::AcqRel);
                own.forget.get().inspect(|forget| forget(Some(TAG)));
            }
            Self::Shared(shared) => {
                if let Err(fault) = shared.raise().await {
                    shared.is_behind.store(true, Ordering::Release);
                    tracing::debug!(%fault, "kept answers are forgotten later");
                }
            }
        }
    }
}

impl Shared {
    async fn find(&self, question: &str) -> Result<(String, Option<Answer>), Gone> {
        if self.is_behind.load(Ordering::Acquire) {
            // It stays behind until this is done: whoever asks may go away meanwhile.
            self.raise().await?;
            self.is_behind.store(false, Ordering::Release);
        }
        let mut call = self.look_up.prepare_invoke();
        let found = self.redis.run(call.key(GENERATION).arg(question));
        let (generation, kept): (String, Option<Vec<u8>>) = found.await?;
        Ok((generation, kept.and_then(Answer::unpack)))
    }

    async fn keep(&self, generation: &str, question: &str, answer: &Answer) {
        let mut set = redis::cmd("set");
        set.arg(format!("{{catalog}}:answer:{generation}:{question}"));
        set.arg(answer.pack()).arg("ex").arg(LIFE_S);
        // One that cannot be kept is made again.
        let _ = self.redis.call::<()>(&set).await;
    }

    async fn raise(&self) -> Result<(), Gone> {
        let mut raise = self.raise.key(GENERATION);
        let raise = raise.arg(purge::CHANNEL).arg(TAG);
        self.redis.run(raise).await
    }
}
