use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{TestApp, add, address};

#[tokio::test]
async fn an_address_is_replaced_whole_and_keeps_its_id() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let id = add(&rose, &address()).await;
    let other = add(&rose, &address()).await;
    let mut body = address();
    body["city"] = json!("Salem");
    body.as_object_mut().unwrap().remove("line2");

    let path = format!("/v1/me/addresses/{id}");
    let replaced = rose.put(&path, &body).await.ok(200);

    assert_eq!(replaced["id"], json!(id));
    assert_eq!(
        (&replaced["city"], &replaced["line2"]),
        (&json!("Salem"), &Value::Null)
    );
    let list = rose.get("/v1/me/addresses").await.ok(200);
    assert_eq!(list["items"][0], replaced);
    assert_eq!(
        (&list["items"][1]["id"], &list["items"][1]["city"]),
        (&json!(other), &json!("Portland"))
    );
}

#[tokio::test]
async fn another_users_address_and_an_unknown_one_are_not_found() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let (_, lily) = app.customer("lily@garden.example").await;
    let id = add(&rose, &address()).await;
    let before = rose.get("/v1/me/addresses").await.ok(200);
    let mut body = address();
    body["city"] = json!("Salem");

    for id in [id, Uuid::now_v7().to_string()] {
        let answer = lily.put(&format!("/v1/me/addresses/{id}"), &body).await;
        answer.refused(404, "not-found");
    }

    assert_eq!(rose.get("/v1/me/addresses").await.ok(200), before);
}

#[tokio::test]
async fn a_wrong_body_a_wrong_id_and_a_stranger_are_refused() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let path = format!("/v1/me/addresses/{}", add(&rose, &address()).await);
    let mut wrong = address();
    wrong["country"] = json!("Oregon");

    let body = rose.put(&path, &wrong).await;
    let id = rose.put("/v1/me/addresses/first", &address()).await;
    let stranger = app.anonymous().put(&path, &address()).await;

    assert_eq!(body.faults(), ["/country"]);
    id.refused(400, "bad-parameter");
    stranger.refused(401, "sign-in-required");
}
