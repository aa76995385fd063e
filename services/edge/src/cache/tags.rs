//! Tags of what kept answers are made of. Each has a number that rises whenever it is named: an answer
//! is good while the numbers of its tags are those from before it was fetched. So to forget costs the
//! same however much is kept, and a fetch that was under way meanwhile is forgotten too.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use kit::{purge::CHANNEL, redis::Redis};
use tokio::time::sleep;

/// How long to wait for Redis to come back.
const PAUSE: Duration = Duration::from_secs(1);

/// All tags of all operations.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    by_name: RwLock<HashMap<Arc<str>, Arc<AtomicU64>>>,
    /// Whether somebody names them.
    are_heard: AtomicBool,
}

/// The tags of one operation.
#[derive(Clone, Debug)]
pub(crate) struct Tagged {
    all: Arc<Tags>,
    own: Arc<[Arc<AtomicU64>]>,
}

impl Tags {
    /// Those with these names.
    pub(crate) fn of(self: &Arc<Self>, names: &[Arc<str>]) -> Tagged {
        let known = self.by_name.write();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        let own = names.iter();
        let own = own.map(|name| known.entry(name.clone()).or_default().clone());
        Tagged {
            own: own.collect(),
            all: self.clone(),
        }
    }

    /// Forgets what has this tag, or with `None` what has any.
    pub(crate) fn forget(&self, tag: Option<&str>) {
        let known = self.by_name.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        match tag {
            // A name that is no operation's stands for nothing.
            Some(tag) => known.get(tag).into_iter().for_each(raise),
            None => known.values().for_each(raise),
        }
    }

    /// Somebody names tags from now on.
    pub(crate) fn hear(&self) {
        self.forget(None);
        self.are_heard.store(true, Ordering::Release);
    }

    /// Forgets what services of other processes name. While they cannot be heard nothing that has a tag
    /// is answered from what is kept: it might have changed.
    pub(crate) async fn listen(&self, redis: &Redis) {
        loop {
            let gone = redis.listen(CHANNEL, |tag| match tag {
                Some(tag) => self.forget(Some(tag)),
                None => self.hear(),
            });
            let fault = gone.await;
            self.are_heard.store(false, Ordering::Release);
            tracing::warn!(%fault, "answers that services may change are not kept");
            sleep(PAUSE).await;
        }
    }
}

impl Tagged {
    /// The generation of what is fetched now; none while nobody would say that it has changed.
    pub(crate) fn generation(&self) -> Option<u64> {
        let is_known = self.own.is_empty() || self.all.are_heard.load(Ordering::Acquire);
        // Numbers only rise, so no other numbers have the same sum later.
        is_known.then(|| self.own.iter().map(|tag| tag.load(Ordering::Acquire)).sum())
    }

    pub(crate) fn forget(&self) {
        self.own.iter().for_each(raise);
    }
}

fn raise(tag: &Arc<AtomicU64>) {
    tag.fetch_add(1, Ordering::AcqRel);
}
