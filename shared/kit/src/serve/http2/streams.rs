//! The streams of one connection: each runs as a task, as long as its client takes what it is sent.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, ready},
    time::Duration,
};

use hyper::rt::Executor;
use tokio::{
    task_local,
    time::{Instant, sleep, sleep_until},
};

task_local! {
    /// Since when this task's client has taken nothing of what is there for it.
    pub(super) static WAITING: Cell<Option<Instant>>;
}

/// Runs them, and knows whether there are any.
#[derive(Clone)]
pub(super) struct Streams {
    state: Arc<Mutex<State>>,
    /// How long a client may take nothing.
    write: Duration,
}

struct State {
    open: usize,
    /// Whether there has been one.
    begun: bool,
    /// When the last of them ended, or the connection began.
    quiet_since: Instant,
}

impl Streams {
    pub(super) fn new(write: Duration) -> Self {
        let state = State {
            open: 0,
            begun: false,
            quiet_since: Instant::now(),
        };
        let state = Arc::new(Mutex::new(state));
        Self { state, write }
    }

    /// Resolves when there has been none for so long: `first` before the first one, `later` after it.
    pub(super) async fn idle(&self, first: Duration, later: Duration) {
        loop {
            let until = {
                let state = self.state();
                let time = if state.begun { later } else { first };
                let now = Instant::now();
                match state.open {
                    0 if state.quiet_since + time <= now => return,
                    0 => state.quiet_since + time,
                    _ => now + time,
                }
            };
            sleep_until(until).await;
        }
    }

    fn open(&self) -> Open {
        let mut state = self.state();
        state.open += 1;
        state.begun = true;
        Open(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them, until it is dropped.
struct Open(Streams);

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.open -= 1;
        state.quiet_since = Instant::now();
    }
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        let (open, write) = (self.open(), self.write);
        let until_given_up = async move {
            let _open = open;
            let (mut stream, mut patience) = (pin!(stream), pin!(sleep(write)));
            // One that is dropped before its end is reset.
            poll_fn(|context| {
                if stream.as_mut().poll(context).is_ready() {
                    return Poll::Ready(());
                }
                let Some(since) = WAITING.with(Cell::get) else {
                    return Poll::Pending;
                };
                patience.as_mut().reset(since + write);
                ready!(patience.as_mut().poll(context));
                Poll::Ready(())
            })
            .await;
        };
        tokio::spawn(WAITING.scope(Cell::new(None), until_given_up));
    }
}
