//! Payments called in process, as its neighbours call it.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod authorise;
mod capture;
mod card_number;
mod get_payment;
mod list_ledger;
mod list_payments;
mod network;
mod refund;
mod trust;
mod void;

use std::{path::Path, sync::Arc};

use kit::store::StoreUrl;
use payments::{
    Config,
    network::{CardNetwork, Network},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::service::{Answer, Client, Service, invoke_key};
use uuid::Uuid;

/// The service on a store of its own.
struct TestApp {
    service: Service,
    dir: TempDir,
}

impl TestApp {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let service = start(payments::connect(&config(dir.path())).await.unwrap());
        Self { service, dir }
    }

    /// Over another card network; `dir` may have been used before.
    async fn over(network: Arc<dyn CardNetwork>, dir: TempDir) -> Self {
        let service = start(
            payments::connect_to(&config(dir.path()), Network(network))
                .await
                .unwrap(),
        );
        Self { service, dir }
    }

    fn orders(&self) -> Client {
        self.service.neighbour("orders")
    }

    async fn authorise(&self, order: Uuid, token: &str, amount: i64) -> Answer {
        self.orders().put(&path(order), &hold(token, amount)).await
    }

    async fn act(&self, order: Uuid, action: &str) -> Answer {
        let path = format!("{}/{action}", path(order));
        self.orders().post(&path, &json!({})).await
    }

    async fn payment(&self, order: Uuid) -> Answer {
        self.orders().get(&path(order)).await
    }

    /// The ledger's entry for the order: what was taken and given back.
    async fn moved(&self, order: Uuid) -> Option<(i64, i64)> {
        let ledger = self
            .orders()
            .get("/internal/ledger?limit=100")
            .await
            .ok(200);
        let items = ledger["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["order_id"] == json!(order))?;
        Some((item["captured"].as_i64()?, item["refunded"].as_i64()?))
    }
}

fn start(state: payments::AppState) -> Service {
    Service::new("payments", payments::app(state))
}

fn config(dir: &Path) -> Config {
    Config {
        store: StoreUrl::Sqlite(dir.join("payments.db")),
        invoke_keys: vec![invoke_key()],
    }
}

fn order() -> Uuid {
    Uuid::now_v7()
}

fn path(order: Uuid) -> String {
    format!("/internal/payments/{order}")
}

fn hold(token: &str, amount: i64) -> Value {
    json!({ "token": token, "amount": { "amount": amount, "currency": "USD" } })
}
