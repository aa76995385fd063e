//! The letters that an account's owner gets, read as `notices` reads them.

use std::sync::Arc;

use async_trait::async_trait;
use kit::{
    events::{Consumer, Event, Fault},
    seal::SealingKey,
};
use serde_json::Value;
use tokio::{
    sync::mpsc::{self, UnboundedReceiver},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use users::AppState;

use crate::app::{LETTER_KEY, TestApp};

/// All letters of an app, in order.
pub(crate) struct Letters {
    events: UnboundedReceiver<Event>,
    stop: CancellationToken,
    relay: JoinHandle<()>,
}

struct Told(mpsc::UnboundedSender<Event>);

#[async_trait]
impl Consumer for Told {
    fn name(&self) -> &'static str {
        "a test"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        for event in events {
            self.0.send(event.clone())?;
        }
        Ok(())
    }
}

impl Letters {
    pub(crate) fn of(app: &TestApp) -> Self {
        Self::from(&app.state)
    }

    pub(crate) fn from(state: &AppState) -> Self {
        let (tell, events) = mpsc::unbounded_channel();
        let consumer: Arc<dyn Consumer> = Arc::new(Told(tell));
        let stop = CancellationToken::new();
        Self {
            events,
            relay: state.spawn_background(stop.clone(), vec![consumer]),
            stop,
        }
    }

    /// The next event; a letter opened, and for anything else its topic.
    pub(crate) async fn next(&mut self) -> Value {
        let event = self.events.recv().await.unwrap();
        if event.topic != users::letter::TOPIC {
            return event.topic.into();
        }
        opened(&event.facts().unwrap())
    }

    /// Fails when there was one more.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        self.relay.await.unwrap();
        assert!(self.events.try_recv().is_err(), "one letter too many");
    }
}

/// What the letters are that wait to be sent, in order.
pub(crate) fn waiting(app: &TestApp) -> Vec<String> {
    let database = rusqlite::Connection::open(&app.database).unwrap();
    let sql = "select payload from outbox where topic = ?1 order by id";
    let mut letters = database.prepare(sql).unwrap();
    let letters = letters.query_map([users::letter::TOPIC], |row| row.get(0));
    let kind = |facts: String| {
        let facts: Value = facts.parse().unwrap();
        let letter = opened(&facts);
        letter["kind"].as_str().unwrap().to_owned()
    };
    letters.unwrap().map(|facts| kind(facts.unwrap())).collect()
}

fn opened(facts: &Value) -> Value {
    let key = SealingKey::new(&LETTER_KEY.into(), "letters").unwrap();
    let letter = key.open(facts["sealed"].as_str().unwrap()).unwrap();
    serde_json::from_slice(&letter).unwrap()
}
