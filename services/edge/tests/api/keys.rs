//! A fake `users`, which publishes the issuer's keys.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use crate::{tokens::Issuer, world::Fake};

/// The keys that the fake `users` publishes, and how often it was asked.
#[derive(Clone, Default)]
pub(crate) struct Keys {
    published: Arc<Mutex<Option<Value>>>,
    fetches: Arc<AtomicUsize>,
}

impl Keys {
    /// Publishes these issuers' keys from now on.
    pub(crate) fn publish(&self, issuers: &[&Issuer]) {
        let keys: Vec<_> = issuers.iter().map(|issuer| issuer.jwk()).collect();
        self.publish_as(json!({ "keys": keys }));
    }

    /// Publishes this from now on.
    pub(crate) fn publish_as(&self, set: Value) {
        *self.published.lock().unwrap() = Some(set);
    }

    /// Fails from now on.
    pub(crate) fn fail(&self) {
        *self.published.lock().unwrap() = None;
    }

    /// How often the keys were asked for.
    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// The service that publishes them.
    pub(crate) fn users(&self) -> Fake {
        let paths = json!({ "/.well-known/jwks.json": { "get": { "operationId": "keys" } } });
        let router = Router::new()
            .route("/.well-known/jwks.json", get(published))
            .with_state(self.clone());
        ("users", paths, router)
    }
}

async fn published(State(keys): State<Keys>) -> Result<Json<Value>, kit::http::Problem> {
    keys.fetches.fetch_add(1, Ordering::SeqCst);
    let published = keys.published.lock().unwrap().clone();
    published.map(Json).ok_or_else(kit::http::Problem::internal)
}
