//! What a person tells the shop reaches no log, no metric and no span, even at the level `trace`.

use std::{fs::File, path::Path, process::Stdio};

use axum::http::Method;
use serde_json::{Value, json};
use terrace::data::DemoAccounts;

use crate::{
    collector::Collector,
    process::{Process, free_ports, terrace},
    visitor::{Visitor, product_with},
};

/// Stands in everything that is personal; nothing else in the shop is called so.
const MARK: &str = "zmarkz";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_reaches_a_log_a_metric_or_a_span() {
    let collector = Collector::open().await;
    let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports());
    let log = folder.path().join("shop.log");
    let mut command = terrace(folder.path(), ports);
    command
        .env("TERRACE_LOG__LEVEL", "trace")
        .env("TERRACE_LOG__FORMAT", "json")
        .env("TERRACE_OTLP", &collector.url)
        .stderr(Stdio::from(File::create(&log).unwrap()));
    let mut shop = Process::run(&mut command, ports);
    shop.wait().await;

    let rose = live(&shop.visitor()).await;
    rose.call(Method::GET, "/v1/me", None).await.ok(200);
    tell_orders(&rose, folder.path()).await;
    tell_reports(&rose).await;

    let metrics = shop.metrics().await;
    // The last spans leave with the process.
    assert_eq!(shop.interrupt(), Some(0));
    let log = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    assert!(lines.iter().any(|line| line["message"] == "answered"));
    assert_traced_by_orders(&lines);
    assert!(metrics.contains("edge_request_seconds_count"), "{metrics}");
    let spans = collector.spans();
    assert!(spans.iter().any(|span| span.name == "sign_up"));

    assert_unmarked("a log line", log.lines());
    assert_unmarked("a metric", metrics.lines());
    assert_unmarked("a span", spans.iter().map(|span| span.text.as_str()));
}

/// What orders say of one order can be found by its trace.
#[track_caller]
fn assert_traced_by_orders(lines: &[Value]) {
    let of_order = |line: &&Value| line["trace_id"] == TRACE;
    let of_order: Vec<_> = lines.iter().filter(of_order).collect();
    let answered = |line: &&&Value| line["message"] == "answered" && line["status"] == 201;
    assert_eq!(of_order.iter().filter(answered).count(), 1, "{of_order:#?}");
}

#[track_caller]
fn assert_unmarked<'a>(what: &str, texts: impl Iterator<Item = &'a str>) {
    for text in texts {
        assert!(!text.to_lowercase().contains(MARK), "{what} tells: {text}");
    }
}

/// What reports are told of who looks at pages.
async fn tell_reports(rose: &Visitor) {
    let search = json!({ "words": MARK, "found": 0 });
    let searched = json!({ "visit": uuid::Uuid::new_v4(), "searches": [search] });
    let clicks = rose.call(Method::POST, "/v1/clicks", Some(&searched));
    clicks.await.ok(202);
    let astray = json!({ "visit": MARK, "pages": [{ "page": MARK }] });
    rose.call(Method::POST, "/v1/clicks", Some(&astray))
        .await
        .refused(422, "invalid-body");
}

/// What orders are told of who buys, wherever the shop's data is.
async fn tell_orders(rose: &Visitor, data: &Path) {
    let book = rose.call(Method::GET, "/v1/me/addresses", None).await;
    let address_id = book.ok(200)["items"][0]["id"].clone();
    let (product, _) = product_with(rose, 2).await;
    rose.put_in_cart(&product, 1).await;
    let total = rose.total().await;
    let declined = json!({
        "address": home(), "payment": { "token": format!("tok_{MARK}") }, "expected_total": total,
    });
    order(rose, "first", &declined)
        .await
        .refused(402, "payment-declined");
    let paid = json!({
        "address_id": address_id, "payment": { "token": "tok_visa" }, "expected_total": total,
    });
    let paid = order(rose, "second", &paid).await.ok(201);
    let ship = format!("/v1/orders/{}/ship", paid["id"].as_str().unwrap());
    let accounts = std::fs::read(data.join("demo-accounts.json")).unwrap();
    let accounts: DemoAccounts = serde_json::from_slice(&accounts).unwrap();
    let staff = rose.sign_in(&accounts.staff).await;
    let illegible = json!({ "tracking_code": format!("{MARK}?") });
    let answer = staff.call(Method::POST, &ship, Some(&illegible)).await;
    answer.refused(422, "invalid-body");
    let parcel = json!({ "tracking_code": MARK });
    staff.call(Method::POST, &ship, Some(&parcel)).await.ok(200);
}

/// Tells the shop everything that one can tell it, rightly and wrongly.
async fn live(visitor: &Visitor) -> Visitor {
    let email = format!("{MARK}@garden.example");
    let password = format!("{MARK} is a long password");
    let account = json!({ "email": email, "password": password, "name": MARK });
    let credentials = json!({ "email": email, "password": password });
    let guess = json!({ "email": email, "password": format!("{MARK} guessed") });
    visitor
        .call(Method::POST, "/v1/users", Some(&account))
        .await
        .ok(201);
    visitor
        .call(Method::POST, "/v1/users", Some(&account))
        .await
        .refused(409, "email-taken");
    visitor
        .call(Method::POST, "/v1/sessions", Some(&guess))
        .await
        .refused(401, "wrong-credentials");
    let tokens = visitor
        .call(Method::POST, "/v1/sessions", Some(&credentials))
        .await
        .ok(201);
    let rose = visitor.with_token(tokens["access_token"].as_str().unwrap());

    let home = home();
    let book = rose.call(Method::POST, "/v1/me/addresses", Some(&home));
    book.await.ok(201);
    let invalid = json!({ "name": MARK, "country": MARK });
    let answer = rose
        .call(Method::POST, "/v1/me/addresses", Some(&invalid))
        .await;
    assert!(answer.status.is_client_error());
    let renamed = json!({ "name": format!("{MARK} again") });
    rose.call(Method::PATCH, "/v1/me", Some(&renamed))
        .await
        .ok(200);

    for path in [
        format!("/v1/products?q={MARK}"),
        format!("/v1/products/{MARK}"),
        format!("/v1/orders/{MARK}"),
        format!("/v1/{MARK}"),
        format!("//{MARK}"),
    ] {
        rose.call(Method::GET, &path, None).await;
    }

    let forged = visitor.with_token(MARK);
    forged
        .call(Method::GET, "/v1/me", None)
        .await
        .refused(401, "invalid-token");
    let method = Method::from_bytes(MARK.as_bytes()).unwrap();
    visitor
        .call(method, "/v1/products", None)
        .await
        .refused(405, "method-not-allowed");
    rose
}

fn home() -> Value {
    json!({
        "name": MARK, "line1": format!("1 {MARK} Lane"), "line2": MARK, "city": MARK,
        "region": MARK, "postal_code": MARK, "country": "US",
    })
}

async fn order(rose: &Visitor, key: &str, body: &Value) -> testkit::service::Answer {
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let key = format!("{MARK}-{key}");
    let headers = [
        ("idempotency-key", key.as_str()),
        ("traceparent", &traceparent),
    ];
    rose.call_with(Method::POST, "/v1/orders", &headers, Some(body))
        .await
}
