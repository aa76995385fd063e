//! `POST /internal/payments/{order_id}/refund`.

use crate::{TestApp, order};

#[tokio::test]
async fn what_was_taken_is_given_back_once_however_often_it_is_asked() {
    let app = TestApp::new().await;
    let order = order();
    app.authorise(order, "tok_visa", 1299).await.ok(200);
    app.act(order, "capture").await.ok(200);

    for _ in 0..3 {
        assert_eq!(app.act(order, "refund").await.ok(200)["status"], "refunded");
    }

    assert_eq!(app.moved(order).await, Some((1299, 1299)));
}

#[tokio::test]
async fn what_was_not_taken_is_not_given_back() {
    let app = TestApp::new().await;
    let (none, held, declined, voided) = (order(), order(), order(), order());
    app.authorise(held, "tok_visa", 1).await.ok(200);
    app.authorise(declined, "tok_declined", 1).await.ok(200);
    app.act(voided, "void").await.ok(200);

    app.act(none, "refund").await.refused(404, "not-found");
    for order in [held, declined, voided] {
        app.act(order, "refund").await.refused(409, "wrong-state");
        assert_eq!(app.moved(order).await, None);
    }
}
