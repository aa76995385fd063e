use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::service::Answer;

use crate::{
    app::{PASSWORD, TestApp},
    letters::Letters,
};

const OTHER: &str = "another long pass phrase";

async fn ask(app: &TestApp, email: &str) -> Answer {
    let body = json!({ "email": email });
    app.anonymous().post("/v1/password-resets", &body).await
}

async fn complete(app: &TestApp, token: &Value, password: &str) -> Answer {
    let body = json!({ "token": token, "password": password });
    app.anonymous()
        .post("/v1/password-resets/complete", &body)
        .await
}

async fn sign_in(app: &TestApp, password: &str) -> Answer {
    let body = json!({ "email": "rose@garden.example", "password": password });
    app.anonymous().post("/v1/sessions", &body).await
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_once_and_every_session_ends() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    app.customer("rose@garden.example").await;
    let session = app.sign_in("rose@garden.example").await;
    assert_eq!(letters.next().await["kind"], "verify-address");

    ask(&app, " Rose@Garden.example").await.ok(202);

    let letter = letters.next().await;
    assert_eq!(letter["kind"], "reset-password");
    assert_eq!(letter["to"], "rose@garden.example");
    complete(&app, &letter["token"], OTHER).await.ok(204);
    assert_eq!(letters.next().await, "session.ended");
    assert_eq!(letters.next().await["kind"], "password-changed");
    sign_in(&app, PASSWORD)
        .await
        .refused(401, "wrong-credentials");
    sign_in(&app, OTHER).await.ok(201);
    app.refresh(&session).await.refused(401, "session-ended");
    let again = complete(&app, &letter["token"], PASSWORD).await;
    again.refused(410, "link-expired");
    letters.end().await;
}

#[tokio::test]
async fn whoever_asks_is_told_the_same_and_who_has_no_account_gets_no_letter() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);

    ask(&app, "nobody@garden.example").await.ok(202);

    assert_eq!(letters.next().await, "no-letter");
    letters.end().await;
    assert_eq!(ask(&app, "no address").await.faults(), ["/email"]);
}

#[tokio::test]
async fn a_link_works_for_a_quarter_of_an_hour_and_the_newest_alone() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    app.customer("rose@garden.example").await;
    letters.next().await;
    ask(&app, "rose@garden.example").await.ok(202);
    let first = letters.next().await["token"].clone();
    ask(&app, "rose@garden.example").await.ok(202);
    let second = letters.next().await["token"].clone();

    complete(&app, &first, OTHER)
        .await
        .refused(410, "link-expired");
    app.clock.step(SignedDuration::from_secs(15 * 60 + 1));
    complete(&app, &second, OTHER)
        .await
        .refused(410, "link-expired");

    sign_in(&app, PASSWORD).await.ok(201);
}

#[tokio::test]
async fn a_bad_password_or_token_leaves_the_link_as_it_is() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    app.customer("rose@garden.example").await;
    letters.next().await;
    ask(&app, "rose@garden.example").await.ok(202);
    let token = letters.next().await["token"].clone();

    assert_eq!(
        complete(&app, &token, "short").await.faults(),
        ["/password"]
    );
    for made_up in ["", "made-up", "\u{0}"] {
        let refused = complete(&app, &json!(made_up), OTHER).await;
        refused.refused(410, "link-expired");
    }

    complete(&app, &token, OTHER).await.ok(204);
}

#[tokio::test]
async fn an_address_is_proven_by_the_link_of_a_letter_and_another_letter_can_be_had_until_then() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    let (_, rose) = app.customer("rose@garden.example").await;
    let first = letters.next().await;
    assert_eq!(first["kind"], "verify-address");
    let prove = async |token: &Value| {
        let body = json!({ "token": token });
        app.anonymous().post("/v1/email-verifications", &body).await
    };
    let ask = || rose.bare(Method::POST, "/v1/me/email/verification");

    ask().await.ok(202);
    let second = letters.next().await;
    prove(&first["token"]).await.refused(410, "link-expired");
    prove(&second["token"]).await.ok(204);
    prove(&second["token"]).await.refused(410, "link-expired");

    ask().await.ok(202);
    letters.end().await;
}

#[tokio::test]
async fn nobody_fills_a_mailbox_and_nobody_is_told_that_it_is_full() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    app.customer("rose@garden.example").await;

    for email in ["rose@garden.example", "nobody@garden.example"] {
        for _ in 0..8 {
            ask(&app, email).await.ok(202);
        }
    }

    let mut kinds = Vec::new();
    for _ in 0..10 {
        kinds.push(letters.next().await);
    }
    letters.end().await;
    let resets = kinds.iter().filter(|it| it["kind"] == "reset-password");
    assert_eq!(resets.count(), 4, "and one to prove the address");
    let nobodys = kinds.iter().filter(|it| **it == "no-letter");
    assert_eq!(nobodys.count(), 5);
}
