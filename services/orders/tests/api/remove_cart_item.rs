use crate::app::{TestApp, cart_quantities, fill};

#[tokio::test]
async fn a_removed_product_is_gone_and_removing_it_again_is_fine() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(9);
    fill(&shopper, product, 2).await;
    fill(&shopper, app.product(9), 3).await;

    let path = format!("/v1/cart/items/{product}");
    shopper.delete(&path).await.ok(204);
    shopper.delete(&path).await.ok(204);

    assert_eq!(cart_quantities(&shopper).await, [3]);
}
