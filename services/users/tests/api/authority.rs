//! Every operation as everybody: groups are no scopes of a token, so that nobody else may decide.

use testkit::authority::check_authority;

use crate::app::TestApp;

#[tokio::test]
async fn whom_the_document_does_not_let_in_the_service_itself_refuses() {
    let app = TestApp::new().await;
    let document = serde_json::to_value(users::openapi()).unwrap();

    assert!(check_authority(&document, &app.service).await > 40);
}
