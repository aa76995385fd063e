//! The service under test, with a database of its own and a transport that remembers.

use std::sync::{Arc, Mutex};

use kit::{clock::Clock, events::Event, seal::SealingKey, store::StoreUrl};
use lettre::Message;
use notices::{
    AppState, Config,
    store::{Store, sqlite::SqliteStore},
    transport::{Refusal, Transport},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::service::{Service, invoke_key};
use uuid::Uuid;

/// The key of letters.
pub(crate) const KEY: &str = "a-key-of-letters-for-tests-alone";

/// Takes letters, or refuses them as it is told to.
#[derive(Default)]
pub(crate) struct Post {
    pub(crate) refusal: Mutex<Option<Refusal>>,
    pub(crate) taken: Mutex<Vec<String>>,
    pub(crate) asked: Mutex<usize>,
}

impl Post {
    /// Says this from now on.
    pub(crate) fn refuse(&self, refusal: impl Into<Option<Refusal>>) {
        *self.refusal.lock().unwrap() = refusal.into();
    }

    /// How often it was asked since the last time.
    pub(crate) fn asked(&self) -> usize {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The letters that it has taken since the last time.
    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

#[async_trait::async_trait]
impl Transport for Post {
    async fn send(&self, _: Uuid, letter: &Message) -> Result<(), Refusal> {
        *self.asked.lock().unwrap() += 1;
        if let Some(refusal) = self.refusal.lock().unwrap().clone() {
            return Err(refusal);
        }
        let letter = String::from_utf8(letter.formatted()).unwrap();
        self.taken.lock().unwrap().push(letter);
        Ok(())
    }
}

pub(crate) struct TestApp {
    pub(crate) state: AppState,
    pub(crate) post: Arc<Post>,
    pub(crate) clock: Clock,
    pub(crate) store: SqliteStore,
    pub(crate) service: Service,
    _folder: TempDir,
}

/// The shipped settings with data in this folder, and a key for tests.
pub(crate) fn config(folder: &TempDir) -> Config {
    let path = |name: &str| folder.path().join(name);
    Config {
        store: StoreUrl::Sqlite(path("notices.db")),
        invoke_keys: vec![invoke_key()],
        letter_keys: vec![KEY.into()],
        mail: notices::MailUrl::Folder(path("outbox")),
        ..Config::default()
    }
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (post, clock) = (Arc::new(Post::default()), Clock::adjustable());
        let state = notices::connect_to(&config(&folder), post.clone()).await;
        let state = state.unwrap().with_clock(clock.clone());
        Self {
            service: Service::new("notices", notices::app(state.clone())),
            state,
            store: SqliteStore::open(&folder.path().join("notices.db")).unwrap(),
            post,
            clock,
            _folder: folder,
        }
    }

    /// Takes this event in.
    pub(crate) async fn hear(&self, event: &Event) {
        let events = std::slice::from_ref(event);
        self.state.consumer().consume(events).await.unwrap();
    }

    /// Takes this letter in and sends it. As it was sent.
    pub(crate) async fn sent(&self, letter: &Value) -> String {
        self.hear(&event(letter)).await;
        self.state.deliver().await.unwrap();
        let mut taken = self.post.taken();
        assert_eq!(taken.len(), 1, "{letter}");
        taken.remove(0)
    }

    /// Sends what is due. How many were sent.
    pub(crate) async fn deliver(&self) -> usize {
        self.state.deliver().await.unwrap();
        self.post.taken().len()
    }

    /// Why letters were given up.
    pub(crate) async fn dead(&self) -> Vec<String> {
        let dead = self.store.dead(10).await.unwrap();
        dead.into_iter().map(|dead| dead.reason).collect()
    }
}

/// A letter to Rose.
pub(crate) fn letter(kind: &str) -> Value {
    json!({ "to": "rose@garden.example", "name": "Rose", "kind": kind })
}

/// The event by which users tell of this letter.
pub(crate) fn event(letter: &Value) -> Event {
    let key = SealingKey::new(&KEY.into(), "letters").unwrap();
    let sealed = key.seal(letter.to_string());
    Event::new("letter", Uuid::now_v7(), &json!({ "sealed": sealed }))
}
