//! `PATCH /v1/products/{id}`.

use http::Method;
use serde_json::{Value, json};
use testkit::service::{Answer, request};
use uuid::Uuid;

use crate::shop::{Shop, change, product};

async fn shop_with_one() -> (Shop, Uuid) {
    let basil = product("Basil");
    let id = basil.id;
    (Shop::with(vec![basil]).await, id)
}

async fn patch(shop: &Shop, id: Uuid, tag: &str, body: Value) -> Answer {
    let path = format!("/v1/products/{id}");
    change(&shop.staff(), Method::PATCH, &path, tag, &body).await
}

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let (shop, id) = shop_with_one().await;
    let before = shop.product(id).await;
    let price = json!({ "amount": 4200, "currency": "USD" });

    let seen = shop.tag(id).await;

    let answer = patch(
        &shop,
        id,
        &seen,
        json!({ "price": price, "category": "herbs" }),
    )
    .await;

    let after = answer.ok(200);
    assert_ne!(answer.header("etag"), seen);
    assert_eq!(answer.header("etag"), shop.tag(id).await);
    let mut expected = before;
    expected["price"] = price;
    expected["category"] = json!("herbs");
    assert_eq!(after, expected);
    assert_eq!(shop.product(id).await, expected);
    assert_eq!(shop.names("?category=herbs").await, ["Basil"]);
}

#[tokio::test]
async fn every_field_can_change_and_null_changes_nothing() {
    let (shop, id) = shop_with_one().await;
    let all = json!({
        "name": "Thyme",
        "botanical_name": "Thymus vulgaris",
        "summary": "Low.",
        "description": "Woody.",
        "category": "herbs",
        "price": { "amount": 1, "currency": "USD" },
        "care": "Little water.",
        "attributes": { "light": "Sun" },
    });
    let nulls: Value = all
        .as_object()
        .unwrap()
        .keys()
        .map(|key| (key.clone(), Value::Null))
        .collect();

    let changed = patch(&shop, id, &shop.tag(id).await, all.clone())
        .await
        .ok(200);
    let same = patch(&shop, id, &shop.tag(id).await, nulls).await.ok(200);
    let no_botanical = patch(&shop, id, "*", json!({ "botanical_name": "" }))
        .await
        .ok(200);

    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&changed[field], value);
    }
    assert_eq!(same, changed);
    assert_eq!(no_botanical["botanical_name"], Value::Null);
    assert_eq!(changed["slug"], "basil", "an address stays");
}

#[tokio::test]
async fn a_changed_name_is_found_and_the_old_one_is_not() {
    let (shop, id) = shop_with_one().await;

    patch(&shop, id, "*", json!({ "name": "Thyme" }))
        .await
        .ok(200);

    assert_eq!(shop.names("?q=thyme").await, ["Thyme"]);
    assert!(shop.names("?q=basil").await.is_empty());
}

#[tokio::test]
async fn a_change_of_something_else_than_was_read_is_refused() {
    let (shop, id) = shop_with_one().await;
    let path = format!("/v1/products/{id}");
    let first = shop.tag(id).await;
    patch(&shop, id, &first, json!({ "summary": "First." }))
        .await
        .ok(200);

    let second = shop.tag(id).await;
    let weak = format!("W/{second}");
    for stale in [
        &*first,
        "\"1\"",
        &weak,
        second.trim_matches('"'),
        "nonsense",
        "",
    ] {
        let late = patch(&shop, id, stale, json!({ "summary": "Late." })).await;
        late.refused(412, "precondition-failed");
    }
    let blind = shop
        .staff()
        .patch(&path, &json!({ "summary": "Blind." }))
        .await;
    blind.refused(428, "precondition-required");

    assert_eq!(shop.product(id).await["summary"], "First.");
    let either = format!("{first}, {second}");
    patch(&shop, id, &either, json!({ "summary": "Either." }))
        .await
        .ok(200);
    // Several lines are one list.
    let third = shop.tag(id).await;
    let two_lines = request(Method::PATCH, &path)
        .header("if-match", &first)
        .header("if-match", &third)
        .header("content-type", "application/json");
    let body = json!({ "summary": "Two lines." }).to_string();
    shop.staff().send(two_lines, body).await.ok(200);
}

#[tokio::test]
async fn of_many_changes_at_once_to_one_version_one_wins() {
    let (shop, id) = shop_with_one().await;
    let seen = shop.tag(id).await;

    let changes = (0..10).map(|n| {
        let (path, staff, seen) = (format!("/v1/products/{id}"), shop.staff(), seen.clone());
        tokio::spawn(async move {
            let body = json!({ "summary": format!("Writer {n}.") });
            change(&staff, Method::PATCH, &path, &seen, &body)
                .await
                .status
        })
    });
    let mut won = 0;
    for change in changes.collect::<Vec<_>>() {
        match change.await.unwrap().as_u16() {
            200 => won += 1,
            status => assert_eq!(status, 412),
        }
    }

    assert_eq!(won, 1);
}

#[tokio::test]
async fn what_may_not_be_said_of_a_product_is_refused() {
    let (shop, id) = shop_with_one().await;
    let cases = [
        (json!({ "name": "" }), "/name"),
        (json!({ "name": "x".repeat(121) }), "/name"),
        (
            json!({ "botanical_name": "x".repeat(121) }),
            "/botanical_name",
        ),
        (json!({ "summary": "  " }), "/summary"),
        (json!({ "summary": "tab\there" }), "/summary"),
        (json!({ "description": "x".repeat(4001) }), "/description"),
        (json!({ "category": "moon" }), "/category"),
        (json!({ "care": "nul \u{0}" }), "/care"),
        (
            json!({ "price": { "amount": -1, "currency": "USD" } }),
            "/price",
        ),
        (json!({ "attributes": { "x": "" } }), "/attributes"),
        (json!({ "stock": 4 }), "/stock"),
        (json!({ "slug": "other" }), "/slug"),
    ];

    let before = shop.tag(id).await;
    for (body, pointer) in cases {
        let faults = patch(&shop, id, "*", body).await.faults();
        assert!(faults[0].starts_with(pointer), "{faults:?}");
    }

    assert_eq!(shop.tag(id).await, before);
}

#[tokio::test]
async fn what_is_not_there_cannot_change() {
    let (shop, id) = shop_with_one().await;
    let name = json!({ "name": "Thyme" });

    patch(&shop, Uuid::now_v7(), "*", name.clone())
        .await
        .refused(404, "not-found");
    let by_slug = change(
        &shop.staff(),
        Method::PATCH,
        "/v1/products/basil",
        "*",
        &name,
    )
    .await;
    by_slug.refused(400, "bad-parameter");
    let path = format!("/v1/products/{id}");
    let anonymous = change(&shop.anybody(), Method::PATCH, &path, "*", &name).await;
    anonymous.refused(401, "sign-in-required");
    let customer = shop.service.customer(Uuid::now_v7());
    change(&customer, Method::PATCH, &path, "*", &name)
        .await
        .refused(403, "staff-only");
}
