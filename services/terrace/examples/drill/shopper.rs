//! One who buys, and keeps what the shop said.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    PAUSE, SETTLED,
    api::{Api, Fault, text},
};

/// How often an order is tried both ways, while replicas of two versions answer.
const TRIES: usize = 10;

/// One who is signed in.
pub(crate) struct Shopper {
    api: Api,
    token: String,
    /// The orders that were acknowledged.
    pub(crate) acknowledged: Vec<String>,
    /// The requests that failed, each time that they did.
    pub(crate) failed: Vec<String>,
}

impl Shopper {
    pub(crate) async fn sign_up(api: &Api) -> Result<Self, Fault> {
        let email = json!(format!("{}@example.com", Uuid::now_v7()));
        let password = json!(Uuid::new_v4());
        let body = json!({ "email": email, "password": password, "name": "Drill" });
        api.call(Method::POST, "/v1/users", &[], Some(&body))
            .await?
            .ok()?;
        Ok(Self {
            token: api.sign_in(&email, &password).await?,
            api: api.clone(),
            acknowledged: Vec::new(),
            failed: Vec::new(),
        })
    }

    /// One order after the other. Fails when the shop refuses one.
    pub(crate) async fn buy_until(
        mut self,
        enough: Arc<AtomicBool>,
        products: Vec<String>,
    ) -> Result<Self, Fault> {
        let mut order = json!({
            "address": {
                "name": "Rose Gardener", "line1": "1 Orchard Lane", "city": "Portland",
                "region": "OR", "postal_code": "97201", "country": "US",
            },
            "payment": { "token": "tok_visa" },
        });
        for product in products.iter().cycle() {
            if enough.load(Ordering::SeqCst) {
                break;
            }
            // Who they are, what it is, into the cart: something for every service.
            let shown = format!("/v1/products/{product}");
            for path in ["/v1/me", &shown] {
                self.insist(Method::GET, path, None, None).await?;
            }
            let item = format!("/v1/cart/items/{product}");
            let one = json!({ "quantity": 1 });
            let cart = self.insist(Method::PUT, &item, None, Some(&one)).await?;
            order["expected_total"] = cart["total"].clone();
            let placed = self.place(&order).await?;
            self.acknowledged.push(text(&placed, "id")?);
        }
        Ok(self)
    }

    /// Orders. A version before `expected_total` refuses that, a later one asks for it: who is refused
    /// orders as the other's page does, with the same key.
    async fn place(&mut self, order: &Value) -> Result<Value, Fault> {
        let mut older = order.clone();
        older
            .as_object_mut()
            .and_then(|order| order.remove("expected_total"));
        let key = Uuid::new_v4().to_string();
        let mut refused = None;
        for body in [order, &older].repeat(TRIES) {
            match self
                .insist(Method::POST, "/v1/orders", Some(&key), Some(body))
                .await
            {
                Err(fault) if fault.to_string().starts_with("422") => refused = Some(fault),
                placed => return placed,
            }
        }
        Err(refused.expect("a version was tried"))
    }

    /// Sends a request again and again until it is done. Fails when it is refused, or fails for too long.
    async fn insist(
        &mut self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        let token = self.token.clone();
        let mut headers = vec![("authorization", &*token)];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        let started = Instant::now();
        loop {
            let answer = self.api.call(method.clone(), path, &headers, body);
            let fault = match answer.await {
                Ok(answer) if answer.status.is_server_error() => answer.to_string(),
                Ok(answer) => return answer.ok(),
                Err(fault) => fault.to_string(),
            };
            self.failed.push(format!("{method} {path}: {fault}"));
            if started.elapsed() > SETTLED {
                return Err(format!("{method} {path} fails all the time: {fault}").into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
