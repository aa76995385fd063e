//! Clients take turns. What a page costs is processor time, and one client can ask for thousands at
//! once, over hundreds of connections: without turns everybody else waits behind all of them.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
};

use kit::serve::network;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::yield_now,
};

/// How many requests of one client are worked on at a time: as many as a browser has connections to a
/// host. More wait.
const AT_ONCE: usize = 6;

/// How many queues there are. Clients whose addresses fall on the same one share its turns, which
/// costs them nothing unless one of them floods.
const QUEUES: usize = 1024;

/// The queues of all clients.
pub(crate) struct Turns {
    queues: Box<[Semaphore]>,
    /// Random, so that nobody can choose whose queue is shared.
    hasher: RandomState,
}

impl Turns {
    pub(crate) fn new() -> Self {
        Self {
            queues: (0..QUEUES).map(|_| Semaphore::new(AT_ONCE)).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Waits for a turn of this client, and then for what else is ready to run. It lasts until the
    /// permit is dropped.
    pub(crate) async fn take(&self, client: IpAddr) -> Option<SemaphorePermit<'_>> {
        let queue = self.hasher.hash_one(network(client)) as usize % QUEUES;
        let turn = self.queues[queue].acquire().await.ok();
        // Files are held in memory, so an answer is made without waiting for anything, and a
        // connection with many requests would run on and on.
        yield_now().await;
        turn
    }
}
