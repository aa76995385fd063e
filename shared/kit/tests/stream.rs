//! Events between processes, on a real Redis.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use kit::{
    events::{Consumer, Event, Publisher, Subscription},
    redis::Redis,
};
use testkit::redis::Server;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Notes what it consumes, and fails where it is told to.
#[derive(Clone, Default)]
struct Notes {
    keys: Arc<Mutex<Vec<String>>>,
    poison: Arc<Mutex<Option<&'static str>>>,
}

#[async_trait]
impl Consumer for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let poison = *self.poison.lock().unwrap();
        if events.iter().any(|event| Some(&*event.key) == poison) {
            return Err("it does not go down".into());
        }
        let keys = events.iter().map(|event| event.key.clone());
        self.keys.lock().unwrap().extend(keys);
        Ok(())
    }
}

impl Notes {
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
        .taking_over_after(Duration::from_millis(200));
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
    let notes = Notes::default();
    let one = subscribe(&redis, &notes);
    let two = subscribe(&redis, &notes);

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
    let stuck = Notes::default();
    *stuck.poison.lock().unwrap() = Some("a");
    let (dead, _) = subscribe(&redis, &stuck);
    tokio::time::sleep(Duration::from_millis(300)).await;
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
    let notes = Notes::default();
    *notes.poison.lock().unwrap() = Some("bad");
    publish(&redis, &["a", "bad", "b"]).await;

    let (task, stop) = subscribe(&redis, &notes);

    assert_eq!(notes.wait_for(2).await, ["a", "b"]);
    let letters = Subscription::dead_letters(&redis, "orders", "catalog", 10);
    let letters = letters.await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].event.key, "bad");
    assert_eq!(letters[0].reason, "it does not go down");

    *notes.poison.lock().unwrap() = None;
    let replayed = Subscription::replay(&redis, "orders", "catalog").await;

    assert_eq!(replayed.unwrap(), 1);
    assert_eq!(notes.wait_for(3).await, ["a", "b", "bad"]);
    let letters = Subscription::dead_letters(&redis, "orders", "catalog", 10);
    assert!(letters.await.unwrap().is_empty());
    stop.cancel();
    task.await.unwrap();
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
