//! What a shop does for those who have nothing but its addresses, however it runs.
//!
//! With `SHOP_API`, `SHOP_SITE` and `SHOP_DATA` (the folder of its `demo-accounts.json`) it is
//! that shop; without, one in this process. Each test owns the product that it buys.
//!
//! ```sh
//! SHOP_API=http://localhost:8080 SHOP_SITE=http://localhost:3000 SHOP_DATA=data \
//!   cargo test -p terrace --test shop blackbox
//! ```

mod sessions;

use std::time::{Duration, Instant};

use axum::{body::Body, http::Method};
use client::Upstream;
use serde_json::{Value, json};
use terrace::data::DemoAccounts;
use testkit::service::{Answer, Client, request};

use crate::visitor::{Open, Visitor, address, open};

/// How long an order may take to settle.
const SETTLES: Duration = Duration::from_secs(60);

struct Shop {
    visitor: Visitor,
    site: Client,
    accounts: DemoAccounts,
    _open: Option<Open>,
}

impl Shop {
    async fn visit() -> Self {
        let Ok(api) = std::env::var("SHOP_API") else {
            let open = open().await;
            return Self {
                visitor: open.visitor.clone(),
                site: Client::outside(Upstream::InProcess(open.site.clone())),
                accounts: open.accounts.clone(),
                _open: Some(open),
            };
        };
        let variable = |name: &str| std::env::var(name).expect("it stands beside SHOP_API");
        let accounts = std::path::Path::new(&variable("SHOP_DATA")).join("demo-accounts.json");
        Self {
            visitor: Visitor::new(Upstream::http(api.parse().unwrap())),
            site: Client::outside(Upstream::http(variable("SHOP_SITE").parse().unwrap())),
            accounts: serde_json::from_slice(&std::fs::read(accounts).unwrap()).unwrap(),
            _open: None,
        }
    }

    async fn staff(&self) -> Visitor {
        self.visitor.sign_in(&self.accounts.staff).await
    }

    /// A new product with ten pieces, for 12.50 each.
    async fn product(&self, staff: &Visitor) -> Value {
        let categories = staff.call(Method::GET, "/v1/categories", None).await;
        let name = format!("Testing fern {}", uuid::Uuid::now_v7().simple());
        let body = json!({
            "name": name,
            "summary": "Grows where tests run.",
            "category": categories.ok(200)["items"][0]["id"],
            "price": { "amount": 1250, "currency": "USD" },
            "stock": 10,
        });
        let path = "/v1/products";
        staff.call(Method::POST, path, Some(&body)).await.ok(201)
    }

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

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

fn key() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Asks until it is so: what one replica keeps in memory, another's change takes a moment to
/// reach.
async fn comes_true(mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < SETTLES, "it does not come true");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
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

#[tokio::test]
async fn staff_ask_reports_and_change_nothing_there() {
    let shop = Shop::visit().await;
    let staff = shop.staff().await;
    let asked = async |sql: &str| {
        let body = json!({ "sql": sql });
        staff
            .call(Method::POST, "/v1/reports/queries", Some(&body))
            .await
    };

    let counted = asked("select count(*) as orders from fact_orders").await;

    assert_eq!(counted.ok(200)["columns"][0]["name"], "orders");
    asked("delete from fact_orders")
        .await
        .refused(422, "query-refused");
}

#[tokio::test]
async fn staff_change_a_price_that_everybody_then_sees_and_pays() {
    let shop = Shop::visit().await;
    let staff = shop.staff().await;
    let product = shop.product(&staff).await;
    let path = format!("/v1/products/{}", text(&product, "id"));
    let price = json!({ "price": { "amount": 990, "currency": "USD" } });
    let known = staff.call(Method::GET, &path, None).await;
    let tag = known.header("etag").to_owned();

    let change = [("if-match", tag.as_str())];
    let changed = staff
        .call_with(Method::PATCH, &path, &change, Some(&price))
        .await;
    changed.ok(200);

    let late = staff
        .call_with(Method::PATCH, &path, &change, Some(&price))
        .await;
    late.refused(412, "precondition-failed");
    comes_true(async || {
        let seen = shop.visitor.call(Method::GET, &path, None).await.ok(200);
        seen["price"]["amount"] == 990
    })
    .await;
    let shopper = shop.visitor.sign_in(&shop.accounts.shopper).await;
    shopper.put_in_cart(text(&product, "id"), 1).await;
    let cart = shopper.call(Method::GET, "/v1/cart", None).await.ok(200);
    let items = cart["items"].as_array().unwrap().iter();
    let mut own = items.filter(|item| item["product_id"] == product["id"]);
    assert_eq!(own.next().unwrap()["unit_price"]["amount"], 990);
    let path = format!("/v1/cart/items/{}", text(&product, "id"));
    shopper.call(Method::DELETE, &path, None).await;
    let forbidden = shopper
        .call(Method::POST, "/v1/products", Some(&price))
        .await;
    forbidden.refused(403, "staff-only");
}

#[tokio::test]
async fn what_is_listed_has_a_page_and_a_picture() {
    let shop = Shop::visit().await;
    let list = "/v1/products?limit=100";
    let list = shop.visitor.call(Method::GET, list, None).await.ok(200);
    let listed = list["items"].as_array().unwrap();
    assert!(!listed.is_empty());

    for product in listed {
        let page = format!("/v1/products/{}", text(product, "slug"));
        let page = shop.visitor.call(Method::GET, &page, None).await.ok(200);
        assert_eq!(page["id"], product["id"]);
        let picture = text(&page, "image_url");
        let picture = shop.visitor.call(Method::GET, picture, None).await;
        assert_eq!(picture.status, 200);
        assert!(picture.header("content-type").starts_with("image/"));
    }
}

#[tokio::test]
async fn what_is_inside_cannot_be_reached_and_what_is_public_is_described() {
    let shop = Shop::visit().await;
    let order = uuid::Uuid::now_v7();

    let staff = shop.staff().await;
    for path in [
        format!("/internal/payments/{order}"),
        format!("/internal/reservations/{order}"),
        format!("/v1/../internal/payments/{order}"),
        "/metrics".to_owned(),
    ] {
        let answer = staff.call(Method::GET, &path, None).await;
        assert!(
            matches!(answer.status.as_u16(), 400 | 404),
            "{path}: {}",
            answer.status
        );
    }
    let document = shop
        .visitor
        .call(Method::GET, "/v1/openapi.json", None)
        .await;
    let paths = document.ok(200)["paths"].clone();
    assert!(paths["/v1/orders"]["post"].is_object());
    assert!(
        paths
            .as_object()
            .unwrap()
            .keys()
            .all(|path| !path.starts_with("/internal"))
    );
}

#[tokio::test]
async fn the_site_tells_the_storefront_where_the_api_is() {
    let shop = Shop::visit().await;

    let config = request(Method::GET, "/config.json").header("host", "localhost");
    let config = shop.site.send(config, Body::empty()).await.ok(200);

    let api = config.to_string();
    assert!(api.contains("http://localhost:"), "{api}");
}
