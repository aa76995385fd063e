//! Nursery called in process, as the edge calls it.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod add_seedling;
mod document;
mod list_seedlings;
mod program;
mod remove_seedling;
mod settings;

use http::Method;
use kit::store::StoreUrl;
use nursery::Config;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::service::{Answer, Client, Service, invoke_key, request};
use uuid::Uuid;

/// The service on a store of its own.
struct TestApp {
    service: Service,
    _folder: TempDir,
}

impl TestApp {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            store: StoreUrl::Sqlite(folder.path().join("nursery.db")),
            invoke_keys: vec![invoke_key()],
        };
        let state = nursery::connect(&config).await.unwrap();
        Self {
            service: Service::new("nursery", nursery::app(state)),
            _folder: folder,
        }
    }

    fn anonymous(&self) -> Client {
        self.service.anonymous()
    }

    fn staff(&self) -> Client {
        self.service.staff(Uuid::now_v7())
    }

    /// Adds one, by this key.
    async fn add(&self, key: &str, body: &Value) -> Answer {
        let request = request(Method::POST, "/v1/seedlings")
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        self.staff().send(request, body.to_string()).await
    }

    /// Adds one; its id.
    async fn added(&self, name: &str) -> Uuid {
        let key = Uuid::now_v7().to_string();
        let added = self.add(&key, &json!({ "name": name })).await.ok(201);
        serde_json::from_value(added["id"].clone()).unwrap()
    }
}
