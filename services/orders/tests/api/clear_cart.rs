use crate::app::{TestApp, cart_quantities, fill};

#[tokio::test]
async fn a_cleared_cart_is_empty_and_other_carts_are_not() {
    let app = TestApp::new();
    let (shopper, other) = (app.customer(), app.customer());
    fill(&shopper, app.product(9), 2).await;
    fill(&other, app.product(9), 3).await;

    shopper.delete("/v1/cart").await.ok(204);

    assert!(cart_quantities(&shopper).await.is_empty());
    assert_eq!(cart_quantities(&other).await, [3]);
}
