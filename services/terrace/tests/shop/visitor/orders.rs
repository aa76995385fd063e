//! Buying.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::service::Answer;

use super::{Visitor, address, product_with};

impl Visitor {
    /// Puts so many pieces into the cart.
    pub(crate) async fn put_in_cart(&self, product: &str, quantity: i64) {
        let path = format!("/v1/cart/items/{product}");
        self.call(Method::PUT, &path, Some(&json!({ "quantity": quantity })))
            .await
            .ok(200);
    }

    /// What an order of the cart would cost.
    pub(crate) async fn total(&self) -> Value {
        let cart = self.call(Method::GET, "/v1/cart", None).await.ok(200);
        cart["total"].clone()
    }

    /// Orders what is in the cart, at its price.
    pub(crate) async fn order(&self, key: &str, card: &str) -> Answer {
        let body = json!({
            "address": address(), "payment": { "token": card }, "expected_total": self.total().await,
        });
        let key = [("idempotency-key", key)];
        self.call_with(Method::POST, "/v1/orders", &key, Some(&body))
            .await
    }

    /// Orders one piece of what there is; the order. The last pieces are for who has them in a cart.
    pub(crate) async fn orders_something(&self, key: &str) -> Value {
        let (product, _) = product_with(self, 5).await;
        self.put_in_cart(&product, 1).await;
        self.order(key, "tok_visa").await.ok(201)
    }
}
