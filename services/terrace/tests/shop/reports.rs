//! What is bought shows in the reports: once, whatever comes twice and whoever dies when.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use axum::http::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use terrace::data::DemoAccounts;
use uuid::Uuid;

use crate::{
    process::{Process, free_ports},
    visitor::{Visitor, product_with},
};

const TIMEOUT: Duration = Duration::from_secs(60);

/// How many orders the shop is killed after.
const KILLS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_bought_shows_once_although_the_shop_dies_and_an_event_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let ports = free_ports();
    let mut shop = Process::start(folder.path(), ports);
    shop.wait().await;
    let staff = staff(folder.path(), &shop.visitor()).await;
    let rose = shop.visitor().sign_up("rose").await;
    let (product, _) = product_with(&rose, 3 * KILLS as i64).await;
    let mut revenue = 0;
    for n in 0..KILLS {
        rose.put_in_cart(&product, 2).await;
        let order = rose.order(&format!("order-{n}"), "tok_visa").await.ok(201);
        revenue += order["subtotal"]["amount"].as_i64().unwrap();
        // Somewhere between the order's commit and the event's end.
        tokio::time::sleep(Duration::from_millis(n as u64 * 3)).await;
        shop.kill();
        shop = Process::start(folder.path(), ports);
        shop.wait().await;
    }
    rose.put_in_cart(&product, 1).await;
    let declined = rose.order("declined", "tok_declined").await;
    declined.refused(402, "payment-declined");

    let seen = until(&staff, |summary, outcomes| {
        summary["orders"] == KILLS && outcomes["orders"] == KILLS + 1
    });
    let (summary, outcomes) = seen.await;

    assert_eq!(summary["revenue"]["amount"], revenue);
    assert_eq!(summary["units"], 2 * KILLS);
    assert_eq!(summary["customers"], 1);
    let cancelled = &outcomes["items"][0];
    assert_eq!(
        (
            &cancelled["status"],
            &cancelled["reason"],
            &cancelled["orders"]
        ),
        (&json!("cancelled"), &json!("payment-declined"), &json!(1))
    );
    let path = "/v1/reports/sales?by=product";
    let sales = staff.call(Method::GET, path, None).await.ok(200);
    assert_eq!(sales["items"][0]["id"], product);
    assert_eq!(sales["items"][0]["units"], 2 * KILLS);

    // The outbox tells an event again, under which now another order would be.
    assert_eq!(shop.interrupt(), Some(0));
    let again = event_again(folder.path());
    let mut shop = Process::start(folder.path(), ports);
    shop.wait().await;
    let started = Instant::now();
    while waiting(folder.path()) > 0 {
        assert!(started.elapsed() < TIMEOUT, "{again} waits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let staff = self::staff(folder.path(), &shop.visitor()).await;
    let after = staff.call(Method::GET, "/v1/reports/summary", None).await;
    assert_eq!(after.ok(200), summary);

    // And who leaves is nobody's customer.
    let rose = shop.visitor().with_token(rose.token.as_deref().unwrap());
    rose.call(Method::DELETE, "/v1/me", None).await.ok(204);
    let (summary, _) = until(&staff, |summary, _| summary["customers"] == 0).await;
    assert_eq!(summary["revenue"]["amount"], revenue);
    let query = json!({ "sql": "select count(*), count(customer_key) from fact_orders" });
    let answer = staff.call(Method::POST, "/v1/reports/queries", Some(&query));
    assert_eq!(answer.await.ok(200)["rows"], json!([[KILLS + 1, 0]]));
}

async fn staff(data: &Path, visitor: &Visitor) -> Visitor {
    let accounts = std::fs::read(data.join("demo-accounts.json")).unwrap();
    let accounts: DemoAccounts = serde_json::from_slice(&accounts).unwrap();
    visitor.sign_in(&accounts.staff).await
}

/// The summary and the outcomes, once they are so.
async fn until(staff: &Visitor, is_so: impl Fn(&Value, &Value) -> bool) -> (Value, Value) {
    let started = Instant::now();
    loop {
        let summary = staff.call(Method::GET, "/v1/reports/summary", None).await;
        let outcomes = staff.call(Method::GET, "/v1/reports/outcomes", None).await;
        let (summary, outcomes) = (summary.ok(200), outcomes.ok(200));
        if is_so(&summary, &outcomes) {
            return (summary, outcomes);
        }
        assert!(started.elapsed() < TIMEOUT, "{summary} {outcomes}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Puts an event that was counted back into the outbox, in the name of another order. Its id.
fn event_again(data: &Path) -> String {
    let reports =
        Connection::open_with_flags(data.join("reports.db"), OpenFlags::SQLITE_OPEN_READ_ONLY);
    let counted = "select event_id from events_taken where topic = 'order.confirmed'";
    let id: String = reports
        .unwrap()
        .query_row(counted, [], |row| row.get(0))
        .unwrap();
    let money = json!({ "amount": 1_000, "currency": "USD" });
    let facts = json!({
        "order_id": Uuid::now_v7(), "user_id": Uuid::now_v7(), "status": "confirmed", "reason": null,
        "at": "2026-03-01T10:00:00Z", "placed_at": "2026-03-01T10:00:00Z", "subtotal": money,
        "shipping": money, "tax": money, "total": money, "lines": [],
    });
    let orders = Connection::open(data.join("orders.db")).unwrap();
    let insert = "insert into outbox (id, topic, key, payload, at)
        values (?1, 'order.confirmed', 'again', ?2, 0)";
    let values = (id.parse::<Uuid>().unwrap(), facts.to_string());
    orders.execute(insert, values).unwrap();
    id
}

/// How many events the outbox of orders has.
fn waiting(data: &Path) -> i64 {
    let path = data.join("orders.db");
    let orders = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    orders
        .query_row("select count(*) from outbox", [], |row| row.get(0))
        .unwrap()
}
