use http::{Method, header};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::service::{Answer, Client, request};

use crate::app::{COOKIE, PASSWORD, TestApp, claims};

const PATH: &str = "/v1/sessions/current/step-up";

/// Sends a proof with the cookie of a session.
async fn prove(user: &Client, cookie: &str, proof: &Value) -> Answer {
    let request = request(Method::POST, PATH)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, format!("{COOKIE}={cookie}"));
    user.send(request, proof.to_string()).await
}

#[tokio::test]
async fn a_token_says_when_and_how_its_user_proved_who_they_are() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let signed_in_at = app.clock.now().as_second();
    let cookie = app.sign_in("rose@garden.example").await;

    app.clock.step(SignedDuration::from_mins(20));
    let token = app.refresh(&cookie).await.ok(200);

    let claims = claims(&token);
    assert_eq!(claims["amr"], json!(["pwd"]));
    let auth_time = claims["auth_time"].as_i64().unwrap();
    assert!((signed_in_at..signed_in_at + 30).contains(&auth_time));
}

#[tokio::test]
async fn the_password_makes_the_session_fresh_and_other_sessions_stay_as_they_are() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let [here, elsewhere] = [
        app.sign_in("rose@garden.example").await,
        app.sign_in("rose@garden.example").await,
    ];
    app.clock.step(SignedDuration::from_mins(20));
    let now = app.clock.now().as_second();

    let proven = prove(&rose, &here, &json!({ "password": PASSWORD })).await;

    assert!(proven.headers.get(header::SET_COOKIE).is_none());
    let proven = claims(&proven.ok(200))["auth_time"].as_i64().unwrap();
    assert!(proven >= now);
    let here = claims(&app.refresh(&here).await.ok(200));
    assert_eq!(here["auth_time"], proven);
    let elsewhere = claims(&app.refresh(&elsewhere).await.ok(200));
    assert!(elsewhere["auth_time"].as_i64().unwrap() < now);
}

#[tokio::test]
async fn a_wrong_password_proves_nothing_and_is_slowed() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let wrong = json!({ "password": "a wrong password" });

    for _ in 0..20 {
        rose.post(PATH, &wrong)
            .await
            .refused(401, "wrong-credentials");
    }

    let slowed = rose.post(PATH, &json!({ "password": PASSWORD })).await;
    slowed.refused(429, "too-many-guesses");
}

#[tokio::test]
async fn a_stranger_is_asked_to_sign_in() {
    let app = TestApp::new().await;

    let proof = json!({ "password": PASSWORD });
    let answer = app.anonymous().post(PATH, &proof).await;

    answer.refused(401, "sign-in-required");
}
