//! Something that a provider publishes, kept for some minutes. One request at a time fetches it, the others wait
//! for that one. While the provider is gone, what is known of it is good.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, time::Instant};

use super::Fault;

/// How old it may become.
const OLD: Duration = Duration::from_secs(5 * 60);

/// How long the provider is left alone after it failed to renew it, and where nothing is known yet.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// How often it may be fetched before it is old.
const REFETCH: Duration = Duration::from_secs(5);

/// A `T` that a provider publishes.
pub(super) struct Kept<T>(Mutex<State<T>>);

struct State<T> {
    known: Option<Arc<T>>,
    /// When it may be fetched next.
    next: Option<Instant>,
    fetched: Option<Instant>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(State {
            known: None,
            next: None,
            fetched: None,
        }))
    }
}

impl<T> Kept<T> {
    /// What is known, or else what is fetched.
    pub(super) async fn get(
        &self,
        fetch: impl Future<Output = Result<T, Fault>>,
    ) -> Result<Arc<T>, Fault> {
        let mut state = self.0.lock().await;
        let is_young = state.next.is_some_and(|next| Instant::now() < next);
        match state.known.clone() {
            Some(known) if is_young => Ok(known),
            None if is_young => Err("it has just failed".into()),
            Some(known) => {
                let fetched = state.fetch(RENEWAL_PAUSE, fetch).await;
                Ok(fetched.unwrap_or_else(|fault| {
                    tracing::warn!(%fault, "what is known of a provider is not renewed");
                    known
                }))
            }
            None => state.fetch(PAUSE, fetch).await,
        }
    }

    /// Something newer than this, which lacks something; the same where it has just been fetched.
    pub(super) async fn newer(
        &self,
        than: &Arc<T>,
        fetch: impl Future<Output = Result<T, Fault>>,
    ) -> Result<Arc<T>, Fault> {
        let mut state = self.0.lock().await;
        if let Some(known) = &state.known
            && !Arc::ptr_eq(known, than)
        {
            return Ok(known.clone());
        }
        let is_young = |at: Instant| at.elapsed() < REFETCH;
        match state.fetched.is_some_and(is_young) {
            true => Ok(than.clone()),
            false => state.fetch(RENEWAL_PAUSE, fetch).await,
        }
    }
}

impl<T> State<T> {
    async fn fetch(
        &mut self,
        pause: Duration,
        fetch: impl Future<Output = Result<T, Fault>>,
    ) -> Result<Arc<T>, Fault> {
        // Before the answer as well: who hangs up meanwhile does not spare anybody the pause.
        self.next = Some(Instant::now() + pause);
        self.fetched = Some(Instant::now());
        let fetched = fetch.await;
        // After it, because a failure may take longer than the pause: who waited does not ask in turn.
        self.next = Some(Instant::now() + if fetched.is_ok() { OLD } else { pause });
        let fetched = Arc::new(fetched?);
        self.known = Some(fetched.clone());
        Ok(fetched)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use futures::future::join_all;
    use tokio::time::advance;

    use super::*;

    /// Counts how often it is asked, and answers that, or nothing while it is gone.
    #[derive(Default)]
    struct Source {
        asked: AtomicU32,
        gone: std::sync::atomic::AtomicBool,
    }

    impl Source {
        async fn fetch(&self) -> Result<u32, Fault> {
            let asked = self.asked.fetch_add(1, Relaxed) + 1;
            tokio::time::sleep(Duration::from_secs(3)).await;
            match self.gone.load(Relaxed) {
                true => Err("gone".into()),
                false => Ok(asked),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_at_once_fetch_once_and_it_is_good_while_the_provider_is_gone() {
        let (kept, source) = (Kept::default(), Source::default());

        let all = join_all((0..100).map(|_| kept.get(source.fetch()))).await;
        assert!(all.into_iter().all(|it| *it.unwrap() == 1));

        source.gone.store(true, Relaxed);
        advance(OLD).await;
        for _ in 0..3 {
            assert_eq!(*kept.get(source.fetch()).await.unwrap(), 1);
        }
        assert_eq!(source.asked.load(Relaxed), 2, "it is left alone");
        source.gone.store(false, Relaxed);
        advance(RENEWAL_PAUSE).await;
        assert_eq!(*kept.get(source.fetch()).await.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_is_known_a_failure_is_remembered_for_a_moment() {
        let (kept, source) = (Kept::default(), Source::default());
        source.gone.store(true, Relaxed);

        let all = join_all((0..100).map(|_| kept.get(source.fetch()))).await;

        assert!(all.into_iter().all(|it| it.is_err()));
        assert_eq!(source.asked.load(Relaxed), 1);
        source.gone.store(false, Relaxed);
        advance(PAUSE).await;
        assert_eq!(*kept.get(source.fetch()).await.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_lacks_something_is_fetched_again_but_not_at_once() {
        let (kept, source) = (Kept::default(), Source::default());
        let first = kept.get(source.fetch()).await.unwrap();

        assert_eq!(*kept.newer(&first, source.fetch()).await.unwrap(), 1);
        advance(REFETCH).await;
        let both = [
            kept.newer(&first, source.fetch()),
            kept.newer(&first, source.fetch()),
        ];
        let both = join_all(both).await;

        assert!(both.into_iter().all(|it| *it.unwrap() == 2));
        assert_eq!(source.asked.load(Relaxed), 2);
    }
}
