//! `DELETE /v1/seedlings/{id}`.

use crate::TestApp;

#[tokio::test]
async fn what_is_removed_is_gone_and_cannot_be_removed_again() {
    let app = TestApp::new().await;
    let id = app.added("Fern").await;
    let path = format!("/v1/seedlings/{id}");

    let removed = app.staff().delete(&path).await;

    assert_eq!(removed.status, 204);
    app.anonymous().get(&path).await.refused(404, "not-found");
    app.staff().delete(&path).await.refused(404, "not-found");
}
