//! Shoppers in a drill, who buy while parts of the shop are gone. Signs them up, fills the shelves
//! and says `ready`; they buy until a line comes on standard input. Each repeats a request that
//! failed or was not answered, an order with the same `Idempotency-Key`, until it is answered. Then
//! it waits until every order is settled, and checks that the shop kept its word: each order is
//! there once and confirmed, and stock is what was there minus what was sold. The last line says,
//! as JSON, what failed meanwhile and what each order owes. `cargo xtask drill` drives it.

use std::{
    collections::BTreeMap,
    env, fs,
    io::stdin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use kit::client::Upstream;
use serde_json::{Value, json};
use uuid::Uuid;

/// What each shelf holds at the start, and how many of them are bought from.
const STOCK: i64 = 1_000_000;
const PRODUCTS: usize = 12;

/// How long a request is waited for, and how long until it is repeated.
const ANSWER: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// How long the shop may take to finish what it has begun.
const SETTLED: Duration = Duration::from_secs(60);

type Fault = Box<dyn std::error::Error + Send + Sync>;

// One thread: the machine is to work for the shop.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [address, accounts, count] = arguments.as_slice() else {
        return Err("drill <address of the API> <demo-accounts.json> <how many>".into());
    };
    let api = Api(Upstream::http(address.parse()?));
    let accounts: Value = serde_json::from_str(&fs::read_to_string(accounts)?)?;
    let account = &accounts["staff"];
    let staff = api.sign_in(&account["email"], &account["password"]).await?;
    let products = fill_shelves(&api, &staff).await?;
    let mut shoppers = Vec::new();
    for _ in 0..count.parse()? {
        shoppers.push(Shopper::sign_up(&api).await?);
    }
    println!("ready");

    let enough = Arc::new(AtomicBool::new(false));
    let shopping: Vec<_> = shoppers
        .into_iter()
        .map(|shopper| tokio::spawn(shopper.buy_until(enough.clone(), products.clone())))
        .collect();
    tokio::task::spawn_blocking(|| stdin().read_line(&mut String::new())).await??;
    enough.store(true, Ordering::SeqCst);
    let (mut told, mut failed) = (Vec::new(), Vec::new());
    for shopper in shopping {
        let shopper = shopper.await??;
        told.extend(shopper.told);
        failed.extend(shopper.failed);
    }

    let orders = settled(&api, &staff).await?;
    let owed = kept_word(&orders, &told)?;
    for product in &products {
        shelf_is_right(&api, product, &orders).await?;
    }
    println!("{}", json!({ "owed": owed, "failed": failed }));
    Ok(())
}

/// The products to buy, all in stock.
async fn fill_shelves(api: &Api, staff: &str) -> Result<Vec<String>, Fault> {
    let path = format!("/v1/products?limit={PRODUCTS}");
    let list = api.ask(&path, staff).await?;
    let mut ids = Vec::new();
    for product in list["items"].as_array().ok_or("no products")? {
        let id = product["id"].as_str().ok_or("no id")?;
        let path = format!("/v1/products/{id}/stock");
        let headers = [("authorization", staff), ("if-match", "*")];
        let stock = json!({ "stock": STOCK });
        api.call(Method::PUT, &path, &headers, Some(&stock))
            .await?
            .ok()?;
        ids.push(id.to_owned());
    }
    Ok(ids)
}

/// All orders by id, once every one of them is settled and the shop can tell.
async fn settled(api: &Api, staff: &str) -> Result<BTreeMap<String, Value>, Fault> {
    let started = Instant::now();
    loop {
        let fault = match all_orders(api, staff).await {
            Ok(orders) => match orders.values().find(|order| is_open(order)) {
                None => return Ok(orders),
                Some(order) => format!("not settled: {order}").into(),
            },
            Err(fault) => fault,
        };
        if started.elapsed() > SETTLED {
            return Err(fault);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_open(order: &Value) -> bool {
    match order["status"].as_str() {
        Some("confirmed") => order["payment"]["status"] != "captured",
        Some("cancelled") => order["payment"]["status"] == "authorised",
        _ => true,
    }
}

async fn all_orders(api: &Api, staff: &str) -> Result<BTreeMap<String, Value>, Fault> {
    let mut orders = BTreeMap::new();
    let mut path = "/v1/admin/orders?limit=100".to_owned();
    loop {
        let page = api.ask(&path, staff).await?;
        for order in page["items"].as_array().ok_or("no orders")? {
            orders.insert(text(order, "id")?, order.clone());
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            return Ok(orders);
        };
        path = format!("/v1/admin/orders?limit=100&cursor={cursor}");
    }
}

/// What each order owes. Fails when an order that was told is not confirmed, and when there is one
/// that nobody was told: all were answered in the end, so it would be a second one.
fn kept_word(
    orders: &BTreeMap<String, Value>,
    told: &[String],
) -> Result<BTreeMap<String, i64>, Fault> {
    let mut owed = BTreeMap::new();
    for id in told {
        let order = orders.get(id).ok_or_else(|| format!("{id} is lost"))?;
        if order["status"] != "confirmed" {
            return Err(format!("not confirmed: {order}").into());
        }
        let total = order["total"]["amount"].as_i64().ok_or("no total")?;
        if owed.insert(id.clone(), total).is_some() {
            return Err(format!("{id} answers two keys").into());
        }
    }
    match orders.keys().find(|id| !owed.contains_key(*id)) {
        Some(id) => Err(format!("{id} was ordered by nobody").into()),
        None => Ok(owed),
    }
}

/// Fails when the stock of a product is not what was there minus what was sold.
async fn shelf_is_right(
    api: &Api,
    product: &str,
    orders: &BTreeMap<String, Value>,
) -> Result<(), Fault> {
    let lines = orders
        .values()
        .filter_map(|order| order["lines"].as_array())
        .flatten();
    let sold: i64 = lines
        .filter(|line| line["product_id"] == product)
        .filter_map(|line| line["quantity"].as_i64())
        .sum();
    let shown = api.ask(&format!("/v1/products/{product}"), "").await?;
    match shown["stock"].as_i64() {
        Some(stock) if stock == STOCK - sold => Ok(()),
        stock => Err(format!("{product}: {sold} sold of {STOCK}, left {stock:?}").into()),
    }
}

fn text(value: &Value, member: &str) -> Result<String, Fault> {
    let text = value[member].as_str();
    Ok(text
        .ok_or_else(|| format!("no {member}: {value}"))?
        .to_owned())
}

/// One who is signed in.
struct Shopper {
    api: Api,
    token: String,
    /// The orders that were acknowledged.
    told: Vec<String>,
    /// The requests that failed, each time that they did.
    failed: Vec<String>,
}

impl Shopper {
    async fn sign_up(api: &Api) -> Result<Self, Fault> {
        let email = json!(format!("{}@example.com", Uuid::now_v7()));
        let password = json!(Uuid::new_v4());
        let body = json!({ "email": email, "password": password, "name": "Drill" });
        api.call(Method::POST, "/v1/users", &[], Some(&body))
            .await?
            .ok()?;
        Ok(Self {
            token: api.sign_in(&email, &password).await?,
            api: api.clone(),
            told: Vec::new(),
            failed: Vec::new(),
        })
    }

    /// One order after the other. Fails when the shop refuses one.
    async fn buy_until(
        mut self,
        enough: Arc<AtomicBool>,
        products: Vec<String>,
    ) -> Result<Self, Fault> {
        let order = json!({
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
            self.insist(Method::PUT, &item, None, Some(&one)).await?;
            let key = Uuid::new_v4().to_string();
            let placed = self.insist(Method::POST, "/v1/orders", Some(&key), Some(&order));
            let id = text(&placed.await?, "id")?;
            self.told.push(id);
        }
        Ok(self)
    }

    /// Sends a request again and again until it is done. Fails when it is refused.
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
        loop {
            let answer = self.api.call(method.clone(), path, &headers, body);
            let fault = match answer.await {
                Ok(answer) if answer.status.is_server_error() => answer.to_string(),
                Ok(answer) => return answer.ok(),
                Err(fault) => fault.to_string(),
            };
            self.failed.push(format!("{method} {path}: {fault}"));
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// What the shop answered.
struct Answer {
    status: StatusCode,
    body: Value,
}

impl Answer {
    /// The body of a success.
    fn ok(self) -> Result<Value, Fault> {
        match self.status.is_success() {
            true => Ok(self.body),
            false => Err(self.to_string().into()),
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.body)
    }
}

/// The shop's API.
#[derive(Clone)]
struct Api(Upstream);

impl Api {
    /// A user's `Authorization`.
    async fn sign_in(&self, email: &Value, password: &Value) -> Result<String, Fault> {
        let body = json!({ "email": email, "password": password });
        let session = self.call(Method::POST, "/v1/sessions", &[], Some(&body));
        let token = text(&session.await?.ok()?, "access_token")?;
        Ok(format!("Bearer {token}"))
    }

    /// What a successful GET answers, for whoever has this `Authorization`, or for anybody.
    async fn ask(&self, path: &str, authorization: &str) -> Result<Value, Fault> {
        let headers = [("authorization", authorization)];
        let headers = if authorization.is_empty() {
            &[][..]
        } else {
            &headers
        };
        self.call(Method::GET, path, headers, None).await?.ok()
    }

    /// Calls an operation. Fails without an answer.
    async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Fault> {
        let mut request = Request::builder().method(method).uri(path);
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
        let request = request.body(body)?;
        let exchange = async {
            let (head, body) = self.0.send(request).await?.into_parts();
            let body = to_bytes(body, usize::MAX).await?;
            let body = serde_json::from_slice(&body).unwrap_or_default();
            Ok(Answer {
                status: head.status,
                body,
            })
        };
        tokio::time::timeout(ANSWER, exchange).await?
    }
}
