//! `GET /internal/ledger`.

use serde_json::json;

use crate::{TestApp, order};

#[tokio::test]
async fn every_order_for_which_money_moved_is_listed_once_over_all_pages() {
    let app = TestApp::new().await;
    let mut expected = Vec::new();
    for n in 1..=7 {
        let order = order();
        app.authorise(order, "tok_visa", n).await.ok(200);
        if n % 3 != 0 {
            app.act(order, "capture").await.ok(200);
            let refunded = if n % 2 == 0 { n } else { 0 };
            if refunded > 0 {
                app.act(order, "refund").await.ok(200);
            }
            expected.push(json!({
                "order_id": order, "currency": "USD", "captured": n, "refunded": refunded
            }));
        }
    }

    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = format!("/internal/ledger?limit=2{cursor}");
        let page = app.orders().get(&page).await.ok(200);
        listed.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }

    assert_eq!(listed, expected);
}

#[tokio::test]
async fn a_page_that_is_none_is_refused() {
    let app = TestApp::new().await;

    let cursor = app.orders().get("/internal/ledger?cursor=x").await;
    let limit = app.orders().get("/internal/ledger?limit=0").await;

    cursor.refused(400, "bad-cursor");
    limit.refused(400, "bad-parameter");
}
