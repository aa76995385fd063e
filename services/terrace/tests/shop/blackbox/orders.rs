//! Somebody buys, and what became of it. Each test owns the product that it buys.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::service::Answer;

use super::{SETTLES, Shop, comes_true, text};
use crate::visitor::{Visitor, address};

impl Shop {
    /// Somebody new with so many pieces of a new product in the cart, and the product's id.
    async fn shopper_with(&self, pieces: i64) -> (Visitor, String) {
        let product = self.product(&self.staff().await).await;
        let shopper = self.visitor.sign_up("blackbox").await;
        shopper.put_in_cart(text(&product, "id"), pieces).await;
        (shopper, text(&product, "id").to_owned())
    }

    /// How many pieces of a product there are.
    async fn stock(&self, product: &str) -> i64 {
        let path = format!("/v1/products/{product}");
        let product = self.visitor.call(Method::GET, &path, None).await.ok(200);
        product["stock"].as_i64().unwrap()
    }
}

fn key() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The order, once it is confirmed and its money taken.
async fn confirmed(shopper: &Visitor, answer: Answer) -> Value {
    let status = answer.status.as_u16();
    assert!(matches!(status, 201 | 202), "{}", answer.text());
    let path = format!("/v1/orders/{}", text(&answer.ok(status), "id"));
    let mut order = Value::Null;
    comes_true(async || {
        order = shopper.call(Method::GET, &path, None).await.ok(200);
        assert_ne!(order["status"], "cancelled", "{order}");
        order["status"] == "confirmed" && order["payment"]["status"] == "captured"
    })
    .await;
    order
}

#[tokio::test]
async fn a_stranger_signs_up_searches_buys_and_sees_the_order_confirmed() {
    let shop = Shop::visit().await;
    let (shopper, product) = shop.shopper_with(2).await;
    let page = format!("/v1/products/{product}");
    let seen = shopper.call(Method::GET, &page, None).await.ok(200);
    let search = format!("/v1/products?q={}", text(&seen, "name").replace(' ', "+"));
    let found = shopper.call(Method::GET, &search, None).await.ok(200);
    assert_eq!(found["items"][0]["id"], product.as_str());
    let cart = shopper.call(Method::GET, "/v1/cart", None).await.ok(200);
    assert_eq!(cart["subtotal"]["amount"], 2500);

    let order = shopper.order(&key(), "tok_visa").await;

    let order = confirmed(&shopper, order).await;
    assert_eq!(order["total"], cart["total"]);
    assert_eq!(order["lines"][0]["product_id"], product.as_str());
    comes_true(async || shop.stock(&product).await == 8).await;
    let own = shopper.call(Method::GET, "/v1/orders", None).await.ok(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    let cart = shopper.call(Method::GET, "/v1/cart", None).await.ok(200);
    assert_eq!(cart["items"], json!([]));
}

#[tokio::test]
async fn a_declined_card_costs_nothing_and_leaves_the_cart_as_it_was() {
    let shop = Shop::visit().await;
    let (shopper, product) = shop.shopper_with(3).await;

    let declined = shopper.order(&key(), "tok_declined").await;

    declined.refused(402, "payment-declined");
    comes_true(async || shop.stock(&product).await == 10).await;
    let again = shopper.order(&key(), "tok_mastercard").await;
    assert_eq!(confirmed(&shopper, again).await["lines"][0]["quantity"], 3);
}

#[tokio::test]
async fn an_order_whose_payment_is_unknown_is_accepted_and_confirmed_later() {
    let shop = Shop::visit().await;
    let (shopper, _) = shop.shopper_with(1).await;

    let accepted = shopper.order(&key(), "tok_unknown").await;

    confirmed(&shopper, accepted).await;
}

#[tokio::test]
async fn a_key_that_comes_again_buys_once_and_another_basket_under_it_is_refused() {
    let shop = Shop::visit().await;
    let (shopper, product) = shop.shopper_with(1).await;
    let key = key();

    let first = shopper.order(&key, "tok_visa").await;
    let first = confirmed(&shopper, first).await;
    let again = shopper.order(&key, "tok_visa").await.ok(201);

    assert_eq!(again["id"], first["id"]);
    comes_true(async || shop.stock(&product).await == 9).await;
    let other = shopper.order(&key, "tok_mastercard").await;
    other.refused(422, "key-reused");
}

#[tokio::test]
async fn a_price_that_rises_before_the_click_is_asked_for_and_not_charged() {
    let shop = Shop::visit().await;
    let (shopper, product) = shop.shopper_with(2).await;
    let seen = shopper.total().await;
    let page = format!("/v1/products/{product}");
    let price = json!({ "price": { "amount": 9900, "currency": "USD" } });
    let staff = shop.staff().await;
    staff
        .call_with(Method::PATCH, &page, &[("if-match", "*")], Some(&price))
        .await
        .ok(200);
    comes_true(async || shopper.total().await != seen).await;
    let order = |total: Value| {
        json!({
            "address": address(), "payment": { "token": "tok_visa" }, "expected_total": total,
            "expected_items": [],
        })
    };
    let key = key();
    let key = [("idempotency-key", key.as_str())];

    let path = "/v1/orders";
    let refused = shopper
        .call_with(Method::POST, path, &key, Some(&order(seen.clone())))
        .await;

    let problem = refused.refused(409, "price-changed");
    let change = &problem.members["price_change"];
    assert_eq!(change["expected_total"], seen);
    assert_eq!(change["lines"][0]["unit_price"]["amount"], 9900);
    let orders = shopper.call(Method::GET, path, None).await.ok(200);
    assert_eq!(orders["items"], json!([]));
    let agreed = order(change["total"].clone());
    let placed = shopper
        .call_with(Method::POST, path, &key, Some(&agreed))
        .await;
    assert_eq!(confirmed(&shopper, placed).await["total"], change["total"]);
}

#[tokio::test]
async fn a_cancelled_order_gives_back_money_and_stock() {
    let shop = Shop::visit().await;
    let (shopper, product) = shop.shopper_with(4).await;
    let order = shopper.order(&key(), "tok_visa").await;
    let order = confirmed(&shopper, order).await;
    comes_true(async || shop.stock(&product).await == 6).await;

    let path = format!("/v1/orders/{}", text(&order, "id"));
    let cancel = format!("{path}/cancel");
    let cancelled = shopper.call(Method::POST, &cancel, None).await.ok(200);

    assert_eq!(cancelled["status"], "cancelled");
    comes_true(async || {
        let order = shopper.call(Method::GET, &path, None).await.ok(200);
        order["payment"]["status"] == "refunded"
    })
    .await;
    comes_true(async || shop.stock(&product).await == 10).await;
    let again = shopper.call(Method::POST, &cancel, None).await;
    assert!(
        matches!(again.status.as_u16(), 200 | 409),
        "{}",
        again.text()
    );
}

#[tokio::test]
async fn anothers_order_looks_like_none_and_staff_alone_sees_all() {
    let shop = Shop::visit().await;
    let (shopper, _) = shop.shopper_with(1).await;
    let order = shopper.order(&key(), "tok_visa").await;
    let order = confirmed(&shopper, order).await;
    let other = shop.visitor.sign_in(&shop.accounts.shopper).await;
    let path = format!("/v1/orders/{}", text(&order, "id"));

    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::GET, format!("{path}/events")),
        (Method::POST, format!("{path}/cancel")),
    ] {
        let answer = other.call(method, &path, None).await;
        answer.refused(404, "not-found");
    }
    let all = "/v1/admin/orders";
    other
        .call(Method::GET, all, None)
        .await
        .refused(403, "staff-only");
    let anybody = shop.visitor.call(Method::GET, &path, None).await;
    anybody.refused(401, "sign-in-required");
    let staff = shop.staff().await;
    assert_eq!(
        staff.call(Method::GET, &path, None).await.ok(200)["id"],
        order["id"]
    );
}

#[tokio::test]
async fn the_stream_of_an_order_tells_all_that_happens_and_goes_on_where_it_broke() {
    let shop = Shop::visit().await;
    let (shopper, _) = shop.shopper_with(1).await;
    let order = shopper.order(&key(), "tok_visa").await;
    let order = confirmed(&shopper, order).await;
    let path = format!("/v1/orders/{}", text(&order, "id"));
    let stream = {
        let (shopper, events) = (shopper.clone(), format!("{path}/events"));
        tokio::spawn(async move { shopper.call(Method::GET, &events, None).await })
    };

    let staff = shop.staff().await;
    let parcel = json!({ "tracking_code": "1Z-999-AA1" });
    for (step, body) in [("ship", Some(&parcel)), ("deliver", None)] {
        let step = format!("{path}/{step}");
        staff.call(Method::POST, &step, body).await.ok(200);
    }
    let order = shopper.call(Method::GET, &path, None).await.ok(200);
    assert_eq!(order["tracking_code"], "1Z-999-AA1");

    // It ends with the order.
    let stream = tokio::time::timeout(SETTLES, stream)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        statuses(&stream),
        ["placed", "confirmed", "shipped", "delivered"]
    );
    let last = [("last-event-id", "2")];
    let events = format!("{path}/events");
    let rest = shopper.call_with(Method::GET, &events, &last, None).await;
    assert_eq!(statuses(&rest), ["shipped", "delivered"]);
}

/// The statuses that a stream of events told.
fn statuses(stream: &Answer) -> Vec<String> {
    assert_eq!(stream.status, 200, "{}", stream.text());
    let text = stream.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let events = data.map(|data| serde_json::from_str::<Value>(data).unwrap());
    events
        .map(|event| self::text(&event, "status").to_owned())
        .collect()
}
