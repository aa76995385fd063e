use serde_json::json;
use uuid::Uuid;

use crate::app::TestApp;

#[tokio::test]
async fn a_user_sees_themself() {
    let app = TestApp::new().await;
    let (id, rose) = app.customer("rose@garden.example").await;
    app.customer("lily@garden.example").await;

    let me = rose.get("/v1/me").await.ok(200);

    let expected = json!({
        "id": id, "email": "rose@garden.example", "name": "Rose", "groups": ["customer"],
    });
    assert_eq!(me, expected);
}

#[tokio::test]
async fn a_stranger_is_asked_to_sign_in() {
    let answer = TestApp::new().await.anonymous().get("/v1/me").await;

    answer.refused(401, "sign-in-required");
}

#[tokio::test]
async fn a_user_without_an_account_is_not_found() {
    let app = TestApp::new().await;

    let answer = app.service.customer(Uuid::now_v7()).get("/v1/me").await;

    answer.refused(404, "not-found");
}
