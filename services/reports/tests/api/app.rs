//! The service under test, with a database of its own, and what `orders` and `users` tell it.

use std::{path::PathBuf, sync::Arc};

use kit::{
    events::{Consumer, Event},
    store::StoreUrl,
};
use reports::{AppState, Config};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::service::{Client, Service, invoke_key};
use uuid::Uuid;

/// The key of pseudonyms.
pub(crate) const KEY: &str = "a-key-of-pseudonyms-for-tests-01";

pub(crate) struct TestApp {
    pub(crate) state: AppState,
    pub(crate) service: Service,
    folder: TempDir,
}

/// The shipped settings with data in this folder, and keys for tests.
pub(crate) fn config(folder: &TempDir) -> Config {
    Config {
        store: StoreUrl::Sqlite(folder.path().join("reports.db")),
        invoke_keys: vec![invoke_key()],
        pseudonym_key: KEY.into(),
        clicks: Some(folder.path().join("clicks").into()),
        ..Config::default()
    }
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = reports::connect(&config(&folder)).await.unwrap();
        Self {
            service: Service::new("reports", reports::app(state.clone())),
            state,
            folder,
        }
    }

    /// The folder of clicks.
    pub(crate) fn clicks(&self) -> PathBuf {
        self.folder.path().join("clicks")
    }

    pub(crate) fn staff(&self) -> Client {
        self.service.staff(Uuid::now_v7())
    }

    /// Takes this event in.
    pub(crate) async fn hear(&self, event: &Event) {
        consume(self.state.counter(), event).await;
    }

    /// Hears that somebody is gone.
    pub(crate) async fn hear_of_departure(&self, user: Uuid) {
        let event = Event::new("user.deleted", user, &json!({ "user_id": user }));
        consume(self.state.departures(), &event).await;
    }

    /// The rows of a query.
    pub(crate) async fn rows(&self, sql: &str) -> Value {
        let answer = self.ask(sql).await.ok(200);
        answer["rows"].clone()
    }

    pub(crate) async fn ask(&self, sql: &str) -> testkit::service::Answer {
        let body = json!({ "sql": sql });
        self.staff().post("/v1/reports/queries", &body).await
    }
}

async fn consume(consumer: Arc<dyn Consumer>, event: &Event) {
    let events = std::slice::from_ref(event);
    consumer.consume(events).await.unwrap();
}

/// An order, as `orders` tells of it.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: Uuid,
    pub(crate) user: Uuid,
    pub(crate) placed_at: &'static str,
    pub(crate) product: Uuid,
    pub(crate) category: Option<&'static str>,
    pub(crate) quantity: i64,
}

impl Order {
    /// Of two trowels at 10.00.
    pub(crate) fn placed(placed_at: &'static str) -> Self {
        Self {
            id: Uuid::now_v7(),
            user: Uuid::now_v7(),
            placed_at,
            product: Uuid::now_v7(),
            category: Some("tools"),
            quantity: 2,
        }
    }

    /// The event by which `orders` tells that it became this.
    pub(crate) fn event(&self, status: &str, reason: Option<&str>) -> Event {
        let money = |amount: i64| json!({ "amount": amount, "currency": "USD" });
        let subtotal = 1_000 * self.quantity;
        let facts = json!({
            "order_id": self.id, "user_id": self.user, "status": status, "reason": reason,
            "at": "2026-03-05T10:00:00.000Z", "placed_at": self.placed_at,
            "subtotal": money(subtotal), "shipping": money(595), "tax": money(160),
            "total": money(subtotal + 755),
            "lines": [{
                "product_id": self.product, "quantity": self.quantity, "name": "Trowel",
                "category": self.category, "unit_price": money(1_000),
            }],
        });
        Event::new(&format!("order.{status}"), self.id, &facts)
    }
}
