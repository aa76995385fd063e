use serde_json::json;

use crate::app::{TestApp, fill};

#[tokio::test]
async fn an_empty_cart_costs_nothing_and_asks_nobody() {
    let app = TestApp::new();
    app.world.catalog.set_gone(true);

    let cart = app.customer().get("/v1/cart").await.ok(200);

    let nothing = json!({ "amount": 0, "currency": "USD" });
    assert_eq!(
        cart,
        json!({ "items": [], "subtotal": nothing, "shipping": nothing, "tax": nothing, "total": nothing })
    );
}

#[tokio::test]
async fn a_cart_has_the_catalogs_prices_and_says_what_is_not_to_be_had() {
    let app = TestApp::new();
    let shopper = app.customer();
    let (fork, spade) = (
        app.world.catalog.add("Fork", 1_999, 3),
        app.world.catalog.add("Spade", 2_450, 1),
    );
    fill(&shopper, fork, 1).await;
    fill(&shopper, spade, 2).await;

    let cart = shopper.get("/v1/cart").await.ok(200);

    let items = cart["items"].as_array().unwrap();
    assert_eq!(items[0]["name"], "Fork");
    assert_eq!(items[0]["available"], true);
    assert_eq!(items[1]["line_total"]["amount"], 4_900);
    assert_eq!(items[1]["available"], false);
    let sums = ["subtotal", "shipping", "tax", "total"].map(|sum| cart[sum]["amount"].clone());
    assert_eq!(sums, [6_899, 595, 552, 8_046]);
}

#[tokio::test]
async fn without_the_catalog_there_are_no_prices() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(1), 1).await;
    app.world.catalog.set_gone(true);

    shopper.get("/v1/cart").await.refused(503, "unavailable");
}

#[tokio::test]
async fn each_shopper_has_a_cart_of_their_own_and_a_stranger_none() {
    let app = TestApp::new();
    fill(&app.customer(), app.product(1), 1).await;

    let other = app.customer().get("/v1/cart").await.ok(200);

    assert_eq!(other["items"], json!([]));
    let anonymous = app.service.anonymous().get("/v1/cart").await;
    anonymous.refused(401, "sign-in-required");
    let neighbour = app.service.neighbour("catalog").get("/v1/cart").await;
    neighbour.refused(401, "untrusted-caller");
}
