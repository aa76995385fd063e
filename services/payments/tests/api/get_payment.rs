//! `GET /internal/payments/{order_id}`.

use serde_json::json;

use crate::{TestApp, order};

#[tokio::test]
async fn a_payment_is_told_as_it_stands_after_a_restart_too() {
    let app = TestApp::new().await;
    let order = order();
    app.authorise(order, "tok_mastercard", 42).await.ok(200);

    let TestApp { service, dir } = app;
    drop(service);
    let app = TestApp::over(
        std::sync::Arc::new(payments::network::SimulatedNetwork),
        dir,
    )
    .await;

    let expected = json!({ "status": "authorised", "brand": "mastercard", "last4": "4444" });
    assert_eq!(app.payment(order).await.ok(200), expected);
    // The card is forgotten with the capture; whoever asked for the hold knows it.
    app.act(order, "capture").await.ok(200);
    let expected = json!({ "status": "captured", "brand": "unknown", "last4": "0000" });
    assert_eq!(app.payment(order).await.ok(200), expected);
}

#[tokio::test]
async fn an_order_without_a_payment_has_none() {
    TestApp::new()
        .await
        .payment(order())
        .await
        .refused(404, "not-found");
}
