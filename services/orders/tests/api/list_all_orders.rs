use crate::app::TestApp;

#[tokio::test]
async fn staff_see_everybodys_orders_by_status() {
    let app = TestApp::new();
    let (first, _) = app.settled().await;
    let (second, shopper) = app.settled().await;
    shopper
        .post(&format!("/v1/orders/{second}/cancel"), &())
        .await
        .ok(200);
    let staff = app.staff();

    let all = staff.get("/v1/admin/orders").await.ok(200);
    let confirmed = staff.get("/v1/admin/orders?status=confirmed").await.ok(200);

    assert_eq!(all["items"][0]["id"], second);
    assert_eq!(all["items"][1]["id"], first);
    assert_eq!(confirmed["items"].as_array().unwrap().len(), 1);
    assert_eq!(confirmed["items"][0]["id"], first);
    let page = staff.get("/v1/admin/orders?limit=1").await.ok(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = format!("/v1/admin/orders?cursor={cursor}");
    assert_eq!(staff.get(&rest).await.ok(200)["items"][0]["id"], first);
}

#[tokio::test]
async fn customers_do_not() {
    let app = TestApp::new();

    let customer = app.customer().get("/v1/admin/orders").await;
    customer.refused(403, "staff-only");
    let odd = app.staff().get("/v1/admin/orders?status=lost").await;
    odd.refused(400, "bad-parameter");
}
