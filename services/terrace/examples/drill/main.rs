//! Shoppers in a drill, who buy while parts of the shop are gone, and a visitor who reads its pages.
//! Signs the shoppers up, fills the shelves and says `ready`; they buy until a line comes on
//! standard input. Each repeats a request that failed or was not answered, an order with the same
//! `Idempotency-Key`, until it is answered. Then it waits until every order is settled, and checks
//! that the shop kept its word: each order is there once and confirmed, and stock is what was there
//! minus what was sold. The last line says, as JSON, what failed meanwhile and what each order owes.
//! `cargo xtask drill` drives it; where there are several edges or sites, their addresses stand with
//! commas between, and the client does what a load balancer before them would.
//!
//! Reading order: `shopper`, `visitor`, then `api`, by which they reach the shop.

mod api;
mod shopper;
mod visitor;

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

use axum::http::Method;
use client::Upstream;
use serde_json::{Value, json};

use crate::{
    api::{Api, Fault, text},
    shopper::Shopper,
};

/// What each shelf holds at the start, and how many of them are bought from.
const STOCK: i64 = 1_000_000;
const PRODUCTS: usize = 12;

/// How long until something is tried again.
const PAUSE: Duration = Duration::from_millis(200);

/// How long the shop may take to finish what it has begun.
const SETTLED: Duration = Duration::from_secs(60);

// One thread: the machine is to work for the shop.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [api, site, accounts, count] = arguments.as_slice() else {
        let usage = "drill <addresses of the API> <of the site> <demo-accounts.json> <how many>";
        return Err(usage.into());
    };
    let api = Api(Upstream::http(api.parse()?));
    let site = Api(Upstream::http(site.parse()?));
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
    let visiting = tokio::spawn(visitor::read_until(site, enough.clone()));
    tokio::task::spawn_blocking(|| stdin().read_line(&mut String::new())).await??;
    enough.store(true, Ordering::SeqCst);
    let (mut acknowledged, mut failed) = (Vec::new(), visiting.await?);
    for shopper in shopping {
        let shopper = shopper.await??;
        acknowledged.extend(shopper.acknowledged);
        failed.extend(shopper.failed);
    }

    let orders = settled(&api, &staff).await?;
    let owed = kept_word(&orders, &acknowledged)?;
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

/// What each order owes. Fails when an acknowledged order is not confirmed, and when there is one
/// that was acknowledged to nobody: all were answered in the end, so it would be a second one.
fn kept_word(
    orders: &BTreeMap<String, Value>,
    acknowledged: &[String],
) -> Result<BTreeMap<String, i64>, Fault> {
    let mut owed = BTreeMap::new();
    for id in acknowledged {
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
