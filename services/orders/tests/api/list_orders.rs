use crate::app::{TestApp, check_out, fill};

#[tokio::test]
async fn ones_own_orders_come_newest_first_page_by_page() {
    let app = TestApp::new();
    app.settled().await;
    let shopper = app.customer();
    let mut placed = Vec::new();
    for key in ["1", "2", "3"] {
        fill(&shopper, app.product(1), 1).await;
        placed.push(check_out(&shopper, key, "tok_visa").await.ok(201)["id"].clone());
    }

    let first = shopper.get("/v1/orders?limit=2").await.ok(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = format!("/v1/orders?limit=2&cursor={cursor}");
    let second = shopper.get(&second).await.ok(200);

    assert_eq!(first["items"][0]["id"], placed[2]);
    assert_eq!(first["items"][1]["id"], placed[1]);
    assert_eq!(second["items"][0]["id"], placed[0]);
    assert!(second["next_cursor"].is_null());
}

#[tokio::test]
async fn a_foreign_cursor_and_a_limit_out_of_range_are_refused() {
    let app = TestApp::new();
    let shopper = app.customer();

    let cursor = shopper.get("/v1/orders?cursor=abc").await;
    cursor.refused(400, "bad-cursor");
    for limit in [0, 101] {
        let answer = shopper.get(&format!("/v1/orders?limit={limit}")).await;
        answer.refused(400, "bad-parameter");
    }
}
