use serde_json::{Value, json};

use crate::app::{TestApp, add, address};

#[tokio::test]
async fn a_user_sees_their_own_addresses_oldest_first() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let (_, lily) = app.customer("lily@garden.example").await;
    let first = add(&rose, &address()).await;
    add(&lily, &address()).await;
    let second = add(&rose, &address()).await;

    let list = rose.get("/v1/me/addresses").await.ok(200);

    let ids: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["id"])
        .collect();
    assert_eq!(ids, [&json!(first), &json!(second)]);
    assert_eq!(list["next_cursor"], Value::Null);
}

#[tokio::test]
async fn a_stranger_is_asked_to_sign_in() {
    let answer = TestApp::new()
        .await
        .anonymous()
        .get("/v1/me/addresses")
        .await;

    answer.refused(401, "sign-in-required");
}
