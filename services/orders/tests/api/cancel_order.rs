use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use crate::app::{TestApp, cart_quantities, check_out, fill};

fn product(order: &Value) -> Uuid {
    let id = order["lines"][0]["product_id"].as_str();
    id.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_cancelled_order_gives_back_the_money_and_the_stock() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;

    let order = shopper.post(&format!("/v1/orders/{id}/cancel"), &()).await;

    let order = order.ok(200);
    assert_eq!(order["status"], "cancelled");
    assert_eq!(order["reason"], "shopper");
    assert_eq!(order["payment"]["status"], "refunded");
    assert_eq!(app.world.catalog.stock(product(&order)), 5);
    assert_eq!(app.world.payments.taken(), 0);
    assert!(cart_quantities(&shopper).await.is_empty());
}

#[tokio::test]
async fn an_order_whose_payment_is_unknown_can_be_cancelled() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    let order = check_out(&shopper, "key", "tok_unknown").await.ok(202);
    let path = format!("/v1/orders/{}/cancel", order["id"].as_str().unwrap());

    let order = shopper.post(&path, &()).await.ok(200);

    assert_eq!(order["payment"]["status"], "voided");
    assert_eq!(app.world.catalog.stock(product(&order)), 5);
    let again = check_out(&shopper, "key", "tok_unknown").await.ok(201);
    assert_eq!(again["status"], "cancelled");
}

#[tokio::test]
async fn a_cancellation_goes_on_when_a_neighbour_is_back() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    app.world.payments.set_gone(true);

    let order = shopper.post(&format!("/v1/orders/{id}/cancel"), &()).await;

    let order = order.ok(200);
    assert_eq!(order["status"], "cancelled");
    assert_eq!(order["payment"]["status"], "captured");
    app.world.payments.set_gone(false);
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    app.state.driver.resume_due(later).await.unwrap();
    assert_eq!(app.world.payments.taken(), 0);
    let order = shopper.get(&format!("/v1/orders/{id}")).await.ok(200);
    assert_eq!(order["payment"]["status"], "refunded");
}

#[tokio::test]
async fn a_shipped_or_cancelled_order_cannot_be_cancelled() {
    let app = TestApp::new();
    let (shipped, shopper) = app.settled().await;
    app.staff()
        .post(&format!("/v1/orders/{shipped}/ship"), &())
        .await
        .ok(200);
    let (cancelled, other) = app.settled().await;
    let cancel = format!("/v1/orders/{cancelled}/cancel");
    other.post(&cancel, &()).await.ok(200);

    let cancel_shipped = format!("/v1/orders/{shipped}/cancel");
    let too_late = shopper.post(&cancel_shipped, &()).await;
    too_late.refused(409, "wrong-state");
    let twice = other.post(&cancel, &()).await;
    twice.refused(409, "wrong-state");
}

#[tokio::test]
async fn anothers_order_is_not_found() {
    let app = TestApp::new();
    let (id, _) = app.settled().await;
    let path = format!("/v1/orders/{id}/cancel");

    let stranger = app.customer().post(&path, &()).await;
    stranger.refused(404, "not-found");
    let staff = app.staff().post(&path, &()).await;
    staff.refused(404, "not-found");
}

#[tokio::test]
async fn of_a_cancelling_and_a_shipping_at_once_one_wins() {
    let app = TestApp::new();
    for _ in 0..20 {
        let (id, shopper) = app.settled().await;
        let staff = app.staff();
        let (cancel, ship) = (
            format!("/v1/orders/{id}/cancel"),
            format!("/v1/orders/{id}/ship"),
        );

        let (cancelled, shipped) = tokio::join!(shopper.post(&cancel, &()), staff.post(&ship, &()));

        let mut statuses = [cancelled.status.as_u16(), shipped.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
    }
}
