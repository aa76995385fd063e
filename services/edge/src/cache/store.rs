//! All kept answers of all operations, within so many bytes, and the fetches under way.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use foldhash::fast::RandomState;
use moka::{Expiry, sync::Cache as Moka};

use super::{
    flights::{Departure, Flights, Landed},
    kept::Kept,
    tags::Tags,
};

/// The store. Which answers give way to others is for their use to say (TinyLFU), so that nobody pushes
/// out what many ask for by asking for much else once.
pub(crate) struct Store {
    kept: Moka<Arc<[u8]>, Arc<Kept>, RandomState>,
    pub(crate) flights: Flights,
    pub(crate) tags: Arc<Tags>,
}

impl Store {
    pub(crate) fn new(bytes: u64) -> Self {
        Self {
            kept: Moka::builder()
                .max_capacity(bytes)
                .weigher(|key: &Arc<[u8]>, kept: &Arc<Kept>| kept.weight(key))
                .expire_after(Lifetimes)
                .build_with_hasher(RandomState::default()),
            flights: Flights::default(),
            tags: Arc::default(),
        }
    }

    /// How many answers are kept, and their bytes.
    pub(crate) fn size(&self) -> (u64, u64) {
        (self.kept.entry_count(), self.kept.weighted_size())
    }

    /// What is kept under this key, of this generation.
    pub(crate) fn find(&self, key: &[u8], generation: u64) -> Option<Arc<Kept>> {
        let kept = self.kept.get(key);
        kept.filter(|kept| kept.generation == generation)
    }

    /// Ends a fetch; what it came to is kept unless a later fetch has replaced it.
    pub(crate) fn land(&self, departure: Departure, landed: Landed) {
        let kept = match &landed {
            Landed::Kept(kept) => Some(kept.clone()),
            Landed::Failed(_) | Landed::Alone => None,
        };
        self.flights.land(departure, landed, |key| {
            if let Some(kept) = kept {
                self.kept.insert(key, kept);
            }
        });
    }
}

/// What is good for nothing any more makes room.
struct Lifetimes;

impl Expiry<Arc<[u8]>, Arc<Kept>> for Lifetimes {
    fn expire_after_create(&self, _: &Arc<[u8]>, kept: &Arc<Kept>, _: Instant) -> Option<Duration> {
        Some(kept.lifetime.whole())
    }

    fn expire_after_update(
        &self,
        key: &Arc<[u8]>,
        kept: &Arc<Kept>,
        at: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, kept, at)
    }
}
