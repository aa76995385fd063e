use http::Method;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use testkit::service::{Answer, Client};
use uuid::Uuid;

use crate::{
    app::{PASSWORD, TestApp, claims},
    authenticator::Authenticator,
};

const ROSE: &str = "rose@garden.example";

/// Begins to add a passkey: the challenge, and what the browser needs.
async fn begin(user: &Client) -> (Value, Value) {
    let path = "/v1/me/passkey-challenges";
    let mut begun = user.bare(Method::POST, path).await.ok(200);
    (begun["challenge"].take(), begun["options"].take())
}

/// Adds a passkey of this device.
async fn add(app: &TestApp, id: Uuid, device: &mut Authenticator) -> Answer {
    let user = app.proven(id, &["pop", "user", "mfa"]);
    let (challenge, options) = begin(&user).await;
    let credential = device.create(&options);
    let made = json!({ "challenge": challenge, "name": "Phone", "credential": credential });
    user.post("/v1/me/passkeys", &made).await
}

/// What a device answers when somebody wants to sign in with it.
async fn proof(app: &TestApp, device: &Authenticator) -> Value {
    let path = "/v1/sessions/passkey-challenges";
    let begun = app.anonymous().bare(Method::POST, path).await.ok(200);
    json!({ "challenge": begun["challenge"], "credential": device.get(&begun["options"]) })
}

async fn sign_in(app: &TestApp, proof: &Value) -> Answer {
    app.anonymous().post("/v1/sessions/passkey", proof).await
}

#[tokio::test]
async fn a_passkey_signs_in_without_an_address_and_the_password_alone_no_longer_does() {
    let app = TestApp::new().await;
    let (id, rose) = app.customer(ROSE).await;
    let mut device = Authenticator::new();
    let added = add(&app, id, &mut device).await.ok(201);
    assert_eq!(added["recovery_codes"].as_array().unwrap().len(), 10);
    device.counter += 1;

    let signed_in = sign_in(&app, &proof(&app, &device).await).await.ok(201);

    assert_eq!(signed_in["user"]["id"], json!(id));
    assert_eq!(claims(&signed_in)["amr"], json!(["pop", "user", "mfa"]));
    let listed = rose.get("/v1/me/second-factors").await.ok(200);
    assert_eq!(listed["passkeys"][0]["name"], "Phone");
    assert!(listed["passkeys"][0]["used_at"].is_string());
    let credentials = json!({ "email": ROSE, "password": PASSWORD });
    let half = app.anonymous().post("/v1/sessions", &credentials).await;
    let half = half.refused(401, "second-factor-required").members;
    assert_eq!(half["factors"], json!(["passkey", "recovery-code"]));
}

#[tokio::test]
async fn a_proof_is_for_this_site_and_this_person_once() {
    let app = TestApp::new().await;
    let (id, _) = app.customer(ROSE).await;
    let mut device = Authenticator::new();
    add(&app, id, &mut device).await.ok(201);
    device.counter += 1;
    let once = proof(&app, &device).await;
    let stranger = proof(&app, &Authenticator::new()).await;
    let mut swapped = proof(&app, &device).await;
    swapped["challenge"] = proof(&app, &device).await["challenge"].take();
    device.origin = "http://localhost:3001";
    let elsewhere = proof(&app, &device).await;
    device.origin = "http://localhost:3000";
    device.flags = 1;
    let unverified = proof(&app, &device).await;

    for bad in [&stranger, &swapped, &elsewhere, &unverified] {
        sign_in(&app, bad).await.refused(401, "passkey-refused");
    }
    sign_in(&app, &once).await.ok(201);
    sign_in(&app, &once).await.refused(401, "challenge-expired");
}

#[tokio::test]
async fn a_passkey_that_counts_backwards_is_refused_and_counted() {
    let app = TestApp::new().await;
    let (id, _) = app.customer(ROSE).await;
    let mut device = Authenticator::new();
    device.counter = 7;
    add(&app, id, &mut device).await.ok(201);
    let recorder = PrometheusBuilder::new().build_recorder();
    let measuring = metrics::set_default_local_recorder(&recorder);

    let copied = sign_in(&app, &proof(&app, &device).await).await;

    drop(measuring);
    copied.refused(401, "passkey-refused");
    let measured = recorder.handle().render();
    assert!(measured.contains("users_passkey_counter_regressed_total 1"));
    device.counter = 8;
    sign_in(&app, &proof(&app, &device).await).await.ok(201);
}

#[tokio::test]
async fn passkeys_are_renamed_and_removed_by_their_owner_alone() {
    let app = TestApp::new().await;
    let (id, rose) = app.customer(ROSE).await;
    let (lily, _) = app.customer("lily@garden.example").await;
    let mut device = Authenticator::new();
    let added = add(&app, id, &mut device).await.ok(201);
    let path = format!(
        "/v1/me/passkeys/{}",
        added["passkey"]["id"].as_str().unwrap()
    );
    let name = json!({ "name": "Laptop" });

    let lily = app.proven(lily, &["mfa"]);
    lily.patch(&path, &name).await.refused(404, "not-found");
    lily.delete(&path).await.refused(404, "not-found");
    rose.patch(&path, &name).await.ok(204);

    let listed = rose.get("/v1/me/second-factors").await.ok(200);
    assert_eq!(listed["passkeys"][0]["name"], "Laptop");
    app.proven(id, &["mfa"]).delete(&path).await.ok(204);
    let none = rose.get("/v1/me/second-factors").await.ok(200);
    assert_eq!(none["recovery_codes_left"], 0);
    app.sign_in(ROSE).await;
    let gone = sign_in(&app, &proof(&app, &device).await).await;
    gone.refused(401, "passkey-refused");
}

#[tokio::test]
async fn what_no_device_made_for_this_challenge_is_no_passkey() {
    let app = TestApp::new().await;
    let (id, _) = app.customer(ROSE).await;
    let user = app.proven(id, &["pwd"]);
    let (challenge, options) = begin(&user).await;
    let (_, other) = begin(&user).await;
    let mut device = Authenticator::new();

    for credential in [json!({}), device.create(&other)] {
        let made = json!({ "challenge": challenge, "name": "Phone", "credential": credential });
        let refused = user.post("/v1/me/passkeys", &made).await;
        refused.refused(401, "passkey-refused");
    }
    let credential = device.create(&options);
    let made = json!({ "challenge": challenge, "name": " ", "credential": credential });
    assert_eq!(
        user.post("/v1/me/passkeys", &made).await.faults(),
        ["/name"]
    );
    let made = json!({ "challenge": challenge, "name": "Phone", "credential": credential });
    user.post("/v1/me/passkeys", &made).await.ok(201);
    let again = user.post("/v1/me/passkeys", &made).await;
    again.refused(401, "challenge-expired");
}
