//! Answers kept in memory, ready to send. A write makes all of them unfindable at once by raising
//! the generation that is part of every key, so an answer never outlives what it was made from.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::body::Bytes;
use metrics::{Counter, counter};
use moka::sync::Cache;

/// How many bytes of answers are kept.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Answers by generation and question.
#[derive(Clone)]
pub(crate) struct Answers {
    generation: Arc<AtomicU64>,
    kept: Cache<(u64, String), (Bytes, i64)>,
    hits: Counter,
    misses: Counter,
}

impl Answers {
    pub(crate) fn new() -> Self {
        let weigh = |key: &(u64, String), answer: &(Bytes, i64)| {
            u32::try_from(key.1.len() + answer.0.len() + 128).unwrap_or(u32::MAX)
        };
        Self {
            generation: Arc::default(),
            kept: Cache::builder()
                .max_capacity(MAX_BYTES)
                .weigher(weigh)
                .build(),
            hits: counter!("catalog_answers_total", "found" => "hit"),
            misses: counter!("catalog_answers_total", "found" => "miss"),
        }
    }

    /// The kept answer to this question and its version, or the one that `make` makes now.
    pub(crate) fn get_or<E>(
        &self,
        question: String,
        make: impl FnOnce() -> Result<(Bytes, i64), E>,
    ) -> Result<(Bytes, i64), E> {
        // Read before the data is: a write in between leaves this answer under the old number.
        let key = (self.generation.load(Ordering::Acquire), question);
        if let Some(answer) = self.kept.get(&key) {
            self.hits.increment(1);
            return Ok(answer);
        }
        self.misses.increment(1);
        let answer = make()?;
        self.kept.insert(key, answer.clone());
        Ok(answer)
    }

    /// Forgets every answer; to be called after a write has committed, before it is acknowledged.
    pub(crate) fn forget(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }
}
