//! Events between processes, on a real Redis.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    collections::HashMap,
    error::Error,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::SignedDuration;
use kit::{
    events::{Consumer, Event, Publisher, Subscription, Tail},
    redis::Redis,
};
use testkit::redis::Server;
use tokio::{sync::Barrier, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Notes what it consumes, and fails where it is told to.
#[derive(Clone, Default)]
struct Notes {
    keys: Arc<Mutex<Vec<String>>>,
    /// How often it fails over the event of a key.
    poison: Arc<Mutex<HashMap<&'static str, usize>>>,
    panics: bool,
    calls: Arc<AtomicUsize>,
    /// Where it waits, at its first call, for others that consume at the same time.
    meeting: Option<Arc<Barrier>>,
}

#[async_trait]
impl Consumer for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let first = self.calls.fetch_add(1, Ordering::SeqCst) == 0;
        if let Some(meeting) = self.meeting.as_ref().filter(|_| first) {
            meeting.wait().await;
        }
        for event in events {
            let left = self.poison.lock().unwrap().get(&*event.key).copied();
            if let Some((key, left)) = left.filter(|left| *left > 0).map(|it| (&event.key, it)) {
                *self.poison.lock().unwrap().get_mut(&**key).unwrap() = left - 1;
                assert!(!self.panics, "it chokes");
                return Err("it does not go down".into());
            }
        }
        let keys = events.iter().map(|event| event.key.clone());
        self.keys.lock().unwrap().extend(keys);
        Ok(())
    }
}

impl Notes {
    /// One that fails over the event of each key so often.
    fn that_fails_over(poison: &[(&'static str, usize)]) -> Self {
        let notes = Self::default();
        notes.poison.lock().unwrap().extend(poison.iter().copied());
        notes
    }

    fn taken(&self) -> Vec<String> {
        self.keys.lock().unwrap().clone()
    }

    /// Waits until so many have been consumed.
    async fn wait_for(&self, count: usize) -> Vec<String> {
        for _ in 0..3000 {
            if self.taken().len() >= count {
                return self.taken();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?} of {count}", self.taken());
    }
}

fn event(key: &str) -> Event {
    Event::new("order.confirmed", key, &serde_json::json!({ "key": key }))
}

async fn publish(redis: &Redis, keys: &[&str]) {
    let events: Vec<Event> = keys.iter().map(|key| event(key)).collect();
    let publisher = Publisher::new(redis.clone(), "orders");
    publisher.consume(&events).await.unwrap();
}

fn subscribe(redis: &Redis, notes: &Notes) -> (JoinHandle<()>, CancellationToken) {
    let stop = CancellationToken::new();
    let consumer = Arc::new(notes.clone());
    let subscription = Subscription::new(redis.clone(), "orders", "catalog", consumer)
        .taking_over_after(Duration::from_millis(200))
        .trying_again_after(Duration::from_millis(2));
    (tokio::spawn(subscription.run(stop.clone())), stop)
}

#[tokio::test]
async fn events_arrive_in_order_whenever_the_consumer_comes() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    publish(&redis, &["a", "b"]).await;
    let notes = Notes::default();

    let (task, stop) = subscribe(&redis, &notes);
    notes.wait_for(2).await;
    publish(&redis, &["c"]).await;

    assert_eq!(notes.wait_for(3).await, ["a", "b", "c"]);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn two_processes_of_a_group_share_the_events() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    // Neither goes on before the other has taken something as well.
    let notes = Notes {
        meeting: Some(Arc::new(Barrier::new(2))),
        ..Notes::default()
    };
    let (one, two) = (
        notes.clone(),
        Notes {
            calls: Arc::default(),
            ..notes.clone()
        },
    );
    let one = subscribe(&redis, &one);
    let two = subscribe(&redis, &two);

    let keys: Vec<String> = (0..200).map(|n| format!("{n:03}")).collect();
    publish(&redis, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await;

    let mut taken = notes.wait_for(200).await;
    taken.sort();
    assert_eq!(taken, keys);
    for (task, stop) in [one, two] {
        stop.cancel();
        task.await.unwrap();
    }
    assert_eq!(notes.taken().len(), 200, "one was consumed twice");
}

#[tokio::test]
async fn what_a_dead_process_had_taken_is_taken_over() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    publish(&redis, &["a"]).await;
    let stuck = Notes {
        meeting: Some(Arc::new(Barrier::new(2))),
        ..Notes::default()
    };
    let (dead, _) = subscribe(&redis, &stuck);
    while stuck.calls.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    dead.abort();

    let notes = Notes::default();
    let (task, stop) = subscribe(&redis, &notes);

    assert_eq!(notes.wait_for(1).await, ["a"]);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn what_fails_again_and_again_is_set_aside_and_can_be_replayed() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    let notes = Notes::that_fails_over(&[("bad", usize::MAX)]);
    publish(&redis, &["a", "bad", "b"]).await;

    let (task, stop) = subscribe(&redis, &notes);

    assert_eq!(notes.wait_for(2).await, ["a", "b"]);
    let letters = Subscription::dead_letters(&redis, "orders", "catalog", 10);
    let letters = letters.await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].event.as_ref().unwrap().key, "bad");
    assert_eq!(letters[0].reason, "it does not go down");

    notes.poison.lock().unwrap().clear();
    let replayed = Subscription::replay(&redis, "orders", "catalog").await;

    assert_eq!(replayed.unwrap(), 1);
    assert_eq!(notes.wait_for(3).await, ["a", "b", "bad"]);
    let letters = Subscription::dead_letters(&redis, "orders", "catalog", 10);
    assert!(letters.await.unwrap().is_empty());
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn only_what_was_tried_is_set_aside_in_an_outage_of_the_consumer() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    let notes = Notes::that_fails_over(&[("a", usize::MAX), ("b", 5), ("c", 2)]);
    publish(&redis, &["a", "b", "c", "d"]).await;

    let (task, stop) = subscribe(&redis, &notes);

    assert_eq!(notes.wait_for(3).await, ["b", "c", "d"]);
    assert_eq!(set_aside(&redis).await, ["a"]);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn what_is_no_event_is_set_aside_as_it_is() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    let notes = Notes::default();
    let mut add = redis::cmd("xadd");
    add.arg("events:orders").arg("*").arg("key").arg("nonsense");
    redis.call::<()>(&add).await.unwrap();
    publish(&redis, &["a"]).await;

    let (task, stop) = subscribe(&redis, &notes);

    assert_eq!(notes.wait_for(1).await, ["a"]);
    let letters = Subscription::dead_letters(&redis, "orders", "catalog", 10);
    let letters = letters.await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].event.is_none());
    assert_eq!(letters[0].fields["key"], "nonsense");
    assert_eq!(letters[0].reason, "it is not an event");
    let replayed = Subscription::replay(&redis, "orders", "catalog").await;
    assert_eq!(replayed.unwrap(), 0);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn a_consumer_that_panics_is_tried_again() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    let notes = Notes {
        panics: true,
        ..Notes::that_fails_over(&[("a", 3)])
    };
    publish(&redis, &["a", "b"]).await;

    let (task, stop) = subscribe(&redis, &notes);

    assert_eq!(notes.wait_for(2).await, ["a", "b"]);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn who_stops_leaves_the_group_unless_events_are_pending() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    let (idle, busy) = (
        Notes::default(),
        Notes::that_fails_over(&[("a", usize::MAX)]),
    );
    let (task, stop) = subscribe(&redis, &idle);
    while processes(&redis).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    task.await.unwrap();
    assert_eq!(processes(&redis).await, 0);

    let server = Server::start();
    let redis = Redis::new(&server.url());
    publish(&redis, &["a"]).await;
    let (task, stop) = subscribe(&redis, &busy);
    while busy.calls.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    task.await.unwrap();

    assert_eq!(processes(&redis).await, 1);
    assert!(set_aside(&redis).await.is_empty());
}

/// How many processes the group lists.
async fn processes(redis: &Redis) -> usize {
    let mut info = redis::cmd("xinfo");
    info.arg("consumers").arg("events:orders").arg("catalog");
    redis
        .call::<Vec<redis::Value>>(&info)
        .await
        .map_or(0, |listed| listed.len())
}

/// The keys of the events that were set aside.
async fn set_aside(redis: &Redis) -> Vec<String> {
    let letters = Subscription::dead_letters(redis, "orders", "catalog", 10);
    let events = letters.await.unwrap().into_iter();
    events.map(|letter| letter.event.unwrap().key).collect()
}

#[tokio::test]
async fn a_blocking_call_without_an_answer_ends() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    let mut wait = redis::cmd("blpop");
    wait.arg("nothing").arg(0);

    let blocking = redis.for_blocking_calls(Duration::from_millis(100));
    let call = blocking.call::<redis::Value>(&wait);
    let ended = tokio::time::timeout(Duration::from_secs(10), call).await;

    assert!(ended.unwrap().is_err());
}

#[tokio::test]
async fn a_restart_of_redis_fails_the_publisher_and_then_goes_on() {
    let mut server = Server::start();
    let redis = Redis::new(&server.url());
    let notes = Notes::default();
    let (task, stop) = subscribe(&redis, &notes);
    publish(&redis, &["a"]).await;
    notes.wait_for(1).await;
    server.stop();
    let publisher = Publisher::new(redis.clone(), "orders");

    let lost = publisher.consume(&[event("b")]).await;

    // The relay keeps the event and comes again.
    assert!(lost.is_err());
    server.restart();
    while publisher.consume(&[event("b")]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(notes.wait_for(2).await, ["a", "b"]);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn a_tail_brings_each_process_everything_since_then_also_what_it_could_not_take_at_first() {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    publish(&redis, &["before"]).await;
    let stop = CancellationToken::new();
    let all = [Notes::that_fails_over(&[("later", 1)]), Notes::default()];
    let tails = all.each_ref().map(|notes| {
        let minute = SignedDuration::from_mins(1);
        let tail = Tail::new(&redis, "orders", minute, Arc::new(notes.clone()));
        tokio::spawn(tail.run(stop.clone()))
    });
    for notes in &all {
        notes.wait_for(1).await;
    }

    publish(&redis, &["later"]).await;

    for notes in &all {
        assert_eq!(notes.wait_for(2).await, ["before", "later"]);
    }
    stop.cancel();
    for tail in tails {
        tail.await.unwrap();
    }
}
