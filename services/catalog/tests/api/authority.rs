//! Every operation as everybody: groups are no scopes of a token, so that nobody else may decide.

use testkit::authority::check_authority;

use crate::shop::Shop;

#[tokio::test]
async fn whom_the_document_does_not_let_in_the_service_itself_refuses() {
    let shop = Shop::empty().await;
    let document = serde_json::to_value(catalog::openapi()).unwrap();

    assert!(check_authority(&document, &shop.service).await > 8);
}
