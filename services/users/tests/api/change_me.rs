use serde_json::json;
use uuid::Uuid;

use crate::app::TestApp;

#[tokio::test]
async fn a_user_takes_another_name_and_nobody_else_does() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let (_, lily) = app.customer("lily@garden.example").await;

    let body = json!({ "name": " Rosa Ñandú " });
    let changed = rose.patch("/v1/me", &body).await.ok(200);

    assert_eq!(changed["name"], "Rosa Ñandú");
    assert_eq!(rose.get("/v1/me").await.ok(200), changed);
    assert_eq!(lily.get("/v1/me").await.ok(200)["name"], "Rose");
}

#[tokio::test]
async fn a_name_that_is_none_is_refused_and_the_old_one_stays() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;

    for name in ["", "   ", "Ro\0se", &"x".repeat(101)] {
        let answer = rose.patch("/v1/me", &json!({ "name": name })).await;
        assert_eq!(answer.faults(), ["/name"], "{name:?}");
    }

    assert_eq!(rose.get("/v1/me").await.ok(200)["name"], "Rose");
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;

    let body = json!({ "name": "Rosa", "email": "rosa@garden.example" });
    let answer = rose.patch("/v1/me", &body).await;

    assert_eq!(answer.faults(), ["/email"]);
}

#[tokio::test]
async fn strangers_and_users_without_an_account_change_nothing() {
    let app = TestApp::new().await;
    let body = json!({ "name": "Rosa" });

    let anonymous = app.anonymous().patch("/v1/me", &body).await;
    let ghost = app.service.customer(Uuid::now_v7());
    let ghost = ghost.patch("/v1/me", &body).await;

    anonymous.refused(401, "sign-in-required");
    ghost.refused(404, "not-found");
}
