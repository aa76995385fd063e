use uuid::Uuid;

use crate::app::TestApp;

#[tokio::test]
async fn an_order_is_read_by_its_owner_and_staff_and_nobody_else() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let path = format!("/v1/orders/{id}");

    let own = shopper.get(&path).await.ok(200);
    let by_staff = app.staff().get(&path).await.ok(200);

    assert_eq!(own, by_staff);
    assert_eq!(own["lines"][0]["name"], "Trowel");
    let statuses = own["timeline"].as_array().unwrap();
    assert_eq!(statuses[0]["status"], "placed");
    assert_eq!(statuses[1]["status"], "confirmed");
    app.customer().get(&path).await.refused(404, "not-found");
    let anonymous = app.service.anonymous().get(&path).await;
    anonymous.refused(401, "sign-in-required");
}

#[tokio::test]
async fn an_unknown_order_is_not_found_and_a_broken_id_is_refused() {
    let app = TestApp::new();
    let shopper = app.customer();

    let unknown = format!("/v1/orders/{}", Uuid::now_v7());
    shopper.get(&unknown).await.refused(404, "not-found");
    let broken = shopper.get("/v1/orders/first").await;
    broken.refused(400, "bad-parameter");
}
