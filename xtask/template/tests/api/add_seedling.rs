//! `POST /v1/seedlings`.

use serde_json::json;

use crate::TestApp;

#[tokio::test]
async fn what_is_added_is_where_the_answer_says() {
    let app = TestApp::new().await;

    let added = app.add("one", &json!({ "name": " Fern " })).await;

    let body = added.ok(201);
    assert_eq!(body["name"], "Fern");
    let found = app.anonymous().get(added.header("location")).await;
    assert_eq!(found.ok(200), body);
}

#[tokio::test]
async fn a_repeated_call_adds_nothing_and_another_by_the_same_key_is_refused() {
    let app = TestApp::new().await;
    let first = app.add("one", &json!({ "name": "Fern" })).await.ok(201);

    let again = app.add("one", &json!({ "name": "Fern" })).await.ok(201);
    let other = app.add("one", &json!({ "name": "Moss" })).await;

    assert_eq!(again, first);
    other.refused(422, "key-reused");
    let all = app.anonymous().get("/v1/seedlings").await.ok(200);
    assert_eq!(all["items"], json!([first]));
}

#[tokio::test]
async fn a_body_that_is_none_is_refused_and_every_bad_field_named() {
    let app = TestApp::new().await;

    let long = app.add("one", &json!({ "name": "x".repeat(81) })).await;
    let unknown = app.add("two", &json!({ "name": "Fern", "size": 1 })).await;
    let keyless = app.staff();
    let keyless = keyless
        .post("/v1/seedlings", &json!({ "name": "Fern" }))
        .await;

    long.refused(422, "invalid-body");
    assert!(long.faults()[0].starts_with("/name"), "{:?}", long.faults());
    assert!((400..500).contains(&unknown.status.as_u16()), "{unknown:?}");
    keyless.refused(400, "idempotency-key-missing");
    let all = app.anonymous().get("/v1/seedlings").await.ok(200);
    assert_eq!(all["items"], json!([]));
}
