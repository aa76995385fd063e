//! What all clients have in common and none may have alone: each holds so much of it at once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How much each key holds.
#[derive(Debug)]
pub struct Shares<K> {
    most: usize,
    held: Mutex<HashMap<K, usize, foldhash::fast::RandomState>>,
}

/// One of a key's shares, until it is dropped.
#[derive(Debug)]
pub struct Share<K: Copy + Eq + Hash> {
    of: Arc<Shares<K>>,
    key: K,
}

impl<K: Copy + Eq + Hash> Shares<K> {
    /// Each key holds `most` at once.
    pub fn new(most: usize) -> Arc<Self> {
        let held = Mutex::default();
        Arc::new(Self { most, held })
    }

    /// One more for `key`; none when it holds the most.
    pub fn take(self: &Arc<Self>, key: K) -> Option<Share<K>> {
        let mut all = self.held();
        let held = all.get(&key).copied().unwrap_or_default();
        if held >= self.most {
            return None;
        }
        all.insert(key, held + 1);
        let of = self.clone();
        Some(Share { of, key })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<K, usize, foldhash::fast::RandomState>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut all = self.of.held();
        match all.get_mut(&self.key) {
            Some(held) if *held > 1 => *held -= 1,
            // Keys come without end: those that hold nothing are forgotten.
            _ => drop(all.remove(&self.key)),
        }
    }
}
