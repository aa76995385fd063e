use serde_json::json;

use crate::app::{TestApp, add, address};

#[tokio::test]
async fn an_address_is_deleted_once() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let path = format!("/v1/me/addresses/{}", add(&rose, &address()).await);
    let kept = add(&rose, &address()).await;

    rose.delete(&path).await.ok(204);

    rose.delete(&path).await.refused(404, "not-found");
    let list = rose.get("/v1/me/addresses").await.ok(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["id"], json!(kept));
}

#[tokio::test]
async fn another_users_address_stays() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let (_, lily) = app.customer("lily@garden.example").await;
    let path = format!("/v1/me/addresses/{}", add(&rose, &address()).await);

    lily.delete(&path).await.refused(404, "not-found");

    let list = rose.get("/v1/me/addresses").await.ok(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_wrong_id_and_a_stranger_are_refused() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let path = format!("/v1/me/addresses/{}", add(&rose, &address()).await);

    let id = rose.delete("/v1/me/addresses/first").await;
    let stranger = app.anonymous().delete(&path).await;

    id.refused(400, "bad-parameter");
    stranger.refused(401, "sign-in-required");
}
