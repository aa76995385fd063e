//! What other services are told, and when.

use std::sync::{Arc, Mutex};

use kit::events::{Consumer, Event, Fault};
use tokio_util::sync::CancellationToken;

use super::*;

testkit::on_every_adapter!(
    a_token_that_is_used_again_leaves_an_event_and_a_rotation_none,
    events_come_to_every_consumer_in_order_as_soon_as_they_are_there,
);

/// Remembers the topics that it is told, and says when there are so many.
struct Told(Mutex<Vec<String>>, usize, CancellationToken);

#[async_trait::async_trait]
impl Consumer for Told {
    fn name(&self) -> &'static str {
        "a test"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        let mut topics = self.0.lock().unwrap();
        topics.extend(events.iter().map(|event| event.topic.clone()));
        if topics.len() == self.1 {
            self.2.cancel();
        }
        Ok(())
    }
}

/// The first so many topics that the store's relay carries to two consumers.
pub(crate) async fn told(store: &dyn Store, number: usize) -> [Vec<String>; 2] {
    let consumers =
        [(); 2].map(|()| Arc::new(Told(Mutex::default(), number, CancellationToken::new())));
    let all = consumers.iter().map(|it| it.clone() as Arc<dyn Consumer>);
    let stop = CancellationToken::new();
    let relay = tokio::spawn(store.relay(all.collect()).run(stop.clone()));
    for consumer in &consumers {
        consumer.2.cancelled().await;
    }
    stop.cancel();
    relay.await.unwrap();
    consumers.map(|it| it.0.lock().unwrap().clone())
}

async fn a_token_that_is_used_again_leaves_an_event_and_a_rotation_none(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let first = begin(&*store, &rose, 60).await;
    let now = Timestamp::now();
    let later = now + GRACE + GRACE;
    next(rotate(&*store, &first, now).await);
    next(rotate(&*store, &first, now).await);

    let reused = rotate(&*store, &first, later).await;
    let again = rotate(&*store, &first, later).await;

    assert!(matches!(reused, Rotation::Reused));
    assert!(matches!(again, Rotation::Unknown));
    let end = Event::new("end", rose.id, &());
    store.append_events(&[end]).await.unwrap();
    let topic = format!("told {}", rose.id);
    for told in told(&*store, 3).await {
        let ended = users::session::ENDED.to_owned();
        assert_eq!(told, [ended, topic.clone(), "end".to_owned()]);
    }
}

async fn events_come_to_every_consumer_in_order_as_soon_as_they_are_there(store: Box<dyn Store>) {
    let event = |topic: &str| Event::new(topic, "key", &());
    store.append_events(&[]).await.unwrap();
    store
        .append_events(&[event("1"), event("2")])
        .await
        .unwrap();
    let append = async {
        // The relay is at rest by now, or will find it.
        store.append_events(&[event("3")]).await.unwrap();
    };

    let (told, ()) = tokio::join!(told(&*store, 3), append);

    for told in told {
        assert_eq!(told, ["1", "2", "3"]);
    }
}
