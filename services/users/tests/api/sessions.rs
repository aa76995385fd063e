use http::{Method, header};
use jiff::SignedDuration;
use kit::identity::Caller;
use serde_json::{Value, json};
use testkit::service::{Client, request};
use users::session::MAX_SESSIONS;
use uuid::Uuid;

use crate::{
    app::{PASSWORD, TestApp, claims, cookie},
    letters::Letters,
};

const EMAIL: &str = "rose@garden.example";

/// Signs in from a device: its cookie, its session, and how it calls.
async fn device(app: &TestApp, id: Uuid, agent: &str) -> (String, Uuid, Client) {
    let request = request(Method::POST, "/v1/sessions")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, agent)
        .header("x-forwarded-for", "203.0.113.7");
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let answer = app.anonymous().send(request, body.to_string()).await;
    let session: Uuid = serde_json::from_value(claims(&answer.ok(201))["sid"].clone()).unwrap();
    let client = app.service.called_by(Caller {
        issuer: "edge".into(),
        subject: Some(id),
        session: Some(session),
        auth_time: Some(app.clock.now().as_second()),
        amr: ["pwd".into()].into(),
        ..Caller::default()
    });
    (cookie(&answer), session, client)
}

async fn list(client: &Client) -> Vec<Value> {
    let list = client.get("/v1/me/sessions").await.ok(200);
    list["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_person_sees_where_they_are_signed_in_and_ends_one_or_all_others() {
    let app = TestApp::new().await;
    let (id, _) = app.customer(EMAIL).await;
    let (_, lily) = app.customer("lily@garden.example").await;
    let (phone_cookie, phone, _) = device(&app, id, "Firefox/140.0 (Android 15)").await;
    app.clock.step(SignedDuration::from_mins(1));
    let (_, _, _) = device(&app, id, "curl/8.5.0").await;
    app.clock.step(SignedDuration::from_mins(1));
    let (desk_cookie, desk, rose) = device(&app, id, "Firefox/140.0 (X11; Linux)").await;

    let all = list(&rose).await;
    let names: Vec<_> = all
        .iter()
        .map(|it| it["device"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Firefox on Linux", "curl", "Firefox on Android"]);
    assert_eq!(all[0]["network"], "203.0.113.0/24");
    assert_eq!(all[0]["is_current"], true);
    assert_eq!(all[2]["is_current"], false);
    assert!(list(&lily).await.is_empty());
    let path = format!("/v1/me/sessions/{phone}");
    lily.bare(Method::DELETE, &path)
        .await
        .refused(404, "not-found");

    // What is renewed was used last, and stays the same session.
    app.refresh(&phone_cookie).await.ok(200);
    assert_eq!(list(&rose).await.len(), 3);

    rose.bare(Method::DELETE, &path).await.ok(204);
    rose.bare(Method::DELETE, &path)
        .await
        .refused(404, "not-found");
    let refused = app.refresh(&phone_cookie).await;
    refused.refused(401, "session-ended");
    rose.bare(Method::DELETE, "/v1/me/sessions").await.ok(204);
    let left = list(&rose).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["id"], json!(desk));
    app.refresh(&desk_cookie).await.ok(200);
}

#[tokio::test]
async fn a_session_that_is_one_too_many_ends_the_one_that_was_used_the_longest_ago() {
    let app = TestApp::new().await;
    let (id, _) = app.customer(EMAIL).await;
    let (first, ..) = device(&app, id, "first").await;
    let (second, ..) = device(&app, id, "second").await;
    app.clock.step(SignedDuration::from_mins(1));
    let first = cookie(&app.refresh(&first).await);
    for _ in 2..MAX_SESSIONS {
        app.clock.step(SignedDuration::from_secs(1));
        device(&app, id, "other").await;
    }
    app.clock.step(SignedDuration::from_secs(1));

    let (_, _, rose) = device(&app, id, "one too many").await;

    assert_eq!(
        list(&rose).await.len(),
        usize::try_from(MAX_SESSIONS).unwrap()
    );
    app.refresh(&first).await.ok(200);
    app.refresh(&second).await.refused(401, "session-ended");
}

#[tokio::test]
async fn another_password_ends_all_other_sessions_and_the_owner_is_told() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    let (id, stale) = app.customer(EMAIL).await;
    let (elsewhere, other, _) = device(&app, id, "phone").await;
    let (here, _, rose) = device(&app, id, "desk").await;
    letters.next().await;
    let new = json!({ "password": "another long pass phrase" });
    let weak = json!({ "password": "password123" });

    let refused = stale.put("/v1/me/password", &new).await;
    refused.refused(401, "step-up-required");
    assert_eq!(
        rose.put("/v1/me/password", &weak).await.faults(),
        ["/password"]
    );
    rose.put("/v1/me/password", &new).await.ok(204);

    assert_eq!(letters.next().await, "session.ended");
    assert_eq!(letters.next().await["kind"], "password-changed");
    letters.end().await;
    app.refresh(&here).await.ok(200);
    app.refresh(&elsewhere).await.refused(401, "session-ended");
    assert!(list(&rose).await.iter().all(|it| it["id"] != json!(other)));
    let old = json!({ "email": EMAIL, "password": PASSWORD });
    let refused = app.anonymous().post("/v1/sessions", &old).await;
    refused.refused(401, "wrong-credentials");
}

#[tokio::test]
async fn another_address_counts_once_it_is_proven_and_both_are_told() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    let (id, stale) = app.customer(EMAIL).await;
    let (_, _, rose) = device(&app, id, "desk").await;
    letters.next().await;
    let new = json!({ "email": "rosa@garden.example" });

    let refused = stale.put("/v1/me/email", &new).await;
    refused.refused(401, "step-up-required");
    rose.put("/v1/me/email", &new).await.ok(202);

    let asked = letters.next().await;
    assert_eq!(
        (&asked["kind"], &asked["to"]),
        (&json!("address-change-asked"), &json!(EMAIL))
    );
    let confirm = letters.next().await;
    assert_eq!(confirm["kind"], "confirm-address");
    assert_eq!(confirm["to"], "rosa@garden.example");
    assert_eq!(rose.get("/v1/me").await.ok(200)["email"], EMAIL);
    let proof = json!({ "token": confirm["token"] });
    let proven = app
        .anonymous()
        .post("/v1/email-verifications", &proof)
        .await;
    proven.ok(204);
    let changed = letters.next().await;
    assert_eq!(
        (&changed["kind"], &changed["to"]),
        (&json!("address-changed"), &json!(EMAIL))
    );
    letters.end().await;
    let me = rose.get("/v1/me").await.ok(200);
    assert_eq!(me["email"], "rosa@garden.example");
}
