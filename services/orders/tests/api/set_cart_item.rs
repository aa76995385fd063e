use serde_json::json;
use uuid::Uuid;

use crate::app::{TestApp, cart_quantities, fill};

#[tokio::test]
async fn a_second_put_replaces_the_quantity() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(9);
    fill(&shopper, product, 2).await;

    fill(&shopper, product, 5).await;

    assert_eq!(cart_quantities(&shopper).await, [5]);
}

#[tokio::test]
async fn a_quantity_may_be_written_as_any_json_number_that_is_whole() {
    let app = TestApp::new();
    let shopper = app.customer();
    let path = format!("/v1/cart/items/{}", app.product(9));

    shopper
        .put(&path, &json!({ "quantity": 3.0 }))
        .await
        .ok(200);
    let refused = shopper.put(&path, &json!({ "quantity": 3.5 })).await;

    assert_eq!(refused.faults(), ["/quantity"]);
    assert_eq!(cart_quantities(&shopper).await, [3]);
}

#[tokio::test]
async fn a_quantity_outside_of_1_to_99_is_refused_and_nothing_is_stored() {
    let app = TestApp::new();
    let shopper = app.customer();
    let path = format!("/v1/cart/items/{}", app.product(9));

    for quantity in [0, -1, 100] {
        let answer = shopper.put(&path, &json!({ "quantity": quantity })).await;
        assert_eq!(answer.faults(), ["/quantity"]);
    }

    assert!(cart_quantities(&shopper).await.is_empty());
}

#[tokio::test]
async fn an_unknown_product_is_not_found() {
    let app = TestApp::new();
    let path = format!("/v1/cart/items/{}", Uuid::now_v7());

    let answer = app.customer().put(&path, &json!({ "quantity": 1 })).await;

    answer.refused(404, "not-found");
}

#[tokio::test]
async fn a_retired_product_is_not_found_and_one_that_is_in_the_cart_stays_there_to_be_seen() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(9);
    fill(&shopper, product, 2).await;
    app.world.catalog.retire(product);
    let path = format!("/v1/cart/items/{product}");

    let answer = shopper.put(&path, &json!({ "quantity": 3 })).await;

    answer.refused(404, "not-found");
    let cart = shopper.get("/v1/cart").await.ok(200);
    assert_eq!(cart["items"][0]["quantity"], 2);
    assert_eq!(cart["items"][0]["available"], false);
}

#[tokio::test]
async fn a_price_in_another_currency_does_not_get_into_a_cart() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(9);
    app.world.catalog.price_in_euros(product);
    let path = format!("/v1/cart/items/{product}");

    let answer = shopper.put(&path, &json!({ "quantity": 1 })).await;

    answer.refused(500, "internal");
    assert!(cart_quantities(&shopper).await.is_empty());
}

#[tokio::test]
async fn a_cart_holds_100_products_and_no_more() {
    let app = TestApp::new();
    let shopper = app.customer();
    for _ in 0..100 {
        fill(&shopper, app.product(1), 1).await;
    }

    let path = format!("/v1/cart/items/{}", app.product(1));
    let answer = shopper.put(&path, &json!({ "quantity": 1 })).await;

    answer.refused(409, "cart-full");
}
