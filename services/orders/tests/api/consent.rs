//! What the button said is what is paid, or nothing is ordered.

use serde_json::{Value, json};
use testkit::service::{Answer, Client};
use uuid::Uuid;

use crate::app::{TestApp, address, cart_quantities, check_out, check_out_with, fill, usd};

/// Orders at this total, having seen these prices.
async fn at(shopper: &Client, key: &str, cents: i64, seen: &[(Uuid, i64)]) -> Answer {
    let item = |(product, cents): &(Uuid, i64)| json!({ "product_id": product, "unit_price": usd(*cents) });
    let body = json!({
        "address": address(),
        "payment": { "token": "tok_visa" },
        "expected_total": usd(cents),
        "expected_items": seen.iter().map(item).collect::<Vec<_>>(),
    });
    check_out_with(shopper, key, &body).await
}

/// What a refusal says of the prices.
#[track_caller]
fn change(refused: &Answer) -> Value {
    refused.refused(409, "price-changed").members["price_change"].clone()
}

async fn orders(shopper: &Client) -> Value {
    shopper.get("/v1/orders").await.ok(200)["items"].clone()
}

#[tokio::test]
async fn a_price_that_rose_before_the_click_is_told_and_nothing_is_ordered() {
    let app = TestApp::new();
    let shopper = app.customer();
    let (fork, spade) = (
        app.world.catalog.add("Fork", 1_000, 5),
        app.world.catalog.add("Spade", 2_000, 5),
    );
    fill(&shopper, fork, 1).await;
    fill(&shopper, spade, 2).await;
    app.world.catalog.set_price(spade, 9_000);

    let refused = at(&shopper, "key", 5_995, &[(fork, 1_000), (spade, 2_000)]).await;

    assert_eq!(
        change(&refused),
        json!({
            "expected_total": usd(5_995),
            "total": usd(20_520),
            "subtotal": usd(19_000),
            "shipping": usd(0),
            "tax": usd(1_520),
            "lines": [
                { "product_id": fork, "name": "Fork", "quantity": 1,
                  "expected_unit_price": usd(1_000), "unit_price": usd(1_000) },
                { "product_id": spade, "name": "Spade", "quantity": 2,
                  "expected_unit_price": usd(2_000), "unit_price": usd(9_000) },
            ],
        })
    );
    assert_eq!(orders(&shopper).await, json!([]));
    assert_eq!(cart_quantities(&shopper).await, [1, 2]);
    assert_eq!(app.world.catalog.stock(spade), 5);
    assert_eq!(app.world.payments.taken(), 0);
}

#[tokio::test]
async fn the_same_key_orders_at_the_new_total_once_the_shopper_agrees() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(5);
    fill(&shopper, product, 1).await;
    app.world.catalog.set_price(product, 2_000);
    change(&at(&shopper, "key", 1_675, &[]).await);

    let order = at(&shopper, "key", 2_755, &[]).await.ok(201);

    assert_eq!(order["total"], usd(2_755));
    app.state.driver.drain().await;
    assert_eq!(app.world.payments.taken(), 2_755);
}

#[tokio::test]
async fn a_call_that_comes_again_has_its_order_whatever_things_cost_by_then() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(5);
    fill(&shopper, product, 1).await;
    let first = at(&shopper, "key", 1_675, &[]).await.ok(201);
    app.world.catalog.set_price(product, 2_000);
    fill(&shopper, product, 1).await;

    for expected in [1_675, 2_755] {
        let again = at(&shopper, "key", expected, &[]).await.ok(201);
        assert_eq!((&again["id"], &again["total"]), (&first["id"], &usd(1_675)));
    }
}

#[tokio::test]
async fn shipping_that_becomes_due_is_asked_for() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.world.catalog.add("Bench", 7_500, 5);
    fill(&shopper, product, 1).await;
    app.world.catalog.set_price(product, 7_499);

    // A cent less makes 5.94 more.
    let refused = at(&shopper, "key", 8_100, &[]).await;

    let change = change(&refused);
    assert_eq!(change["total"], usd(8_694));
    assert_eq!(change["shipping"], usd(595));
    assert_eq!(change["lines"][0]["expected_unit_price"], Value::Null);
    assert_eq!(orders(&shopper).await, json!([]));
}

#[tokio::test]
async fn a_total_that_stays_does_not_hide_prices_that_changed() {
    let app = TestApp::new();
    let shopper = app.customer();
    let (fork, spade) = (
        app.world.catalog.add("Fork", 1_000, 5),
        app.world.catalog.add("Spade", 2_000, 5),
    );
    fill(&shopper, fork, 1).await;
    fill(&shopper, spade, 1).await;
    app.world.catalog.set_price(fork, 2_000);
    app.world.catalog.set_price(spade, 1_000);

    let refused = at(&shopper, "key", 3_835, &[(fork, 1_000), (spade, 2_000)]).await;

    let change = change(&refused);
    assert_eq!(change["total"], change["expected_total"]);
    at(&shopper, "key", 3_835, &[(fork, 2_000), (spade, 1_000)])
        .await
        .ok(201);
}

#[tokio::test]
async fn a_cart_that_another_tab_changed_is_asked_for_again() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(5);
    fill(&shopper, product, 1).await;
    fill(&shopper, product, 3).await;

    let refused = at(&shopper, "key", 1_675, &[(product, 1_000)]).await;

    assert_eq!(change(&refused)["lines"][0]["quantity"], 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_at_once_every_order_costs_what_was_agreed_to() {
    let app = TestApp::new();
    let product = app.product(1_000);
    let catalog = app.world.catalog.clone();
    let staff = tokio::spawn(async move {
        for cents in [2_000, 1_000].into_iter().cycle() {
            catalog.set_price(product, cents);
            tokio::task::yield_now().await;
        }
    });

    let mut bought = 0;
    for _ in 0..50 {
        let shopper = app.customer();
        fill(&shopper, product, 1).await;
        let answer = at(&shopper, "key", 1_675, &[]).await;
        if answer.status == 201 {
            assert_eq!(answer.ok(201)["total"], usd(1_675));
            bought += 1;
        } else {
            assert_eq!(change(&answer)["total"], usd(2_755));
        }
    }

    staff.abort();
    app.state.driver.drain().await;
    assert_eq!(app.world.payments.taken(), bought * 1_675);
}

#[tokio::test]
async fn a_checkout_that_does_not_say_what_it_may_cost_is_refused() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    let body = |total: Value, items: Value| {
        json!({
            "address": address(), "payment": { "token": "tok_visa" },
            "expected_total": total, "expected_items": items,
        })
    };
    let item = |cents: i64| json!({ "product_id": Uuid::nil(), "unit_price": usd(cents) });

    for (body, fault) in [
        (body(usd(-1), json!([])), "/expected_total"),
        (
            body(json!({ "amount": 1_675, "currency": "EUR" }), json!([])),
            "/expected_total",
        ),
        (
            body(usd(1_675), json!([item(1), item(-1)])),
            "/expected_items/1/unit_price",
        ),
        (
            body(usd(1_675), vec![item(1); 101].into()),
            "/expected_items",
        ),
    ] {
        let answer = check_out_with(&shopper, "key", &body).await;
        assert_eq!(answer.faults(), [fault]);
    }
    let silent = json!({ "address": address(), "payment": { "token": "tok_visa" } });
    let request = testkit::service::request(http::Method::POST, "/v1/orders")
        .header("content-type", "application/json")
        .header("idempotency-key", "key");
    let silent = shopper.send(request, silent.to_string()).await;
    silent.refused(422, "invalid-body");
    check_out(&shopper, "key", "tok_visa").await.ok(201);
}
