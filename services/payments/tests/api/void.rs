//! `POST /internal/payments/{order_id}/void`.

use crate::{TestApp, order};

#[tokio::test]
async fn a_hold_is_released_and_can_never_be_taken() {
    let app = TestApp::new().await;
    let order = order();
    app.authorise(order, "tok_visa", 1299).await.ok(200);

    for _ in 0..2 {
        assert_eq!(app.act(order, "void").await.ok(200)["status"], "voided");
    }

    app.act(order, "capture").await.refused(409, "wrong-state");
    let again = app.authorise(order, "tok_visa", 1299).await;
    again.refused(409, "wrong-state");
    assert_eq!(app.moved(order).await, None);
}

#[tokio::test]
async fn an_order_voided_before_it_was_authorised_is_never_authorised() {
    let app = TestApp::new().await;
    let order = order();

    assert_eq!(app.act(order, "void").await.ok(200)["status"], "voided");

    let late = app.authorise(order, "tok_visa", 1299).await;
    late.refused(409, "wrong-state");
    assert_eq!(app.payment(order).await.ok(200)["status"], "voided");
}

#[tokio::test]
async fn an_unknown_and_a_declined_payment_can_be_voided() {
    let app = TestApp::new().await;
    for token in ["tok_unknown", "tok_declined"] {
        let order = order();
        app.authorise(order, token, 1).await.ok(200);

        app.act(order, "void").await.ok(200);

        app.authorise(order, token, 1)
            .await
            .refused(409, "wrong-state");
    }
}

#[tokio::test]
async fn what_was_taken_is_not_voided() {
    let app = TestApp::new().await;
    let order = order();
    app.authorise(order, "tok_visa", 5).await.ok(200);
    app.act(order, "capture").await.ok(200);

    app.act(order, "void").await.refused(409, "wrong-state");

    assert_eq!(app.moved(order).await, Some((5, 0)));
}
