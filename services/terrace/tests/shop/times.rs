//! Every time that the shop tells has milliseconds, no more and no fewer: times sort as text.

use std::collections::BTreeSet;

use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use users::totp::Secret;

use crate::visitor::{Visitor, open};

#[tokio::test]
async fn every_time_in_every_answer_has_milliseconds() {
    let shop = open().await;
    let visitor = &shop.visitor;
    let document = visitor
        .call(Method::GET, "/v1/openapi.json", None)
        .await
        .ok(200);
    let mut described = BTreeSet::new();
    find_times(&document, &mut described);
    let account = json!({
        "email": "times@garden.example", "password": "a long enough password", "name": "Rose",
    });
    let account = visitor.call(Method::POST, "/v1/users", Some(&account));
    let account = account.await.ok(201);
    let rose = visitor.sign_up("rose").await;
    let credentials = rose.call(Method::POST, "/v1/me/credentials", None);
    let credentials = credentials.await.ok(201);
    let begun = rose.call(Method::POST, "/v1/me/totp", None).await.ok(200);
    let secret = testkit::base32(begun["secret"].as_str().unwrap());
    let code = Secret::from_bytes(&secret).unwrap().code(Timestamp::now());
    let code = json!({ "challenge": begun["challenge"], "code": code });
    let added = rose.call(Method::PUT, "/v1/me/totp", Some(&code)).await;
    added.ok(200);
    let factors = rose.call(Method::GET, "/v1/me/second-factors", None);
    let factors = factors.await.ok(200);
    let sessions = rose
        .call(Method::GET, "/v1/me/sessions", None)
        .await
        .ok(200);

    let manager = visitor
        .sign_in(shop.accounts.manager.as_ref().unwrap())
        .await;
    let group = format!(
        "/v1/people/{}/groups/staff",
        account["id"].as_str().unwrap()
    );
    manager.call(Method::PUT, &group, None).await.ok(204);
    let audit = manager.call(Method::GET, "/v1/audit", None).await.ok(200);

    let mut told = BTreeSet::new();
    for answer in [account, audit, credentials, factors, sessions] {
        check_times(&answer, &described, &mut told);
    }
    for answer in answers_of_orders(&rose).await {
        check_times(&answer, &described, &mut told);
    }

    assert_eq!(told, described, "a time that is described was not told");
}

async fn answers_of_orders(rose: &Visitor) -> [Value; 4] {
    let order = rose.orders_something("once").await;
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    let cancel = format!("{path}/cancel");
    let cancelled = rose.call(Method::POST, &cancel, None).await.ok(200);
    let events = format!("{path}/events");
    let events = rose.call(Method::GET, &events, None).await.text();
    let events = events.lines().filter_map(|line| line.strip_prefix("data:"));
    let events: Vec<Value> = events.map(|data| data.parse().unwrap()).collect();
    assert_eq!(events.len(), 3);
    let orders = rose.call(Method::GET, "/v1/orders", None).await.ok(200);
    [order, cancelled, events.into(), orders]
}

/// The names of all fields that a document describes as times.
fn find_times(document: &Value, found: &mut BTreeSet<String>) {
    if let Some(fields) = document["properties"].as_object() {
        let times = fields.iter().filter(|(_, it)| it["format"] == "date-time");
        found.extend(times.map(|(name, _)| name.clone()));
    }
    parts(document).for_each(|(_, part)| find_times(part, found));
}

fn check_times(answer: &Value, described: &BTreeSet<String>, told: &mut BTreeSet<String>) {
    for (name, part) in parts(answer) {
        if described.contains(name) {
            let time = part.as_str().unwrap();
            let has_milliseconds = time.len() == "2026-11-28T09:30:00.000Z".len()
                && time.rfind('.') == Some(19)
                && time.ends_with('Z');
            assert!(has_milliseconds, "{name}: {time}");
            told.insert(name.to_owned());
        }
        check_times(part, described, told);
    }
}

/// What a value consists of, with its name where it has one.
fn parts(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = value.as_object().into_iter().flatten();
    let items = value.as_array().into_iter().flatten();
    let fields = fields.map(|(name, part)| (name.as_str(), part));
    fields.chain(items.map(|part| ("", part)))
}
