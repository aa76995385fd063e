//! Fetches under way, each of which is one for all who ask the same meanwhile.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{FutureExt, future::Shared};
use kit::http::Problem;
use tokio::sync::oneshot;

use super::kept::Kept;

/// What a fetch came to, for those who waited for it.
#[derive(Clone)]
pub(crate) enum Landed {
    /// It is kept.
    Kept(Arc<Kept>),
    /// It failed, and would fail again.
    Failed(Problem),
    /// It is for one alone: each asks for themselves.
    Alone,
}

/// Where to wait for a fetch. It fails when the fetch ended without a word.
pub(crate) type Landing = Shared<oneshot::Receiver<Landed>>;

/// All fetches under way, by the key of what they fetch.
#[derive(Default)]
pub(crate) struct Flights(Mutex<Board>);

#[derive(Default)]
struct Board {
    by_key: HashMap<Arc<[u8]>, Flight>,
    started: u64,
}

struct Flight {
    number: u64,
    generation: u64,
    landing: Landing,
}

/// A fetch that somebody has to make.
pub(crate) struct Departure {
    key: Arc<[u8]>,
    number: u64,
    tell: oneshot::Sender<Landed>,
}

impl Flights {
    /// The fetch of this generation that is under way, or the duty to make one. With `anew` it is never
    /// one that began before: then, and when what it fetches has changed since, the later replaces it.
    pub(crate) fn board(
        &self,
        key: &[u8],
        generation: u64,
        anew: bool,
    ) -> Result<Landing, Departure> {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = board.by_key.get(key)
            && flight.generation == generation
            && !anew
        {
            return Ok(flight.landing.clone());
        }
        board.started += 1;
        let (number, key) = (board.started, Arc::<[u8]>::from(key));
        let (tell, landing) = oneshot::channel();
        let flight = Flight {
            number,
            generation,
            landing: landing.shared(),
        };
        board.by_key.insert(key.clone(), flight);
        Err(Departure { key, number, tell })
    }

    /// Ends a fetch. `keep` is called unless a later one has replaced it.
    pub(crate) fn land(&self, departure: Departure, landed: Landed, keep: impl FnOnce(Arc<[u8]>)) {
        let Departure { key, number, tell } = departure;
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if board
            .by_key
            .get(&key)
            .is_some_and(|last| last.number == number)
        {
            board.by_key.remove(&key);
            keep(key);
        }
        drop(board);
        // That nobody waits is no fault.
        let _ = tell.send(landed);
    }
}
