//! What a shop does for those who have nothing but its addresses, however it runs.
//!
//! With `SHOP_API`, `SHOP_SITE` and `SHOP_DATA` (the folder of its `demo-accounts.json`) it is
//! that shop; without, one in this process.
//!
//! ```sh
//! SHOP_API=http://localhost:8080 SHOP_SITE=http://localhost:3000 SHOP_DATA=data \
//!   cargo test -p terrace --test shop blackbox
//! ```

mod documents;
mod orders;
mod sessions;

use std::time::{Duration, Instant};

use axum::{body::Body, http::Method};
use client::Upstream;
use serde_json::{Value, json};
use terrace::data::DemoAccounts;
use testkit::service::{Client, request};

use crate::visitor::{Open, Visitor, open};

/// How long the shop may take to settle something.
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
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
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
async fn staff_change_a_price_that_everybody_then_sees() {
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
