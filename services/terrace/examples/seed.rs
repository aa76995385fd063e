//! Makes the shop look lived in: customers who sign up, fill carts and order, through the edge, as
//! anybody would. The shop must not be running meanwhile: this opens its data directory.
//!
//! ```sh
//! cargo xtask seed                # 5 customers with 4 orders each, into data/
//! cargo xtask seed --customers 50 --orders 10 --data /tmp/other
//! ```

use std::path::PathBuf;

use anyhow::{Context, ensure};
use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use clap::Parser;
use serde_json::{Value, json};
use terrace::{
    config::{Arguments, Config},
    data::Data,
    shop,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

const NAMES: [&str; 8] = [
    "Ada",
    "Basil",
    "Clementine",
    "Daisy",
    "Fern",
    "Heather",
    "Jasper",
    "Rowan",
];

#[derive(Parser)]
#[command(about = "Fills the shop with customers and orders")]
struct Seed {
    /// How many customers.
    #[arg(long, default_value_t = 5)]
    customers: usize,
    /// How many orders each of them places.
    #[arg(long, default_value_t = 4)]
    orders: usize,
    /// The data directory.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// Somebody before the edge.
struct Visitor {
    edge: edge::App,
    token: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let seed = Seed::parse();
    let mut config = Config::load(&Arguments {
        data: seed.data,
        ..Arguments::default()
    })?;
    config.edge.throttle = edge::Switch::Off;
    kit::telemetry::init(&config.log.level, config.log.format)?;
    let data = Data::open(&config.data)?;
    let stop = CancellationToken::new();
    let shop = shop::open(&config, &data, &stop).await?;

    let nobody = Visitor::new(&shop.edge.app(), String::new());
    let list = nobody
        .ask(Method::GET, "/v1/products?in_stock=true&limit=100", None)
        .await?;
    let products: Vec<&str> = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|product| product["id"].as_str())
        .collect();
    ensure!(!products.is_empty(), "nothing is in stock");
    let mut choice = products.iter().cycle();
    for n in 0..seed.customers {
        let customer = nobody.sign_up(NAMES[n % NAMES.len()]).await?;
        for m in 0..seed.orders {
            for _ in 0..=(n + m) % 3 {
                // A step that shares no factor with most lengths visits all products in time.
                let product = choice.nth(16).context("a cycle does not end")?;
                customer
                    .ask(
                        Method::PUT,
                        &format!("/v1/cart/items/{product}"),
                        Some(json!({ "quantity": 1 })),
                    )
                    .await?;
            }
            customer.order(&format!("seed-{m}")).await?;
        }
    }
    stop.cancel();
    for task in shop.background {
        task.await?;
    }
    println!(
        "{} customers with {} orders each in {}",
        seed.customers,
        seed.orders,
        config.data.display()
    );
    Ok(())
}

impl Visitor {
    fn new(edge: &edge::App, token: String) -> Self {
        Self {
            edge: edge.clone(),
            token,
        }
    }

    async fn sign_up(&self, name: &str) -> anyhow::Result<Self> {
        let unique = uuid::Uuid::now_v7().simple().to_string();
        let email = format!("{}.{unique}@garden.example", name.to_lowercase());
        // Nobody will need this account again.
        let account = json!({ "email": email, "password": unique, "name": name });
        self.ask(Method::POST, "/v1/users", Some(account.clone()))
            .await?;
        let account = json!({ "email": account["email"], "password": account["password"] });
        let session = self
            .ask(Method::POST, "/v1/sessions", Some(account))
            .await?;
        let token = session["access_token"].as_str().context("no token")?;
        Ok(Self::new(&self.edge, token.to_owned()))
    }

    async fn order(&self, key: &str) -> anyhow::Result<()> {
        let address = json!({
            "name": "A Gardener", "line1": "1 Orchard Lane", "city": "Portland", "region": "OR",
            "postal_code": "97201", "country": "US",
        });
        let cart = self.ask(Method::GET, "/v1/cart", None).await?;
        let body = json!({
            "address": address, "payment": { "token": "tok_visa" }, "expected_total": cart["total"],
        });
        let request = self
            .request(Method::POST, "/v1/orders")
            .header("idempotency-key", key)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))?;
        self.send(request).await.map(drop)
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()))?,
            None => request.body(Body::empty())?,
        };
        self.send(request).await
    }

    fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost");
        match &*self.token {
            "" => request,
            token => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        }
    }

    async fn send(&self, request: Request<Body>) -> anyhow::Result<Value> {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = self.edge.clone().oneshot(request).await?;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await?;
        ensure!(
            status.is_success(),
            "{what}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        Ok(serde_json::from_slice(&body)?)
    }
}
