use futures::future::join_all;
use http::{Method, header};
use jiff::SignedDuration;
use serde_json::json;
use testkit::service::Client;

use crate::app::{PASSWORD, TestApp, claims};

const ROSE: &str = "rose@garden.example";

/// Asks for what changes how an account is entered.
const STEPS_UP: [(Method, &str); 5] = [
    (Method::POST, "/v1/me/totp"),
    (Method::DELETE, "/v1/me/totp"),
    (Method::POST, "/v1/me/recovery-codes"),
    (Method::POST, "/v1/me/passkey-challenges"),
    (
        Method::DELETE,
        "/v1/me/passkeys/0199f0c1-0000-7000-8000-000000000000",
    ),
];

async fn assert_steps_up(user: &Client) {
    for (method, path) in STEPS_UP {
        let answer = user.bare(method, path).await;
        answer.refused(401, "step-up-required");
        let challenge = answer.header(header::WWW_AUTHENTICATE.as_str());
        let expected = "Bearer error=\"insufficient_user_authentication\", max_age=300";
        assert_eq!(challenge, expected, "{path}");
    }
}

#[tokio::test]
async fn an_app_is_added_by_a_code_of_it_and_brings_recovery_codes_once() {
    let app = TestApp::new().await;
    let (id, rose) = app.customer(ROSE).await;
    let (lily, _) = app.customer("lily@garden.example").await;
    let user = app.proven(id, &["pwd"]);
    let begun = user.bare(Method::POST, "/v1/me/totp").await.ok(200);
    let challenge = &begun["challenge"];
    let wrong = json!({ "challenge": challenge, "code": "no code" });
    user.put("/v1/me/totp", &wrong)
        .await
        .refused(401, "wrong-code");
    let lily = app.proven(lily, &["pwd"]);
    lily.put("/v1/me/totp", &wrong)
        .await
        .refused(401, "challenge-expired");
    let nothing = rose.get("/v1/me/second-factors").await.ok(200);
    assert_eq!(nothing["totp"], json!(null));

    let (_, codes) = app.add_totp(id).await;
    let (_, no_more) = app.add_totp(id).await;

    assert_eq!((codes.len(), no_more.len()), (10, 0));
    let factors = rose.get("/v1/me/second-factors").await.ok(200);
    assert!(factors["totp"]["added_at"].is_string());
    assert_eq!(factors["recovery_codes_left"], 10);
    assert_eq!(factors["passkeys"], json!([]));
}

#[tokio::test]
async fn the_password_alone_no_longer_signs_in_and_a_code_works_once() {
    let app = TestApp::new().await;
    let (id, _) = app.customer(ROSE).await;
    let (secret, _) = app.add_totp(id).await;
    let credentials = json!({ "email": ROSE, "password": PASSWORD });
    let half = app.anonymous().post("/v1/sessions", &credentials).await;
    let half = half.refused(401, "second-factor-required").members;
    assert_eq!(half["factors"], json!(["totp", "recovery-code"]));
    assert_eq!(half["expires_in"], 300);
    let challenge = half["challenge"].as_str().unwrap();
    app.finish(challenge, "000000x")
        .await
        .refused(401, "wrong-code");
    let code = secret.code(app.clock.now());

    let whole = app.finish(challenge, &code).await.ok(201);

    assert_eq!(claims(&whole)["amr"], json!(["pwd", "otp", "mfa"]));
    let again = app.challenge(ROSE).await;
    app.finish(&again, &code).await.refused(401, "wrong-code");
    app.clock.step(SignedDuration::from_secs(-30));
    let again = app.challenge(ROSE).await;
    app.finish(&again, &code).await.refused(401, "wrong-code");
    app.clock.step(SignedDuration::from_secs(60));
    let next = secret.code(app.clock.now());
    app.finish(challenge, &next)
        .await
        .refused(401, "challenge-expired");
}

#[tokio::test]
async fn a_challenge_is_over_after_five_minutes_and_another_ones_is_none() {
    let app = TestApp::new().await;
    let (id, _) = app.customer(ROSE).await;
    let (_, codes) = app.add_totp(id).await;
    let user = app.proven(id, &["mfa"]);
    let other = user.bare(Method::POST, "/v1/me/totp").await.ok(200);
    let challenge = app.challenge(ROSE).await;

    let other = app.finish(other["challenge"].as_str().unwrap(), &codes[0]);
    other.await.refused(401, "challenge-expired");
    app.finish("forged", &codes[0])
        .await
        .refused(401, "challenge-expired");
    app.clock.step(SignedDuration::from_mins(5));

    app.finish(&challenge, &codes[0])
        .await
        .refused(401, "challenge-expired");
    let challenge = app.challenge(ROSE).await;
    app.finish(&challenge, &codes[0]).await.ok(201);
}

#[tokio::test]
async fn of_many_who_send_one_recovery_code_at_once_one_signs_in() {
    let app = TestApp::new().await;
    let (id, rose) = app.customer(ROSE).await;
    let (_, codes) = app.add_totp(id).await;
    let mut challenges = Vec::new();
    for _ in 0..4 {
        challenges.push(app.challenge(ROSE).await);
    }

    let all = challenges
        .iter()
        .map(|challenge| app.finish(challenge, &codes[0]));
    let answers = join_all(all).await;

    let signed_in = answers.iter().filter(|answer| answer.status == 201);
    assert_eq!(signed_in.count(), 1);
    let factors = rose.get("/v1/me/second-factors").await.ok(200);
    assert_eq!(factors["recovery_codes_left"], 9);
}

#[tokio::test]
async fn codes_of_another_account_are_wrong_and_guesses_are_slowed_for_one_account() {
    let app = TestApp::new().await;
    let (rose, _) = app.customer(ROSE).await;
    let (lily, _) = app.customer("lily@garden.example").await;
    let (_, codes) = app.add_totp(rose).await;
    let (_, others) = app.add_totp(lily).await;
    let challenge = app.challenge(ROSE).await;

    for _ in 0..5 {
        app.finish(&challenge, &others[0])
            .await
            .refused(401, "wrong-code");
    }

    let slowed = app.finish(&challenge, &codes[0]).await;
    slowed.refused(429, "too-many-guesses");
    let challenge = app.challenge("lily@garden.example").await;
    app.finish(&challenge, &others[0]).await.ok(201);
}

#[tokio::test]
async fn ways_into_an_account_change_by_a_fresh_proof_alone() {
    let app = TestApp::new().await;
    let (id, rose) = app.customer(ROSE).await;
    assert_steps_up(&rose).await;
    let fresh = app.proven(id, &["pwd"]);
    app.clock.step(SignedDuration::from_secs(301));
    assert_steps_up(&fresh).await;

    app.add_totp(id).await;

    assert_steps_up(&app.proven(id, &["pwd"])).await;
    let fresh = app.proven(id, &["pwd", "otp", "mfa"]);
    let anew = fresh.bare(Method::POST, "/v1/me/recovery-codes").await;
    assert_eq!(anew.ok(201)["recovery_codes"].as_array().unwrap().len(), 10);
    fresh.delete("/v1/me/totp").await.ok(204);
    fresh.delete("/v1/me/totp").await.refused(404, "not-found");
    let anew = fresh.bare(Method::POST, "/v1/me/recovery-codes").await;
    anew.refused(404, "not-found");
    app.sign_in(ROSE).await;
}

#[tokio::test]
async fn a_code_steps_a_session_up_and_the_password_no_longer_does() {
    let app = TestApp::new().await;
    let (id, rose) = app.customer(ROSE).await;
    let (_, codes) = app.add_totp(id).await;
    let path = "/v1/sessions/current/step-up";

    let password = rose.post(path, &json!({ "password": PASSWORD })).await;
    let code = rose.post(path, &json!({ "code": codes[0] })).await;

    password.refused(401, "step-up-required");
    assert_eq!(claims(&code.ok(200))["amr"], json!(["pwd", "otp", "mfa"]));
    let none = rose.post(path, &json!({})).await;
    none.refused(401, "step-up-required");
}

#[tokio::test]
async fn wrong_codes_of_an_app_that_is_being_added_are_slowed() {
    let app = TestApp::new().await;
    let (id, _) = app.customer("rose@garden.example").await;
    let rose = app.proven(id, &["pwd"]);
    let begun = rose.bare(Method::POST, "/v1/me/totp").await.ok(200);
    let answer = |code: &str| json!({ "challenge": begun["challenge"], "code": code });
    for _ in 0..5 {
        let wrong = rose.put("/v1/me/totp", &answer("000000")).await;
        wrong.refused(401, "wrong-code");
    }

    let slowed = rose.put("/v1/me/totp", &answer("000000")).await;

    slowed.refused(429, "too-many-guesses");
}
