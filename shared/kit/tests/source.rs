//! What every source of events guarantees: the same cases for a stream in Redis, and for a topic and a queue of AWS
//! where an emulator is named (`cargo xtask test events-aws`).

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use kit::{
    events::{Consumer, Event, Fault, Publisher, Source, Stream, Unreadable},
    redis::Redis,
};
use testkit::redis::Server;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Two ends: events go in at one and come out at the other.
struct Channel {
    name: &'static str,
    publisher: Arc<dyn Consumer>,
    source: Arc<dyn Source>,
    entrance: Entrance,
}

/// Where something that is no event gets in.
enum Entrance {
    Redis(
        Box<Redis>,
        #[expect(dead_code, reason = "it lives as long")] Server,
    ),
    #[cfg(feature = "aws-events")]
    Queue(testkit::aws::Channel),
}

const ABANDONED: Duration = Duration::from_secs(2);

const PAUSE: Duration = Duration::from_millis(2);

async fn channels() -> Vec<Channel> {
    let server = Server::start();
    let redis = Redis::new(&server.url());
    let stream = Stream::new(redis.clone(), "orders", "catalog")
        .taking_over_after(ABANDONED)
        .trying_again_after(PAUSE);
    #[allow(unused_mut, reason = "where there is no other")]
    let mut channels = vec![Channel {
        name: "redis",
        publisher: Arc::new(Publisher::new(redis.clone(), "orders")),
        source: Arc::new(stream),
        entrance: Entrance::Redis(redis.into(), server),
    }];
    #[cfg(feature = "aws-events")]
    channels.push(on_aws().await);
    channels
}

#[cfg(feature = "aws-events")]
async fn on_aws() -> Channel {
    use kit::events::{QueueArn, TopicArn, aws::Queue, publisher};

    let made = testkit::aws::Channel::new().await;
    let topic = TopicArn::try_from(made.topic.clone()).unwrap();
    let queue = QueueArn::try_from(made.queue.clone()).unwrap();
    let publisher = publisher(None, Some(&topic), "orders").await;
    let queue = Queue::open(&queue).await;
    Channel {
        name: "sqs",
        publisher: publisher.unwrap().unwrap(),
        source: Arc::new(queue.taking_over_after(ABANDONED).trying_again_after(PAUSE)),
        entrance: Entrance::Queue(made),
    }
}

impl Channel {
    /// Publishes an event for each of these: its key, and what it says.
    async fn publish(&self, events: &[(&str, &str)]) {
        let event = |(key, says): &(&str, &str)| {
            Event::new("order.confirmed", key, &serde_json::json!({ "says": says }))
        };
        let events: Vec<_> = events.iter().map(event).collect();
        self.publisher.consume(&events).await.unwrap();
    }

    /// Brings in what is no event.
    async fn bring(&self, nonsense: &str) {
        match &self.entrance {
            Entrance::Redis(redis, _) => {
                let mut add = redis::cmd("xadd");
                add.arg("events:orders").arg("*").arg("body").arg(nonsense);
                redis.call::<()>(&add).await.unwrap();
            }
            #[cfg(feature = "aws-events")]
            Entrance::Queue(queue) => queue.send(nonsense).await,
        }
    }

    fn hear(&self, notes: &Notes) -> (JoinHandle<()>, CancellationToken) {
        let stop = CancellationToken::new();
        let (source, token, consumer) =
            (self.source.clone(), stop.clone(), Arc::new(notes.clone()));
        let task = tokio::spawn(async move { source.run(consumer, token).await });
        (task, stop)
    }
}

async fn end((task, stop): (JoinHandle<()>, CancellationToken)) {
    stop.cancel();
    task.await.unwrap();
}

/// Notes what it consumes, and fails as often as it is told to.
#[derive(Clone, Default)]
struct Notes {
    said: Arc<Mutex<Vec<String>>>,
    poison: Arc<Mutex<HashMap<String, usize>>>,
    hangs: Arc<AtomicBool>,
    called: Arc<AtomicBool>,
}

#[async_trait]
impl Consumer for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        self.called.store(true, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let mut said = Vec::new();
        for event in events {
            let facts: HashMap<String, String> = event.facts().unwrap();
            said.push(facts["says"].clone());
        }
        let mut poison = self.poison.lock().unwrap();
        for said in &said {
            if said == "unreadable" {
                let broken = serde_json::from_str::<u8>("x").unwrap_err();
                return Err(Unreadable::from(broken).into());
            }
            if let Some(left) = poison.get_mut(said).filter(|left| **left > 0) {
                *left -= 1;
                return Err("it does not go down".into());
            }
        }
        self.said.lock().unwrap().extend(said);
        Ok(())
    }
}

impl Notes {
    fn that_fails_over(poison: &[(&str, usize)]) -> Self {
        let notes = Self::default();
        let poison = poison
            .iter()
            .map(|(said, times)| ((*said).to_owned(), *times));
        notes.poison.lock().unwrap().extend(poison);
        notes
    }

    async fn wait_for(&self, count: usize) -> Vec<String> {
        for _ in 0..12_000 {
            let said = self.said.lock().unwrap().clone();
            if said.len() >= count {
                return said;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?} of {count}", self.said.lock().unwrap());
    }
}

fn of<'a>(said: &'a [String], key: &str) -> Vec<&'a str> {
    let said = said.iter().map(String::as_str);
    said.filter(|it| it.starts_with(key)).collect()
}

#[tokio::test]
async fn events_of_a_key_arrive_in_order_whenever_the_consumer_comes() {
    for channel in channels().await {
        channel
            .publish(&[("a", "a1"), ("b", "b1"), ("a", "a2")])
            .await;
        let notes = Notes::default();

        let hearing = channel.hear(&notes);
        notes.wait_for(3).await;
        let many: Vec<_> = (3..30).map(|n| format!("a{n}")).collect();
        let many: Vec<_> = many.iter().map(|it| ("a", it.as_str())).collect();
        channel.publish(&many).await;

        let said = notes.wait_for(30).await;
        let expected: Vec<_> = (1..30).map(|n| format!("a{n}")).collect();
        assert_eq!(of(&said, "a"), expected, "{}", channel.name);
        end(hearing).await;
    }
}

#[tokio::test]
async fn an_event_that_is_published_twice_has_one_id() {
    for channel in channels().await {
        let event = Event::new("order.confirmed", "a", &serde_json::json!({ "says": "a1" }));
        let twice = [event.clone(), event];
        channel.publisher.consume(&twice).await.unwrap();
        let notes = Notes::default();

        let hearing = channel.hear(&notes);

        // Once or twice: the consumer counts by the id.
        notes.wait_for(1).await;
        end(hearing).await;
    }
}

#[tokio::test]
async fn a_later_event_does_not_overtake_one_that_failed() {
    for channel in channels().await {
        let notes = Notes::that_fails_over(&[("a1", 3)]);
        channel
            .publish(&[("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3")])
            .await;

        let hearing = channel.hear(&notes);

        let said = notes.wait_for(4).await;
        assert_eq!(of(&said, "a"), ["a1", "a2", "a3"], "{}", channel.name);
        end(hearing).await;
    }
}

#[tokio::test]
async fn what_a_dead_process_had_taken_is_taken_over() {
    for channel in channels().await {
        channel.publish(&[("a", "a1")]).await;
        let stuck = Notes::default();
        stuck.hangs.store(true, Ordering::SeqCst);
        let (dead, _) = channel.hear(&stuck);
        while !stuck.called.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        dead.abort();

        let notes = Notes::default();
        let hearing = channel.hear(&notes);

        assert_eq!(notes.wait_for(1).await, ["a1"], "{}", channel.name);
        end(hearing).await;
    }
}

#[tokio::test]
async fn what_fails_again_and_again_is_set_aside_and_comes_back_by_a_replay() {
    for channel in channels().await {
        let notes = Notes::that_fails_over(&[("bad", usize::MAX)]);
        channel
            .publish(&[("a", "a1"), ("bad", "bad"), ("b", "b1"), ("bad", "bad too")])
            .await;
        let hearing = channel.hear(&notes);
        notes.wait_for(3).await;

        let letters = channel.source.dead_letters(10).await.unwrap();
        assert_eq!(letters.len(), 1, "{}: {letters:?}", channel.name);
        assert_eq!(letters[0].event.as_ref().unwrap().key, "bad");
        assert_eq!(letters[0].reason, "it does not go down");
        notes.poison.lock().unwrap().clear();
        assert_eq!(channel.source.replay().await.unwrap(), 1);

        let said = notes.wait_for(4).await;
        assert_eq!(of(&said, "bad"), ["bad too", "bad"], "{}", channel.name);
        assert!(channel.source.dead_letters(10).await.unwrap().is_empty());
        end(hearing).await;
    }
}

#[tokio::test]
async fn what_can_never_be_read_is_set_aside_at_once_and_nonsense_stays_so() {
    for channel in channels().await {
        let notes = Notes::default();
        channel.bring("nonsense").await;
        channel
            .publish(&[("a", "unreadable"), ("a", "a1"), ("b", "b1")])
            .await;

        let hearing = channel.hear(&notes);

        notes.wait_for(2).await;
        let letters = channel.source.dead_letters(10).await.unwrap();
        let nonsense = letters
            .iter()
            .find(|letter| letter.event.is_none())
            .unwrap();
        assert_eq!(letters.len(), 2, "{}: {letters:?}", channel.name);
        assert_eq!(nonsense.fields["body"], "nonsense");
        assert_eq!(nonsense.reason, "it is not an event");
        // It is set aside again at once.
        assert_eq!(channel.source.replay().await.unwrap(), 1);
        end(hearing).await;
    }
}

#[tokio::test]
async fn two_processes_share_the_events() {
    for channel in channels().await {
        let notes = Notes::default();
        let (one, two) = (channel.hear(&notes), channel.hear(&notes));
        let many: Vec<_> = (0..60)
            .map(|n| (n.to_string(), format!("it {n:02}")))
            .collect();
        let events: Vec<_> = many.iter().map(|(key, it)| (&**key, &**it)).collect();
        channel.publish(&events).await;

        let mut said = notes.wait_for(60).await;
        said.sort();
        let all: Vec<_> = many.iter().map(|(_, it)| it.clone()).collect();
        assert_eq!(said, all, "{}", channel.name);
        end(one).await;
        end(two).await;
    }
}

#[cfg(feature = "aws-events")]
#[tokio::test]
async fn a_topic_that_is_not_there_fails_the_publisher_and_the_relay_keeps_the_event() {
    let topic = "arn:aws:sns:us-east-1:000000000000:nobody.fifo".to_owned();
    let topic = topic.try_into().unwrap();
    let publisher = kit::events::publisher(None, Some(&topic), "orders").await;
    let event = Event::new("order.confirmed", "a", &serde_json::json!({ "says": "a1" }));

    let lost = publisher.unwrap().unwrap().consume(&[event]).await;

    assert!(lost.unwrap_err().to_string().contains("NotFound"));
}
