use crate::app::TestApp;

#[tokio::test]
async fn a_shipped_order_is_delivered_and_no_other() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let (ship, deliver) = (
        format!("/v1/orders/{id}/ship"),
        format!("/v1/orders/{id}/deliver"),
    );
    let staff = app.staff();
    staff.post(&deliver, &()).await.refused(409, "wrong-state");
    staff.post(&ship, &()).await.ok(200);

    let order = staff.post(&deliver, &()).await.ok(200);

    assert_eq!(order["status"], "delivered");
    staff.post(&deliver, &()).await.refused(409, "wrong-state");
    shopper.post(&deliver, &()).await.refused(403, "staff-only");
}
