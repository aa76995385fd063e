//! Shoppers in a drill, who buy while parts of the shop are gone, and visitors who read its pages.
//! Signs the shoppers up, fills the shelves and says `ready`; they buy until a line comes on
//! standard input. Their client repeats what failed or was not answered, and so do they, an order with the same
//! `Idempotency-Key`, until it is answered. Then it waits until every order is settled, and checks
//! that the shop kept its word: each order is there once and confirmed, and stock is what was there
//! minus what was sold. The last line says, as JSON, what failed meanwhile, each attempt of it, and what each order owes.
//! `cargo xtask drill` drives it; where there are several edges or sites, their addresses stand with
//! commas between.
//!
//! Reading order: `shopper`, `visitor`.

mod shopper;
mod visitor;

use std::{
    collections::BTreeMap,
    env,
    io::stdin,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, future::join_all};
use serde_json::json;
use shoppers::{Account, Fault, Service};
use terrace_sdk::{
    Client, Config, ListAllOrdersParams, ListProductsParams, SetStockParams, each,
    types::{Order, OrderStatus, PaymentStatus, SetStock},
};

use crate::shopper::Shopper;

/// What each shelf holds at the start, and how many of them are bought from.
const STOCK: i64 = 1_000_000;
const PRODUCTS: i64 = 12;

/// How many read the pages. One alone would keep one connection, to one replica.
const VISITORS: usize = 2;

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
    let (api, site) = (Service::at(api)?, Service::at(site)?);
    let staff = Client::new(Config {
        http: api.http.clone(),
        ..Config::new(&api.url)
    });
    Account::staff(accounts)?.sign_in(&staff).await?;
    let products = fill_shelves(&staff).await?;
    let mut shoppers = Vec::new();
    for _ in 0..count.parse()? {
        shoppers.push(Shopper::sign_up(&api).await?);
    }
    println!("ready");

    let enough = AtomicBool::new(false);
    let waiting = async {
        let line = tokio::task::spawn_blocking(|| stdin().read_line(&mut String::new()));
        let read = line.await;
        enough.store(true, Ordering::SeqCst);
        read
    };
    let shopping = shoppers
        .into_iter()
        .map(|shopper| shopper.buy_until(&enough, &products));
    let visiting = (0..VISITORS).map(|_| visitor::read_until(&site, &enough));
    let (line, shopped, visited) = tokio::join!(waiting, join_all(shopping), join_all(visiting));
    line??;
    let (mut acknowledged, mut failed) = (Vec::new(), visited.concat());
    for shopper in shopped {
        let shopper = shopper?;
        acknowledged.extend(shopper.acknowledged);
        failed.extend(shopper.failed);
    }

    let orders = settled(&staff).await?;
    let owed = kept_word(&orders, &acknowledged)?;
    for product in &products {
        shelf_is_right(&staff, product, &orders).await?;
    }
    println!("{}", json!({ "owed": owed, "failed": failed }));
    Ok(())
}

/// The products to buy, all in stock.
async fn fill_shelves(staff: &Client) -> Result<Vec<String>, Fault> {
    let some = ListProductsParams {
        limit: Some(PRODUCTS),
        ..Default::default()
    };
    let whatever_is_there = SetStockParams {
        if_match: Some("*".to_owned()),
    };
    let mut ids = Vec::new();
    for product in staff.list_products(&some).await?.items {
        let full = SetStock { stock: STOCK };
        staff
            .set_stock(&product.id, &whatever_is_there, &full)
            .await?;
        ids.push(product.id);
    }
    Ok(ids)
}

/// All orders by id, once every one of them is settled and the shop can tell.
async fn settled(staff: &Client) -> Result<BTreeMap<String, Order>, Fault> {
    let started = Instant::now();
    loop {
        let fault = match all_orders(staff).await {
            Ok(orders) => match orders.values().find(|order| is_open(order)) {
                None => return Ok(orders),
                Some(order) => format!("not settled: {order:?}").into(),
            },
            Err(fault) => fault,
        };
        if started.elapsed() > SETTLED {
            return Err(fault);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_open(order: &Order) -> bool {
    match order.status {
        OrderStatus::Confirmed => order.payment.status != PaymentStatus::Captured,
        OrderStatus::Cancelled => order.payment.status == PaymentStatus::Authorised,
        OrderStatus::Placed | OrderStatus::Shipped | OrderStatus::Delivered => true,
    }
}

async fn all_orders(staff: &Client) -> Result<BTreeMap<String, Order>, Fault> {
    let mut listed = pin!(each(|cursor| async move {
        let page = ListAllOrdersParams {
            cursor,
            limit: Some(100),
            ..Default::default()
        };
        staff.list_all_orders(&page).await
    }));
    let mut orders = BTreeMap::new();
    while let Some(order) = listed.next().await {
        let order = order?;
        orders.insert(order.id.clone(), order);
    }
    Ok(orders)
}

/// What each order owes. Fails when an acknowledged order is not confirmed, and when there is one
/// that was acknowledged to nobody: all were answered in the end, so it would be a second one.
fn kept_word(
    orders: &BTreeMap<String, Order>,
    acknowledged: &[String],
) -> Result<BTreeMap<String, i64>, Fault> {
    let mut owed = BTreeMap::new();
    for id in acknowledged {
        let order = orders.get(id).ok_or_else(|| format!("{id} is lost"))?;
        if order.status != OrderStatus::Confirmed {
            return Err(format!("not confirmed: {order:?}").into());
        }
        if owed.insert(id.clone(), order.total.amount).is_some() {
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
    shop: &Client,
    product: &str,
    orders: &BTreeMap<String, Order>,
) -> Result<(), Fault> {
    let lines = orders.values().flat_map(|order| &order.lines);
    let lines = lines.filter(|line| line.product_id == product);
    let sold: i64 = lines.map(|line| line.quantity).sum();
    match shop.get_product_v2(product).await?.stock {
        stock if stock == STOCK - sold => Ok(()),
        stock => Err(format!("{product}: {sold} sold of {STOCK}, left {stock}").into()),
    }
}
