//! The shop killed with SIGKILL at random instants under checkout load: no acknowledged order is
//! lost, none is charged twice, stock equals start minus sold, nothing stays unsettled.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::http::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use terrace::data::DemoAccounts;

use crate::process::{Process, free_ports};
use crate::visitor::{Visitor, product_with, stock};

/// How often the shop is killed.
const KILLS: usize = 20;

/// How many shoppers order all the time.
const SHOPPERS: usize = 6;

/// What shoppers were told: order ids by status code.
type Told = Arc<Mutex<BTreeMap<String, u16>>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_killed_at_any_instant_keeps_its_word() {
    let folder = tempfile::tempdir().unwrap();
    let ports = free_ports();
    let mut shop = Process::start(folder.path(), ports);
    shop.wait().await;
    let accounts = std::fs::read(folder.path().join("demo-accounts.json")).unwrap();
    let accounts: DemoAccounts = serde_json::from_slice(&accounts).unwrap();
    let staff = shop.visitor().sign_in(&accounts.staff).await;
    let (product, _) = product_with(&shop.visitor(), 1).await;
    let path = format!("/v1/products/{product}/stock");
    let plenty = serde_json::json!({ "stock": 100_000 });
    staff
        .call_with(Method::PUT, &path, &[("if-match", "*")], Some(&plenty))
        .await
        .ok(200);
    let mut shoppers = Vec::new();
    for n in 0..SHOPPERS {
        shoppers.push(shop.visitor().sign_up(&format!("shopper{n}")).await);
    }

    let told = Told::default();
    for round in 0..KILLS {
        let load: Vec<_> = shoppers
            .iter()
            .enumerate()
            .map(|(n, shopper)| {
                let seed = round * SHOPPERS + n;
                tokio::spawn(shop_on(
                    shopper.clone(),
                    product.clone(),
                    seed,
                    told.clone(),
                ))
            })
            .collect();
        // A different instant each time, however slow the machine: up to 260 ms after this round's
        // first order was acknowledged; now and then before there is one.
        if round % 5 != 4 {
            an_order_is_told(&told).await;
        }
        tokio::time::sleep(Duration::from_millis((round as u64 * 97) % 260)).await;
        shop.kill();
        for shopper in load {
            shopper.abort();
            let _ = shopper.await;
        }
        shop = Process::start(folder.path(), ports);
        shop.wait().await;
    }
    let orders = settled(&staff, folder.path()).await;
    let left = stock(&shop.visitor(), &product).await;
    shop.kill();

    let told = told.lock().unwrap();
    assert!(
        told.len() >= KILLS,
        "hardly any order was placed: {}",
        told.len()
    );
    let status = |id: &str| {
        orders
            .get(id)
            .map(|order| order["status"].as_str().unwrap())
    };
    for (id, code) in told.iter() {
        match code {
            201 => assert_eq!(status(id), Some("confirmed"), "{id}"),
            _ => assert!(status(id).is_some(), "{id} is lost"),
        }
    }
    let confirmed: Vec<&Value> = orders
        .values()
        .filter(|order| order["status"] == "confirmed")
        .collect();
    let sold: i64 = confirmed.iter().map(|order| quantity(order)).sum();
    assert_eq!(left, 100_000 - sold, "stock is not start minus sold");
    let charged: BTreeMap<String, i64> = charges(folder.path());
    let owed: BTreeMap<String, i64> = confirmed
        .iter()
        .map(|order| {
            (
                text(order, "id"),
                order["total"]["amount"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(charged, owed, "what is charged is not what was ordered");
}

/// Waits until one more order is acknowledged.
async fn an_order_is_told(told: &Told) {
    let count = || told.lock().unwrap().len();
    let (before, started) = (count(), Instant::now());
    while count() == before {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "no order is acknowledged"
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Orders as fast as the shop lets, until it is killed.
async fn shop_on(shopper: Visitor, product: String, seed: usize, told: Told) {
    for n in 0.. {
        let card = if (seed + n) % 5 == 4 {
            "tok_declined"
        } else {
            "tok_visa"
        };
        let path = format!("/v1/cart/items/{product}");
        let one = serde_json::json!({ "quantity": 1 });
        shopper.call(Method::PUT, &path, Some(&one)).await.ok(200);
        let answer = shopper.order(&format!("{seed}-{n}"), card).await;
        let code = answer.status.as_u16();
        if matches!(code, 201 | 202) {
            let id = text(&answer.ok(code), "id");
            told.lock().unwrap().insert(id, code);
        }
    }
}

/// All orders, once every one of them is settled. No answer tells whether stock and money of a
/// cancelled order are back: the orders' own file does.
async fn settled(staff: &Visitor, data: &Path) -> BTreeMap<String, Value> {
    let started = Instant::now();
    loop {
        let open = unsettled(data);
        if open.is_empty() {
            let orders = all_orders(staff).await;
            for order in orders.values() {
                match order["status"].as_str().unwrap() {
                    "confirmed" => assert_eq!(order["payment"]["status"], "captured"),
                    "cancelled" => assert_ne!(order["payment"]["status"], "authorised"),
                    other => panic!("settled, and {other}"),
                }
            }
            return orders;
        }
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "unsettled: {open:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn all_orders(staff: &Visitor) -> BTreeMap<String, Value> {
    let mut orders = BTreeMap::new();
    let mut next = "/v1/admin/orders?limit=100".to_owned();
    loop {
        let page = staff.call(Method::GET, &next, None).await.ok(200);
        for order in page["items"].as_array().unwrap() {
            orders.insert(text(order, "id"), order.clone());
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("/v1/admin/orders?limit=100&cursor={cursor}"),
            None => return orders,
        }
    }
}

fn quantity(order: &Value) -> i64 {
    order["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["quantity"].as_i64().unwrap())
        .sum()
}

/// The orders that have steps left to take, read from the orders' own file.
fn unsettled(data: &Path) -> Vec<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let orders = Connection::open_with_flags(data.join("orders.db"), flags).unwrap();
    let sql = "select number || ' ' || status || ' ' || saga from purchase where settled = 0";
    let mut rows = orders.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// What the card network took, by order, read from the payments' own file.
fn charges(data: &Path) -> BTreeMap<String, i64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let payments = Connection::open_with_flags(data.join("payments.db"), flags).unwrap();
    let sql = "select order_id, amount from payment where state = 'captured'";
    let mut rows = payments.prepare(sql).unwrap();
    let rows = rows.query_map([], |row| {
        Ok((row.get::<_, uuid::Uuid>(0)?.to_string(), row.get(1)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}
