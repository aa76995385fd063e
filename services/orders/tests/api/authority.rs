//! Every operation as everybody: groups are no scopes of a token, so that nobody else may decide.

use std::time::Duration;

use testkit::authority::check_authority;

use crate::app::World;

#[tokio::test]
async fn whom_the_document_does_not_let_in_the_service_itself_refuses() {
    let app = World::new().start(Duration::ZERO);
    let document = serde_json::to_value(orders::openapi()).unwrap();

    assert!(check_authority(&document, &app.service).await > 10);
}
