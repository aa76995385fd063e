//! The service behind the cache: it counts its calls, notes their heads, answers as it is told, and may
//! be held up.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{StatusCode, request::Parts},
    middleware,
    response::Response,
};
use edge::Config;
use kit::{http::Problem, telemetry};
use serde_json::{Value, json};
use testkit::service::{Answer, Client};
use tokio::sync::watch;

use crate::world::{Edge, Fake, Keys, Way, edge_before, request};

/// Clones are the same service.
#[derive(Clone)]
pub(crate) struct Shelf {
    calls: Arc<Mutex<Vec<Parts>>>,
    told: Arc<Mutex<Told>>,
    open: watch::Sender<bool>,
}

/// What it answers.
#[derive(Clone)]
struct Told {
    status: StatusCode,
    headers: Vec<(String, String)>,
    /// The number of the call when it is none.
    body: Option<String>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            calls: Arc::default(),
            told: Arc::new(Mutex::new(Told {
                status: StatusCode::OK,
                headers: Vec::new(),
                body: None,
            })),
            open: watch::channel(true).0,
        }
    }
}

impl Shelf {
    /// How often it was called.
    pub(crate) fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// The heads of all calls.
    pub(crate) fn heads(&self) -> Vec<Parts> {
        self.calls.lock().unwrap().clone()
    }

    /// Answers with this status and these headers from now on; 5xx as a problem.
    pub(crate) fn answer(&self, status: StatusCode, headers: &[(&str, &str)]) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut told = self.told.lock().unwrap();
        told.status = status;
        told.headers = headers.iter().map(owned).collect();
    }

    /// Answers with this body from now on.
    pub(crate) fn body(&self, body: String) {
        self.told.lock().unwrap().body = Some(body);
    }

    /// Answers nobody until it is opened.
    pub(crate) fn close(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Waits until it was called so often.
    pub(crate) async fn called(&self, times: usize) {
        while self.calls() < times {
            tokio::task::yield_now().await;
        }
    }

    /// The edge before it, and before the users' service that publishes `keys`.
    pub(crate) async fn edge_with(&self, way: Way, keys: &Keys, paths: Value) -> Edge {
        let config = Config {
            throttle: edge::Switch::Off,
            // What is not described must be harmless to kept answers even where it is let pass.
            validate: edge::Switch::Off,
            ..Config::default()
        };
        edge_before(way, config, vec![self.service(paths), keys.users()]).await
    }

    /// The edge before it.
    pub(crate) async fn edge(&self, way: Way, paths: Value) -> Edge {
        self.edge_with(way, &Keys::default(), paths).await
    }

    /// The service with a document of these paths.
    pub(crate) fn service(&self, paths: Value) -> Fake {
        let router = Router::new()
            .fallback(answer)
            .layer(middleware::from_fn_with_state("shelf", telemetry::record))
            .with_state(self.clone());
        ("shelf", paths, router)
    }
}

async fn answer(State(shelf): State<Shelf>, head: Parts) -> Result<Response, Problem> {
    let number = {
        let mut calls = shelf.calls.lock().unwrap();
        calls.push(head);
        calls.len()
    };
    let mut open = shelf.open.subscribe();
    let _ = open.wait_for(|open| *open).await;
    let told = shelf.told.lock().unwrap().clone();
    if told.status.is_server_error() {
        return Err(Problem::unavailable());
    }
    let mut answer = Response::builder().status(told.status);
    for (name, value) in told.headers {
        answer = answer.header(name, value);
    }
    let body = match told.body {
        Some(body) => body,
        None => json!({ "call": number }).to_string(),
    };
    Ok(answer.body(Body::from(body)).unwrap())
}

/// The paths of a document with one operation, which is kept by these rules; for 10 seconds unless they
/// say otherwise.
pub(crate) fn kept(rules: Value) -> Value {
    json!({ "/v1/plants": { "get": operation(rules) } })
}

pub(crate) fn operation(rules: Value) -> Value {
    let mut cache = json!({ "ttl_s": 10 });
    let told = rules.as_object().unwrap().clone();
    cache.as_object_mut().unwrap().extend(told);
    json!({ "operationId": "list_plants", "x-edge": { "cache": cache } })
}

/// How the edge says that it found an answer; empty where nothing is kept.
pub(crate) fn found(answer: &Answer) -> String {
    let told = answer.headers.get_all("server-timing").iter();
    let mut told = told.filter_map(|it| it.to_str().unwrap().strip_prefix("cache;desc="));
    told.next().unwrap_or_default().to_owned()
}

/// Any answer, also one that is no problem although it refuses.
pub(crate) async fn any(edge: &Edge, path: &str) -> Answer {
    let client: Client = testkit::service::Service::new("edge", edge.app.clone()).untrusted();
    client
        .send(request(http::Method::GET, path), Body::empty())
        .await
}
