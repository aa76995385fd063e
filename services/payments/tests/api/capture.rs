//! `POST /internal/payments/{order_id}/capture`.

use crate::{TestApp, order};

#[tokio::test]
async fn what_is_held_is_taken_once_however_often_it_is_asked() {
    let app = TestApp::new().await;
    let order = order();
    app.authorise(order, "tok_visa", 1299).await.ok(200);

    for _ in 0..3 {
        assert_eq!(
            app.act(order, "capture").await.ok(200)["status"],
            "captured"
        );
    }

    assert_eq!(app.moved(order).await, Some((1299, 0)));
}

#[tokio::test]
async fn what_is_not_held_cannot_be_taken() {
    let app = TestApp::new().await;
    let (none, declined, unknown, voided, refunded) = (order(), order(), order(), order(), order());
    app.authorise(declined, "tok_declined", 1).await.ok(200);
    app.authorise(unknown, "tok_unknown", 1).await.ok(200);
    app.authorise(voided, "tok_visa", 1).await.ok(200);
    app.act(voided, "void").await.ok(200);
    app.authorise(refunded, "tok_visa", 1).await.ok(200);
    app.act(refunded, "capture").await.ok(200);
    app.act(refunded, "refund").await.ok(200);

    app.act(none, "capture").await.refused(404, "not-found");
    for order in [declined, unknown, voided, refunded] {
        app.act(order, "capture").await.refused(409, "wrong-state");
    }

    assert_eq!(app.moved(unknown).await, None);
    assert_eq!(app.moved(refunded).await, Some((1, 1)));
}

#[tokio::test]
async fn of_a_capture_and_a_void_at_once_one_wins_and_the_ledger_agrees() {
    let app = TestApp::new().await;
    for _ in 0..20 {
        let order = order();
        app.authorise(order, "tok_visa", 900).await.ok(200);

        let (capture, void) = tokio::join!(app.act(order, "capture"), app.act(order, "void"));

        let status = app.payment(order).await.ok(200)["status"].clone();
        if capture.status == 200 {
            void.refused(409, "wrong-state");
            assert_eq!(status, "captured");
            assert_eq!(app.moved(order).await, Some((900, 0)));
        } else {
            capture.refused(409, "wrong-state");
            void.ok(200);
            assert_eq!(status, "voided");
            assert_eq!(app.moved(order).await, None);
        }
    }
}
