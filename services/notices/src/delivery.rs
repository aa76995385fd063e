//! How letters leave: what is due is claimed, opened, written and sent, at least once. A process that is
//! killed between the sending and the noting of it sends the letter again, with the same `Message-ID`.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use jiff::SignedDuration;
use kit::clock::Clock;
use metrics::{counter, gauge};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    Error,
    message::Writer,
    store::{Due, Store},
    transport::{Refusal, Transport},
};

/// How many letters are under way at once.
const SENDERS: usize = 4;

/// How long a letter belongs to who claimed it: longer than it may take.
const LEASE: SignedDuration = SignedDuration::from_secs(120);

/// How often a letter is tried: with the pauses between, for a day.
pub const ATTEMPTS: i64 = 30;

/// The pause after the first failure; twice as long each time, with jitter.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// How long to wait when nothing is due, or nothing is taken.
const IDLE: Duration = Duration::from_secs(5);

/// How long a letter that was given up can be sent again. It has a name and an address in it.
const DEAD_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Sends letters. Clones share everything.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) writer: Arc<Writer>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Clock,
    /// Notified of every letter that came in.
    pub(crate) wake: Arc<Notify>,
}

impl Delivery {
    /// There from the start, so that an alert sees the first one too.
    pub(crate) fn describe() {
        for outcome in ["sent", "put_off", "dead"] {
            counter!("notices_letters_total", "outcome" => outcome).increment(0);
        }
    }

    /// Sends letters until `stop`; those under way are finished.
    pub(crate) async fn run(&self, stop: &CancellationToken) {
        let senders = (0..SENDERS).map(|_| self.send_all(stop));
        tokio::join!(join_all(senders), self.look(stop));
    }

    async fn send_all(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(fault) = self.pass(stop).await {
                tracing::warn!(%fault, "letters wait");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.wake.notified() => {}
                () = sleep(IDLE) => {}
            }
        }
    }

    /// Sends what is due, one after the other, until nothing is, or nothing is taken.
    pub(crate) async fn pass(&self, stop: &CancellationToken) -> Result<(), Error> {
        while !stop.is_cancelled() {
            let now = self.clock.now();
            let Some(due) = self.store.claim(now, now + LEASE).await? else {
                break;
            };
            let Err(refusal) = self.send(&due).await else {
                self.store.forget(due.letter.id).await?;
                count("sent");
                continue;
            };
            self.refused(&due, &refusal).await?;
            if matches!(refusal, Refusal::OfAll(_)) {
                break;
            }
        }
        Ok(())
    }

    async fn send(&self, due: &Due) -> Result<(), Refusal> {
        let letter = self.writer.write(&due.letter);
        // Newer keys, or a newer version, may read it.
        let letter = letter.map_err(|reason| Refusal::ForNow(reason.to_owned()))?;
        self.transport.send(due.letter.id, &letter).await
    }

    async fn refused(&self, due: &Due, refusal: &Refusal) -> Result<(), Error> {
        let (Refusal::ForGood(reason) | Refusal::ForNow(reason) | Refusal::OfAll(reason)) = refusal;
        let (id, attempts, now) = (due.letter.id, due.attempts, self.clock.now());
        if matches!(refusal, Refusal::ForGood(_)) || attempts >= ATTEMPTS {
            tracing::error!(%id, attempts, %reason, "a letter is given up");
            self.store.give_up(due, now, reason).await?;
            count("dead");
        } else {
            tracing::warn!(%id, attempts, %reason, "a letter waits");
            self.store
                .put_off(due, now + pause(attempts), reason)
                .await?;
            count("put_off");
        }
        Ok(())
    }

    /// Says how many letters there are, and deletes what was given up long ago.
    async fn look(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(fault) = self.look_once().await {
                tracing::warn!(%fault, "letters are not counted");
            }
            stop.run_until_cancelled(sleep(IDLE)).await;
        }
    }

    pub(crate) async fn look_once(&self) -> Result<(), Error> {
        let now = self.clock.now();
        self.store.bury(now - DEAD_KEPT).await?;
        let count = self.store.count().await?;
        let age = count.oldest.map(|oldest| now.duration_since(oldest));
        let age = age.map_or(0.0, |age| age.as_secs_f64());
        gauge!("notices_waiting_letters").set(count.waiting as f64);
        gauge!("notices_oldest_seconds").set(age.max(0.0));
        gauge!("notices_dead_letters").set(count.dead as f64);
        Ok(())
    }
}

/// The pause after so many attempts, at random between half of it and all.
fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    let pause = FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE);
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}

fn count(outcome: &'static str) {
    counter!("notices_letters_total", "outcome" => outcome).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_differ() {
        for (attempts, longest_s) in [
            (1, 10),
            (2, 20),
            (5, 160),
            (9, 2560),
            (10, 3600),
            (30, 3600),
        ] {
            let pauses: Vec<_> = (0..50).map(|_| pause(attempts)).collect();
            let longest = Duration::from_secs(longest_s);
            assert!(pauses.iter().all(|it| (longest / 2..=longest).contains(it)));
            assert!(pauses.iter().any(|it| *it != pauses[0]));
        }
    }
}
