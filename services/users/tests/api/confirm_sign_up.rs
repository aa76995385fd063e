use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn a_code_that_was_never_sent_confirms_nothing() {
    let app = TestApp::new().await;
    let confirmation = json!({ "email": "rose@garden.example", "code": "000000" });

    let answer = app
        .anonymous()
        .post("/v1/users/confirmation", &confirmation)
        .await;

    answer.refused(401, "wrong-code");
}

#[tokio::test]
async fn every_field_at_fault_of_a_confirmation_is_named() {
    let app = TestApp::new().await;

    for code in ["", &"1".repeat(33)] {
        let confirmation = json!({ "email": "rose", "code": code });
        let path = "/v1/users/confirmation";
        let answer = app.anonymous().post(path, &confirmation).await;

        assert_eq!(answer.faults(), ["/email", "/code"]);
    }
}
