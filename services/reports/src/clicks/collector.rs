//! Collects clicks in memory and writes a file of them from time to time: many small files would be slow to read.
//! What waits is written at the stop. When the files cannot be written, what has been collected waits for them, and
//! what comes meanwhile is lost once the queue is full.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{Span, Timestamp, tz::TimeZone};
use kit::events::Fault;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Clicks, Outcome, count, files};
use crate::{click::Click, files::Files};

/// How long clicks are collected for one file.
const COLLECT: Duration = Duration::from_secs(30);

/// How many of them at most.
const MAX_CLICKS: usize = 10_000;

/// How many requests' clicks wait.
const QUEUE: usize = 1_000;

/// How long it waits before it tries again what failed.
const RETRY: Duration = Duration::from_secs(5);

/// How often old days are looked for.
const LOOK: Duration = Duration::from_secs(3_600);

/// Collects for some files.
pub(crate) struct Collector {
    files: Arc<dyn Files>,
    /// How many days are kept.
    days: u16,
    queue: Sender<Vec<Click>>,
    /// For the one task that writes.
    waiting: Mutex<Option<Receiver<Vec<Click>>>>,
}

#[async_trait]
impl Clicks for Collector {
    async fn take(&self, _: Uuid, clicks: Vec<Click>) -> Result<(), Fault> {
        let queued = self.queue.try_send(clicks);
        queued.map_err(|_| "too many wait, or the process ends".into())
    }
}

impl Collector {
    pub(crate) fn new(files: Arc<dyn Files>, days: u16) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        Self {
            files,
            days,
            queue,
            waiting: Mutex::new(Some(waiting)),
        }
    }

    /// Writes until `stop`. A second call does nothing.
    pub(crate) async fn run(&self, stop: CancellationToken) {
        let waiting = self.waiting.lock().expect("nobody panics here").take();
        let Some(mut waiting) = waiting else {
            return;
        };
        let mut looked: Option<Instant> = None;
        while !stop.is_cancelled() {
            if looked.is_none_or(|at| at.elapsed() > LOOK) {
                looked = Some(Instant::now());
                self.forget().await;
            }
            let clicks = collect(&mut waiting, &stop).await;
            self.write(&clicks, &stop).await;
        }
        waiting.close();
        let mut rest = Vec::new();
        while let Some(clicks) = waiting.recv().await {
            rest.extend(clicks);
        }
        self.write(&rest, &stop).await;
    }

    /// Writes, again and again until it has or until `stop`.
    async fn write(&self, clicks: &[Click], stop: &CancellationToken) {
        // The same at every attempt, so that what was written is not written twice.
        let name = Uuid::now_v7().to_string();
        while let Err(fault) = files::write(&*self.files, &name, clicks).await {
            tracing::warn!(%fault, "clicks cannot be written");
            if stop.run_until_cancelled(sleep(RETRY)).await.is_none() {
                return count(Outcome::Lost, clicks.len());
            }
        }
    }

    async fn forget(&self) {
        let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
        let oldest = today.saturating_sub(Span::new().days(self.days));
        if let Err(fault) = self.files.forget_before(oldest).await {
            tracing::warn!(%fault, "old clicks stay");
        }
    }
}

/// What comes within the time of a file, or until `stop`.
async fn collect(waiting: &mut Receiver<Vec<Click>>, stop: &CancellationToken) -> Vec<Click> {
    let mut collected = Vec::new();
    let until = Instant::now() + COLLECT;
    while collected.len() < MAX_CLICKS {
        let next = timeout_at(until, waiting.recv());
        match stop.run_until_cancelled(next).await {
            Some(Ok(Some(clicks))) => collected.extend(clicks),
            Some(Ok(None) | Err(_)) | None => break,
        }
    }
    collected
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use jiff::{SignedDuration, civil::Date};

    use super::*;
    use crate::{Error, click::Seen};

    /// Files that cannot be written so many times.
    #[derive(Default)]
    struct Away {
        times: usize,
        tried: AtomicUsize,
        written: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl Files for Away {
        async fn write(&self, path: &str, _: Vec<u8>) -> Result<(), Error> {
            if self.tried.fetch_add(1, SeqCst) < self.times {
                return Err(Error::Unavailable("it is away".into()));
            }
            self.written.lock().unwrap().push(path.to_owned());
            Ok(())
        }

        async fn list(&self) -> Result<Vec<String>, Error> {
            Ok(Vec::new())
        }

        async fn delete(&self, _: &[String]) -> Result<(), Error> {
            Ok(())
        }

        async fn forget_before(&self, _: Date) -> Result<(), Error> {
            Ok(())
        }
    }

    fn click() -> Click {
        let visit = Uuid::new_v4();
        let page = "/".to_owned();
        Click::new(
            Seen::Page { visit, page },
            Timestamp::now(),
            SignedDuration::ZERO,
        )
    }

    /// Files that are away so many times, and who writes them until the token says.
    fn collecting(times: usize) -> (Arc<Away>, Arc<Collector>, CancellationToken) {
        let files = Arc::new(Away {
            times,
            ..Away::default()
        });
        let collector = Arc::new(Collector::new(files.clone(), 90));
        let stop = CancellationToken::new();
        let (own, until) = (collector.clone(), stop.clone());
        tokio::spawn(async move { own.run(until).await });
        (files, collector, stop)
    }

    #[tokio::test(start_paused = true)]
    async fn clicks_of_half_a_minute_are_one_file() {
        let (files, collector, _stop) = collecting(0);

        for _ in 0..5 {
            collector.take(Uuid::new_v4(), vec![click()]).await.unwrap();
            sleep(Duration::from_secs(5)).await;
        }

        assert_eq!(files.tried.load(SeqCst), 0);
        sleep(COLLECT).await;
        assert_eq!(files.written.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_collected_waits_for_files_that_are_away() {
        let (files, collector, _stop) = collecting(3);
        collector.take(Uuid::new_v4(), vec![click()]).await.unwrap();

        sleep(COLLECT + 4 * RETRY).await;

        assert_eq!(files.tried.load(SeqCst), 4);
        assert_eq!(files.written.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn files_that_stay_away_hold_up_nobody_and_no_stop() {
        let (files, collector, stop) = collecting(usize::MAX);
        collector.take(Uuid::new_v4(), vec![click()]).await.unwrap();
        sleep(COLLECT + RETRY).await;

        for _ in 0..QUEUE {
            collector.take(Uuid::new_v4(), vec![click()]).await.unwrap();
        }

        assert!(collector.take(Uuid::new_v4(), vec![click()]).await.is_err());
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(1), collector.queue.closed())
            .await
            .unwrap();
        assert!(files.written.lock().unwrap().is_empty());
    }
}
