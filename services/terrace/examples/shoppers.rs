//! Shoppers who buy as fast as they are served. Signs up so many, fills the shelves, and says
//! `ready`; then, for every line of standard input that holds a number of seconds, lets all of
//! them buy for so long and answers with one line of JSON. The shop must not throttle.
//!
//! ```sh
//! TERRACE_EDGE__THROTTLE=off cargo run --release
//! echo 5 | cargo run --release --example shoppers -- http://localhost:8080 data/demo-accounts.json 16
//! ```

use std::{
    env, fs,
    io::{BufRead, stdin},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use client::Upstream;
use serde_json::{Value, json};
use uuid::Uuid;

/// More pieces than anybody buys in a bench.
const STOCK: u32 = 1_000_000;

type Fault = Box<dyn std::error::Error + Send + Sync>;

// One thread: the machine is to work for the shop.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, accounts, count] = arguments.as_slice() else {
        return Err("shoppers <address of the API> <demo-accounts.json> <how many>".into());
    };
    let api = Api(Upstream::http(address.parse()?));
    let products = fill_shelves(&api, &fs::read_to_string(accounts)?).await?;
    let mut shoppers = Vec::new();
    for _ in 0..count.parse()? {
        shoppers.push(Shopper::sign_up(&api, &products).await?);
    }
    println!("ready");
    for line in stdin().lock().lines() {
        let time = Duration::from_secs(line?.trim().parse()?);
        println!("{}", shop(&shoppers, time).await?);
    }
    Ok(())
}

/// All shoppers at once; what they came to.
async fn shop(shoppers: &[Shopper], time: Duration) -> Result<Value, Fault> {
    let started = Instant::now();
    let tasks = shoppers
        .iter()
        .map(|shopper| tokio::spawn(shopper.clone().buy_until(started + time)));
    let mut checkouts = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        checkouts.extend(task.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    checkouts.sort_unstable();
    let ms = |percent: usize| {
        let at = (checkouts.len() * percent / 100).min(checkouts.len() - 1);
        checkouts[at].as_secs_f64() * 1e3
    };
    Ok(json!({
        "orders": checkouts.len(), "seconds": seconds, "p50_ms": ms(50), "p99_ms": ms(99),
    }))
}

/// As staff; the products' ids.
async fn fill_shelves(api: &Api, accounts: &str) -> Result<Vec<String>, Fault> {
    let accounts: Value = serde_json::from_str(accounts)?;
    let staff = &accounts["staff"];
    let token = api.sign_in(&staff["email"], &staff["password"]).await?;
    let (_, list) = api
        .call(Method::GET, "/v1/products?limit=100", &[], None)
        .await?;
    let mut ids = Vec::new();
    for product in list["items"].as_array().ok_or("no products")? {
        let id = product["id"].as_str().ok_or("no id")?;
        let path = format!("/v1/products/{id}");
        let (headers, _) = api.call(Method::GET, &path, &[], None).await?;
        let version = headers.get(header::ETAG).ok_or("no ETag")?.to_str()?;
        let headers = [("authorization", &*token), ("if-match", version)];
        let body = Some(json!({ "stock": STOCK }));
        api.call(Method::PUT, &(path + "/stock"), &headers, body)
            .await?;
        ids.push(id.to_owned());
    }
    Ok(ids)
}

/// One who is signed in.
#[derive(Clone)]
struct Shopper {
    api: Api,
    token: String,
    products: Vec<String>,
}

impl Shopper {
    async fn sign_up(api: &Api, products: &[String]) -> Result<Self, Fault> {
        let email = json!(format!("{}@example.com", Uuid::now_v7()));
        let password = json!(Uuid::new_v4());
        let body = json!({ "email": email, "password": password, "name": "Bench" });
        api.call(Method::POST, "/v1/users", &[], Some(body)).await?;
        Ok(Self {
            token: api.sign_in(&email, &password).await?,
            api: api.clone(),
            products: products.to_owned(),
        })
    }

    /// One order after the other; how long each checkout took.
    async fn buy_until(self, end: Instant) -> Result<Vec<Duration>, Fault> {
        let mut order = json!({
            "address": {
                "name": "Rose Gardener", "line1": "1 Orchard Lane", "city": "Portland",
                "region": "OR", "postal_code": "97201", "country": "US",
            },
            "payment": { "token": "tok_visa" },
        });
        let authorised = ("authorization", &*self.token);
        let mut checkouts = Vec::new();
        for product in self.products.iter().cycle() {
            if Instant::now() >= end {
                break;
            }
            let item = format!("/v1/cart/items/{product}");
            let one = Some(json!({ "quantity": 1 }));
            let (_, mut cart) = self
                .api
                .call(Method::PUT, &item, &[authorised], one)
                .await?;
            order["expected_total"] = cart["total"].take();

            let key = Uuid::new_v4().to_string();
            let headers = [authorised, ("idempotency-key", &*key)];
            let started = Instant::now();
            let (_, answer) = self
                .api
                .call(Method::POST, "/v1/orders", &headers, Some(order.clone()))
                .await?;
            if answer["status"] != "confirmed" {
                return Err(format!("not confirmed: {answer}").into());
            }
            checkouts.push(started.elapsed());
        }
        Ok(checkouts)
    }
}

/// The shop's API.
#[derive(Clone)]
struct Api(Upstream);

impl Api {
    /// A user's `Authorization`.
    async fn sign_in(&self, email: &Value, password: &Value) -> Result<String, Fault> {
        let body = Some(json!({ "email": email, "password": password }));
        let (_, session) = self.call(Method::POST, "/v1/sessions", &[], body).await?;
        let token = session["access_token"].as_str();
        Ok(format!("Bearer {}", token.ok_or("no access token")?))
    }

    /// Calls an operation, which must succeed.
    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<(HeaderMap, Value), Fault> {
        let mut request = Request::builder().method(&method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        let (head, body) = self.0.send(request.body(body)?).await?.into_parts();
        let body = to_bytes(body, usize::MAX).await?;
        if !head.status.is_success() || head.status == StatusCode::ACCEPTED {
            let text = String::from_utf8_lossy(&body);
            return Err(format!("{method} {path}: {} {text}", head.status).into());
        }
        Ok((head.headers, serde_json::from_slice(&body)?))
    }
}
