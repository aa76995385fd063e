//! `POST /internal/payments/list`.

use serde_json::json;

use crate::{TestApp, order};

#[tokio::test]
async fn payments_are_told_with_the_money_that_moved_and_without_the_card() {
    let app = TestApp::new().await;
    let [paid, returned, open, strange, other] = [(); 5].map(|()| order());
    for order in [paid, returned, open, other] {
        app.authorise(order, "tok_visa", 700).await.ok(200);
    }
    for order in [paid, returned, other] {
        app.act(order, "capture").await.ok(200);
    }
    app.act(returned, "refund").await.ok(200);
    let asked = json!({ "order_ids": [open, returned, strange, paid] });

    let told = app.orders().post("/internal/payments/list", &asked).await;

    let told = told.ok(200);
    assert!(!told.to_string().contains("tok_"), "{told}");
    let told = told["items"].as_array().unwrap().iter().map(|payment| {
        let ledger = payment["ledger"].as_array().unwrap().iter();
        let kinds = ledger.map(|entry| entry["kind"].as_str().unwrap().to_owned());
        let order = payment["order_id"].as_str().unwrap().to_owned();
        (order, payment["status"].clone(), kinds.collect::<Vec<_>>())
    });
    let mut expected = [
        (paid, "captured", vec!["capture"]),
        (returned, "refunded", vec!["capture", "refund"]),
        (open, "authorised", vec![]),
    ];
    expected.sort();
    let expected = expected.map(|(order, status, kinds)| {
        let kinds: Vec<_> = kinds.into_iter().map(str::to_owned).collect();
        (order.to_string(), json!(status), kinds)
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn more_than_a_page_of_orders_is_refused() {
    let app = TestApp::new().await;
    let many: Vec<_> = (0..101).map(|_| order()).collect();

    let refused = app
        .orders()
        .post("/internal/payments/list", &json!({ "order_ids": many }))
        .await;

    refused.refused(422, "invalid-body");
}
