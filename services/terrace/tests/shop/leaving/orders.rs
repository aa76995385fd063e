//! Who has bought something leaves: what is on its way has somewhere to go until it has arrived.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use axum::http::Method;
use serde_json::json;
use terrace::data::{DemoAccount, DemoAccounts};

use super::{LEAVES, STAYS, TIMEOUT, database, files, files_with, has, home, marked, until};
use crate::{
    process::{Process, free_ports, terrace},
    visitor::{Visitor, product_with},
};

/// Somebody who has told the shop all that one can tell it.
struct Person {
    visitor: Visitor,
    account: DemoAccount,
    /// Confirmed, and not shipped yet.
    open: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_who_has_left_is_in_any_database_or_log_and_all_of_who_stays_is() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports());
    let data = folder.path().join("data");
    let log = folder.path().join("shop.log");
    let start = || {
        let mut command = terrace(&data, ports);
        let log = File::options().create(true).append(true).open(&log);
        command
            .env("TERRACE_LOG__LEVEL", "debug")
            .stderr(Stdio::from(log.unwrap()));
        Process::run(&mut command, ports)
    };
    let mut shop = start();
    shop.wait().await;
    let staff = staff(&data, &shop.visitor()).await;
    let rose = live(&shop.visitor(), &staff, LEAVES).await;
    let lily = live(&shop.visitor(), &staff, STAYS).await;
    assert!(!marked(&data, LEAVES).is_empty());

    let archive = rose.visitor.call(Method::GET, "/v1/me/export", None).await;
    let [own, others] = [LEAVES, STAYS].map(|mark| files_with(&archive, mark));
    assert_eq!(own, ["account.json", "orders.json"]);
    assert!(others.is_empty(), "{others:?}");
    let gone = rose.visitor.call(Method::DELETE, "/v1/me", None).await;
    gone.ok(204);

    until("the orders forget", || departed(&data, "orders") == 1).await;
    until("the letters are gone", || departed(&data, "notices") == 1).await;
    until("the last letter is sent", || waiting(&data) == 0).await;
    let refused = rose.visitor.call(Method::GET, "/v1/me", None).await;
    refused.refused(401, "invalid-token");
    let again = json!({ "email": rose.account.email, "password": rose.account.password });
    let again = shop
        .visitor()
        .call(Method::POST, "/v1/sessions", Some(&again))
        .await;
    again.refused(401, "wrong-credentials");
    // What is on its way has somewhere to go.
    let open = format!("/v1/orders/{}", rose.open);
    let under_way = staff.call(Method::GET, &open, None).await.ok(200);
    assert_eq!(under_way["address"]["line1"], format!("1 {LEAVES} Lane"));
    let in_tables = marked(&data, LEAVES);
    assert!(
        in_tables.iter().all(|it| it == "orders.purchase.address"),
        "{in_tables:?}"
    );
    for step in ["ship", "deliver"] {
        let path = format!("{open}/{step}");
        let parcel = json!({ "tracking_code": LEAVES });
        let body = (step == "ship").then_some(&parcel);
        staff.call(Method::POST, &path, body).await.ok(200);
    }
    let order = staff.call(Method::GET, &open, None).await.ok(200);
    assert_eq!(order["address"]["country"], "US");
    assert_eq!(order["status"], "delivered");
    // The databases' logs begin anew with the process.
    assert_eq!(shop.interrupt(), Some(0));
    let mut shop = start();
    shop.wait().await;

    assert_eq!(marked(&data, LEAVES), Vec::<String>::new());
    for file in files(&data) {
        assert!(
            !has(&fs::read(&file).unwrap(), LEAVES),
            "{}",
            file.display()
        );
    }
    let log = fs::read(&log).unwrap();
    assert!(!has(&log, LEAVES) && !has(&log, STAYS), "the log tells");
    let in_tables = marked(&data, STAYS);
    for kept in [
        "users.user.email",
        "users.address.line1",
        "orders.purchase.address",
    ] {
        assert!(in_tables.iter().any(|it| it == kept), "{in_tables:?}");
    }
    let lily = shop.visitor().sign_in(&lily.account).await;
    let archive = lily.call(Method::GET, "/v1/me/export", None).await;
    let [own, others] = [STAYS, LEAVES].map(|mark| files_with(&archive, mark));
    assert_eq!(own, ["account.json", "orders.json"]);
    assert!(others.is_empty(), "{others:?}");
    let cart = lily.call(Method::GET, "/v1/cart", None).await.ok(200);
    assert_eq!(cart["items"].as_array().unwrap().len(), 1);
    shop.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_killed_while_somebody_leaves_has_them_whole_or_forgets_them() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports());
    let data = folder.path();
    let mut shop = Process::start(data, ports);
    shop.wait().await;
    let staff = staff(data, &shop.visitor()).await;
    let (mut stayed, mut left) = (0, 0);
    for round in 0..10_u64 {
        let rose = live(&shop.visitor(), &staff, &format!("{LEAVES}{round}")).await;

        let leaving = {
            let visitor = rose.visitor.clone();
            tokio::spawn(async move {
                visitor
                    .attempt(Method::DELETE, "/v1/me", &[], None)
                    .await
                    .is_ok()
            })
        };
        tokio::time::sleep(Duration::from_micros(round * round * 400)).await;
        shop.kill();
        let answered = leaving.await.unwrap();
        shop = Process::start(data, ports);
        shop.wait().await;

        let credentials = json!({ "email": rose.account.email, "password": rose.account.password });
        let signed_in = shop
            .visitor()
            .call(Method::POST, "/v1/sessions", Some(&credentials))
            .await;
        if signed_in.status == 201 {
            assert!(!answered, "what was answered has happened");
            stayed += 1;
            let visitor = shop.visitor().sign_in(&rose.account).await;
            let archive = visitor.call(Method::GET, "/v1/me/export", None).await;
            assert_eq!(
                files_with(&archive, LEAVES),
                ["account.json", "orders.json"]
            );
            let cart = visitor.call(Method::GET, "/v1/cart", None).await.ok(200);
            assert_eq!(cart["items"].as_array().unwrap().len(), 1);
            // The next round counts who has left.
            visitor.call(Method::DELETE, "/v1/me", None).await.ok(204);
        } else {
            signed_in.refused(401, "wrong-credentials");
        }
        left += 1;
        for service in ["orders", "notices"] {
            until(service, || departed(data, service) == left).await;
        }
        // A letter that was on its way at the kill is sent again in two minutes.
        until("all is told", || count(data, "users", "outbox") == 0).await;
        let open = format!("/v1/orders/{}", rose.open);
        for step in ["ship", "deliver"] {
            let path = format!("{open}/{step}");
            staff.call(Method::POST, &path, None).await.ok(200);
        }
        assert_eq!(marked(data, LEAVES), Vec::<String>::new(), "round {round}");
    }
    assert!(stayed < 10, "nobody has left before the shop was killed");
    shop.kill();
}

async fn staff(data: &Path, visitor: &Visitor) -> Visitor {
    let accounts = fs::read(data.join("demo-accounts.json")).unwrap();
    let accounts: DemoAccounts = serde_json::from_slice(&accounts).unwrap();
    visitor.sign_in(&accounts.staff).await
}

/// Somebody who buys as well, and tells orders everything, with this mark in it.
async fn live(visitor: &Visitor, staff: &Visitor, mark: &str) -> Person {
    let (rose, account) = super::live(visitor, mark).await;
    let home = home(mark);
    let (product, _) = product_with(&rose, 20).await;
    let mut orders = Vec::new();
    for (key, card, status) in [
        ("delivered", "tok_visa".to_owned(), 201),
        ("cancelled", "tok_mastercard".to_owned(), 201),
        ("declined", "tok_".to_owned() + &letters(mark), 402),
        ("open", "tok_visa".to_owned(), 201),
    ] {
        rose.put_in_cart(&product, 1).await;
        let body = json!({
            "address": home, "payment": { "token": card }, "expected_total": rose.total().await,
        });
        let key = format!("{mark}-{key}");
        let key = [("idempotency-key", key.as_str())];
        let order = rose.call_with(Method::POST, "/v1/orders", &key, Some(&body));
        let order = order.await.ok(status);
        if let Some(id) = order["id"].as_str() {
            settled(&rose, id).await;
            orders.push(id.to_owned());
        }
    }
    let parcel = json!({ "tracking_code": mark });
    for (step, body) in [("ship", Some(&parcel)), ("deliver", None)] {
        let path = format!("/v1/orders/{}/{step}", orders[0]);
        staff.call(Method::POST, &path, body).await.ok(200);
    }
    let cancel = format!("/v1/orders/{}/cancel", orders[1]);
    rose.call(Method::POST, &cancel, None).await.ok(200);
    rose.put_in_cart(&product, 1).await;
    Person {
        visitor: rose,
        account,
        open: orders.remove(2),
    }
}

/// A mark as a card's token may have it.
fn letters(mark: &str) -> String {
    mark.chars().filter(char::is_ascii_lowercase).collect()
}

async fn settled(visitor: &Visitor, order: &str) {
    let path = format!("/v1/orders/{order}");
    let started = Instant::now();
    loop {
        let order = visitor.call(Method::GET, &path, None).await.ok(200);
        if order["payment"]["status"] == "captured" {
            return;
        }
        assert!(started.elapsed() < TIMEOUT, "it does not settle");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn departed(data: &Path, service: &str) -> i64 {
    count(data, service, "departed")
}

/// How many letters wait, or are on their way from users.
fn waiting(data: &Path) -> i64 {
    count(data, "notices", "letter") + count(data, "users", "outbox")
}

fn count(data: &Path, service: &str, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    let db = database(data, service);
    db.query_row(&sql, [], |row| row.get(0)).unwrap()
}
