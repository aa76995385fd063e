use uuid::Uuid;

use crate::app::{TestApp, check_out, fill};

#[tokio::test]
async fn staff_ship_an_order_that_was_confirmed_a_moment_ago() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    let order = check_out(&shopper, "key", "tok_visa").await.ok(201);
    let path = format!("/v1/orders/{}/ship", order["id"].as_str().unwrap());

    let order = app.staff().post(&path, &()).await.ok(200);

    assert_eq!(order["status"], "shipped");
    assert_eq!(order["payment"]["status"], "captured");
}

#[tokio::test]
async fn an_order_without_a_payment_is_not_shipped_nor_one_twice() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    let placed = check_out(&shopper, "key", "tok_unknown").await.ok(202);
    let (settled, _) = app.settled().await;
    let staff = app.staff();

    let path = format!("/v1/orders/{}/ship", placed["id"].as_str().unwrap());
    staff.post(&path, &()).await.refused(409, "wrong-state");
    let path = format!("/v1/orders/{settled}/ship");
    staff.post(&path, &()).await.ok(200);
    staff.post(&path, &()).await.refused(409, "wrong-state");
    let unknown = format!("/v1/orders/{}/ship", Uuid::now_v7());
    staff.post(&unknown, &()).await.refused(404, "not-found");
}

#[tokio::test]
async fn an_order_whose_money_is_not_taken_yet_is_not_shipped() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    app.world.catalog.refuse_commits(true);
    let order = check_out(&shopper, "key", "tok_visa").await.ok(201);
    let path = format!("/v1/orders/{}/ship", order["id"].as_str().unwrap());

    let refused = app.staff().post(&path, &()).await;

    refused.refused(409, "wrong-state");
}

#[tokio::test]
async fn customers_do_not_ship() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;

    let answer = shopper.post(&format!("/v1/orders/{id}/ship"), &()).await;

    answer.refused(403, "staff-only");
}
