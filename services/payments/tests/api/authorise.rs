//! `PUT /internal/payments/{order_id}`.

use axum::http::Method;
use serde_json::json;
use testkit::service::request;

use crate::{TestApp, hold, order, path};

#[tokio::test]
async fn a_good_card_is_authorised_and_only_its_brand_and_last_digits_are_told() {
    let app = TestApp::new().await;

    let answer = app.authorise(order(), "tok_visa", 1299).await;

    let expected = json!({ "status": "authorised", "brand": "visa", "last4": "4242" });
    assert_eq!(answer.ok(200), expected);
}

#[tokio::test]
async fn a_refused_card_is_a_plain_answer_and_so_is_one_that_nobody_knows() {
    let app = TestApp::new().await;

    for token in ["tok_declined", "tok_nobodyknows"] {
        let answer = app.authorise(order(), token, 1299).await.ok(200);

        assert_eq!(answer["status"], "declined", "{token}");
    }
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_whatever_happened_since() {
    let app = TestApp::new().await;
    let (bought, declined) = (order(), order());
    app.authorise(bought, "tok_mastercard", 500).await.ok(200);
    app.authorise(declined, "tok_declined", 500).await.ok(200);
    app.act(bought, "capture").await.ok(200);

    let bought = app.authorise(bought, "tok_mastercard", 500).await.ok(200);
    let declined = app.authorise(declined, "tok_declined", 500).await.ok(200);

    assert_eq!(bought["status"], "captured");
    assert_eq!(declined["status"], "declined");
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_again_and_then_stays() {
    let app = TestApp::new().await;
    let order = order();

    let mut statuses = Vec::new();
    for _ in 0..3 {
        let answer = app.authorise(order, "tok_unknown", 700).await.ok(200);
        statuses.push(answer["status"].clone());
    }

    assert_eq!(statuses, ["unknown", "authorised", "authorised"]);
}

#[tokio::test]
async fn another_card_or_amount_for_the_same_order_is_refused_and_changes_nothing() {
    let app = TestApp::new().await;
    let order = order();
    app.authorise(order, "tok_visa", 1299).await.ok(200);

    let card = app.authorise(order, "tok_mastercard", 1299).await;
    let amount = app.authorise(order, "tok_visa", 1300).await;

    card.refused(422, "key-reused");
    amount.refused(422, "key-reused");
    assert_eq!(app.payment(order).await.ok(200)["brand"], "visa");
    app.act(order, "capture").await.ok(200);
    assert_eq!(app.moved(order).await, Some((1299, 0)));
}

#[tokio::test]
async fn fifty_at_once_for_one_order_agree() {
    let app = TestApp::new().await;
    let order = order();

    let calls = (0..50).map(|n| {
        let (orders, amount) = (app.orders(), 1000 + i64::from(n % 2));
        tokio::spawn(async move {
            let answer = orders.put(&path(order), &hold("tok_visa", amount)).await;
            (amount, answer)
        })
    });
    let mut won = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        let (amount, answer) = call.await.unwrap();
        if answer.status == 200 {
            assert_eq!(answer.ok(200)["status"], "authorised");
            won.push(amount);
        } else {
            answer.refused(422, "key-reused");
        }
    }

    assert_eq!(won.len(), 25);
    assert!(won.iter().all(|amount| *amount == won[0]));
    app.act(order, "capture").await.ok(200);
    assert_eq!(app.moved(order).await, Some((won[0], 0)));
}

#[tokio::test]
async fn what_is_no_token_and_no_amount_is_refused_by_name_and_nothing_is_stored() {
    let app = TestApp::new().await;
    let bodies = [
        (hold("4242424242424242", 1), vec!["/token"]),
        (hold("tok_", 1), vec!["/token"]),
        (hold(&format!("tok_{}", "a".repeat(33)), 1), vec!["/token"]),
        (hold("tok_visa", 0), vec!["/amount"]),
        (hold("visa", -1), vec!["/token", "/amount"]),
        (
            json!({ "token": "tok_visa", "amount": { "amount": 1, "currency": "usd" } }),
            vec!["/amount"],
        ),
    ];

    for (body, pointers) in bodies {
        let order = order();

        let answer = app.orders().put(&path(order), &body).await;

        assert_eq!(answer.faults(), pointers, "{body}");
        app.payment(order).await.refused(404, "not-found");
    }
}

#[tokio::test]
async fn a_request_that_is_not_one_is_refused() {
    let app = TestApp::new().await;
    let put = |path: &str| request(Method::PUT, path).header("content-type", "application/json");
    let orders = app.orders();

    let broken = orders.send(put(&path(order())), "{").await;
    let plain = orders
        .send(request(Method::PUT, &path(order())), "{}")
        .await;
    let no_id = orders
        .put("/internal/payments/7", &hold("tok_visa", 1))
        .await;

    broken.refused(400, "invalid-json");
    plain.refused(415, "unsupported-media-type");
    no_id.refused(400, "bad-parameter");
}
