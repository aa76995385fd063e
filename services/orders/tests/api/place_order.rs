use std::collections::HashSet;

use futures::future::join_all;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use orders::payment::PaymentStatus;
use serde_json::json;
use testkit::service::request;
use uuid::Uuid;

use crate::app::{
    TestApp, WAIT, World, address, cart_quantities, check_out, check_out_with, fill, usd,
};

fn later() -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(1)
}

#[tokio::test]
async fn a_checkout_confirms_the_order_takes_the_money_and_empties_the_cart() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(5);
    fill(&shopper, product, 2).await;

    let answer = check_out(&shopper, "key", "tok_visa").await;

    let order = answer.ok(201);
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), path);
    assert_eq!(order["status"], "confirmed");
    assert_eq!(order["total"]["amount"], 2_000 + 595 + 160);
    assert_eq!(order["address"], address());
    assert_eq!(order["payment"]["last4"], "4242");
    app.state.driver.drain().await;
    let order = shopper.get(&path).await.ok(200);
    assert_eq!(order["payment"]["status"], "captured");
    assert_eq!(app.world.catalog.stock(product), 3);
    assert_eq!(app.world.payments.taken(), 2_755);
    assert!(cart_quantities(&shopper).await.is_empty());
}

#[tokio::test]
async fn a_checkout_reads_nothing_back() {
    let (sender, mut deeds) = tokio::sync::mpsc::unbounded_channel();
    let app = World::new().start_with(WAIT, move |_, deed| sender.send(deed).is_ok());
    let shopper = app.customer();
    fill(&shopper, app.product(5), 2).await;

    check_out(&shopper, "key", "tok_visa").await.ok(201);
    app.state.driver.drain().await;

    let mut done = Vec::new();
    while let Ok(deed) = deeds.try_recv() {
        done.push(deed);
    }
    assert!(done.contains(&"settled"), "{done:?}");
    assert!(!done.contains(&"read"), "{done:?}");
}

#[tokio::test]
async fn a_call_that_comes_again_is_answered_whatever_stands_in_its_way() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(5);
    fill(&shopper, product, 2).await;
    let first = check_out(&shopper, "key", "tok_visa").await.ok(201);

    fill(&shopper, product, 2).await;
    app.world.catalog.set_stock(product, 0);
    let sold_out = check_out(&shopper, "key", "tok_visa").await.ok(201);
    app.world.catalog.set_gone(true);
    let gone = check_out(&shopper, "key", "tok_visa").await.ok(201);

    assert_eq!((&sold_out["id"], &gone["id"]), (&first["id"], &first["id"]));
}

#[tokio::test]
async fn the_same_key_returns_the_same_order_although_the_cart_is_empty_now() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 2).await;
    let first = check_out(&shopper, "key", "tok_visa").await.ok(201);

    let second = check_out(&shopper, "key", "tok_visa").await.ok(201);

    assert_eq!(first["id"], second["id"]);
    app.state.driver.drain().await;
    assert_eq!(app.world.payments.taken(), 2_755);
}

#[tokio::test]
async fn the_same_key_twenty_times_at_once_makes_one_order() {
    let app = TestApp::new();
    let shopper = app.customer();
    // The last pieces: who comes second finds the shelf empty, and must not say so.
    let product = app.product(2);
    fill(&shopper, product, 2).await;

    let calls = (0..20).map(|_| check_out(&shopper, "key", "tok_visa"));
    let answers = join_all(calls).await;

    let ids: HashSet<String> = answers
        .iter()
        .map(|answer| answer.ok(201)["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    app.state.driver.drain().await;
    assert_eq!(app.world.catalog.stock(product), 0);
    assert_eq!(app.world.payments.taken(), 2_755);
}

#[tokio::test]
async fn two_keys_at_once_buy_one_cart_once() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(9), 1).await;

    let calls = ["one", "two"].map(|key| check_out(&shopper, key, "tok_visa"));
    let mut statuses: Vec<u16> = join_all(calls)
        .await
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();

    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422]);
}

#[tokio::test]
async fn a_key_that_comes_with_another_request_or_basket_is_refused() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    check_out(&shopper, "key", "tok_visa").await.ok(201);

    let other_card = check_out(&shopper, "key", "tok_mastercard").await;
    other_card.refused(422, "key-reused");
    let mut elsewhere = json!({ "address": address(), "payment": { "token": "tok_visa" } });
    elsewhere["address"]["city"] = "Salem".into();
    let elsewhere = check_out_with(&shopper, "key", &elsewhere).await;
    elsewhere.refused(422, "key-reused");
    fill(&shopper, app.product(5), 1).await;
    let other_basket = check_out(&shopper, "key", "tok_visa").await;
    other_basket.refused(422, "key-reused");
    let other_shopper = app.customer();
    fill(&other_shopper, app.product(5), 1).await;
    check_out(&other_shopper, "key", "tok_mastercard")
        .await
        .ok(201);
}

#[tokio::test]
async fn a_declined_card_leaves_nothing_behind_and_another_card_buys_the_same_cart() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(2);
    fill(&shopper, product, 2).await;

    let declined = check_out(&shopper, "one", "tok_declined").await;

    declined.refused(402, "payment-declined");
    assert_eq!(cart_quantities(&shopper).await, [2]);
    assert_eq!(app.world.catalog.stock(product), 2);
    let again = check_out(&shopper, "one", "tok_declined").await;
    again.refused(402, "payment-declined");
    check_out(&shopper, "two", "tok_visa").await.ok(201);
    let orders = shopper.get("/v1/orders").await.ok(200);
    assert_eq!(orders["items"][1]["status"], "cancelled");
    assert_eq!(orders["items"][1]["reason"], "payment-declined");
    assert_eq!(orders["items"][1]["payment"]["status"], "declined");
}

#[tokio::test]
async fn after_five_declined_cards_a_user_waits_before_the_next() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(9);
    fill(&shopper, product, 1).await;
    for key in ["1", "2", "3", "4", "5"] {
        let declined = check_out(&shopper, key, "tok_declined").await;
        declined.refused(402, "payment-declined");
    }

    let refused = check_out(&shopper, "6", "tok_visa").await;

    refused.refused(429, "too-many-declines");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((240..=301).contains(&wait), "{wait}");
    let orders = shopper.get("/v1/orders").await.ok(200);
    assert_eq!(orders["items"].as_array().unwrap().len(), 5);
    assert_eq!(cart_quantities(&shopper).await, [1]);
    let again = check_out(&shopper, "5", "tok_declined").await;
    again.refused(402, "payment-declined");
    let other = app.customer();
    fill(&other, product, 1).await;
    check_out(&other, "6", "tok_visa").await.ok(201);
}

#[tokio::test]
async fn what_is_not_in_stock_is_named_and_no_order_is_made() {
    let app = TestApp::new();
    let shopper = app.customer();
    let (plenty, short) = (app.product(9), app.product(1));
    fill(&shopper, plenty, 2).await;
    fill(&shopper, short, 2).await;

    let refused = check_out(&shopper, "key", "tok_visa").await;

    let problem = refused.refused(409, "out-of-stock");
    assert_eq!(problem.errors.len(), 1);
    assert_eq!(problem.errors[0].pointer, format!("/items/{short}"));
    assert_eq!(cart_quantities(&shopper).await, [2, 2]);
    let orders = shopper.get("/v1/orders").await.ok(200);
    assert_eq!(orders["items"], json!([]));
}

#[tokio::test]
async fn a_hundred_shoppers_at_once_buy_ten_pieces() {
    let app = TestApp::new();
    let product = app.product(10);
    let shoppers: Vec<_> = (0..100).map(|_| app.customer()).collect();
    join_all(shoppers.iter().map(|shopper| fill(shopper, product, 1))).await;

    let calls = shoppers
        .iter()
        .map(|shopper| check_out(shopper, "key", "tok_visa"));
    let answers = join_all(calls).await;

    let bought = answers.iter().filter(|answer| answer.status == 201).count();
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        let problem = refused.refused(409, "out-of-stock");
        assert_eq!(problem.errors[0].pointer, format!("/items/{product}"));
    }
    assert_eq!(bought, 10);
    assert_eq!(app.world.catalog.stock(product), 0);
    app.state.driver.drain().await;
    assert_eq!(app.world.payments.taken(), 10 * 1_675);
}

#[tokio::test]
async fn an_unknown_payment_is_accepted_and_confirmed_later() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;

    let accepted = check_out(&shopper, "key", "tok_unknown").await;

    assert_eq!(accepted.ok(202)["status"], "placed");
    let path = accepted.header("location").to_owned();
    let again = check_out(&shopper, "key", "tok_unknown").await;
    assert_eq!(again.header("location"), path);
    assert_eq!(again.ok(202)["status"], "placed");
    app.state.driver.resume_due(later()).await.unwrap();
    assert_eq!(shopper.get(&path).await.ok(200)["status"], "confirmed");
    check_out(&shopper, "key", "tok_unknown").await.ok(201);
}

#[tokio::test]
async fn while_a_neighbour_is_gone_the_order_stays_placed_and_resumes() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    app.world.payments.set_gone(true);

    let accepted = check_out(&shopper, "key", "tok_visa").await;

    assert_eq!(accepted.ok(202)["status"], "placed");
    app.world.payments.set_gone(false);
    app.state.driver.resume_due(later()).await.unwrap();
    let order = check_out(&shopper, "key", "tok_visa").await.ok(201);
    assert_eq!(order["payment"]["status"], "captured");
}

#[tokio::test]
async fn a_reservation_that_lapsed_after_the_confirmation_gives_the_money_back() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    let accepted = check_out(&shopper, "key", "tok_unknown").await.ok(202);
    let id: Uuid = accepted["id"].as_str().unwrap().parse().unwrap();
    app.world.catalog.set_gone(true);
    app.state.driver.resume_due(later()).await.unwrap();
    app.world.catalog.set_gone(false);
    app.world.catalog.lose(id);
    app.world.catalog.set_stock(accepted_product(&accepted), 0);

    app.state.driver.resume_due(later()).await.unwrap();

    let again = check_out(&shopper, "key", "tok_unknown").await;
    again.refused(409, "out-of-stock");
    assert_eq!(app.world.payments.status(id), Some(PaymentStatus::Voided));
}

fn accepted_product(order: &serde_json::Value) -> Uuid {
    let id = order["lines"][0]["product_id"].as_str();
    id.unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_address_of_the_book_is_kept_with_the_order() {
    let app = TestApp::new();
    let user_id = Uuid::now_v7();
    let shopper = app.service.customer(user_id);
    let home = serde_json::from_value(address()).unwrap();
    let id = app.world.users.add(user_id, home);
    fill(&shopper, app.product(5), 1).await;

    let body = json!({ "address_id": id, "payment": { "token": "tok_visa" } });
    let order = check_out_with(&shopper, "key", &body).await.ok(201);

    assert_eq!(order["address"], address());
    let stranger = app.customer();
    fill(&stranger, app.product(5), 1).await;
    let refused = check_out_with(&stranger, "key", &body).await;
    assert_eq!(refused.faults(), ["/address_id"]);
}

#[tokio::test]
async fn a_body_that_breaks_rules_names_every_fault() {
    let app = TestApp::new();
    let shopper = app.customer();
    let card = json!({ "token": "tok_visa" });
    let mut broken = json!({ "address": address(), "payment": { "token": "4242424242424242" } });
    broken["address"]["country"] = "usa".into();
    broken["address"]["name"] = "\u{0}".into();

    let both = json!({ "address": address(), "address_id": Uuid::now_v7(), "payment": card });
    let neither = json!({ "payment": card });
    let null = json!({ "address": address(), "address_id": null, "payment": card });

    for (body, faults) in [
        (
            broken,
            &["/address/name", "/address/country", "/payment/token"][..],
        ),
        (both, &["/address_id"]),
        (neither, &["/address"]),
        (null, &["/address_id"]),
    ] {
        let answer = check_out_with(&shopper, "key", &body).await;
        assert_eq!(answer.faults(), faults);
    }
}

#[tokio::test]
async fn an_empty_cart_and_a_missing_key_are_refused() {
    let app = TestApp::new();
    let shopper = app.customer();

    let empty = check_out(&shopper, "key", "tok_visa").await;
    empty.refused(422, "cart-empty");
    let body = json!({
        "address": address(), "payment": { "token": "tok_visa" }, "expected_total": usd(0),
    });
    let keyless = shopper.post("/v1/orders", &body).await;
    keyless.refused(400, "idempotency-key-missing");
    let two_keys = request(Method::POST, "/v1/orders")
        .header("content-type", "application/json")
        .header("idempotency-key", "one")
        .header("idempotency-key", "another");
    let two_keys = shopper.send(two_keys, body.to_string()).await;
    two_keys.refused(400, "idempotency-key-missing");
    let anonymous = check_out(&app.service.anonymous(), "key", "tok_visa").await;
    anonymous.refused(401, "sign-in-required");
}

#[tokio::test]
async fn the_token_is_forgotten_once_the_card_has_answered() {
    let app = TestApp::new();
    app.settled().await;

    let db = rusqlite::Connection::open(app.world.database()).unwrap();
    let tokens = "select count(*) from purchase where token is not null";
    let tokens: i64 = db.query_row(tokens, [], |row| row.get(0)).unwrap();
    assert_eq!(tokens, 0);
}
