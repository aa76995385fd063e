//! How many streams of events one user may have open in this process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

/// More than anybody has pages open; each stream holds a connection.
const MAX: usize = 20;

/// The open streams of each user. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<Uuid, usize>>>);

/// A stream that is open until this is dropped.
pub(crate) struct Open {
    streams: Streams,
    user_id: Uuid,
}

impl Streams {
    /// Opens one more; none when the user has as many as one may have.
    pub(crate) fn open(&self, user_id: Uuid) -> Option<Open> {
        let mut streams = self.of_users();
        let open = streams.entry(user_id).or_default();
        if *open == MAX {
            return None;
        }
        *open += 1;
        Some(Open {
            streams: self.clone(),
            user_id,
        })
    }

    fn of_users(&self) -> MutexGuard<'_, HashMap<Uuid, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut streams = self.streams.of_users();
        if let Some(open) = streams.get_mut(&self.user_id) {
            *open -= 1;
            if *open == 0 {
                streams.remove(&self.user_id);
            }
        }
    }
}
