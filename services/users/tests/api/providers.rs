//! Signing in by another provider: accounts that come to be by it, and accounts that were there before.

use http::Method;
use serde_json::{Value, json};

use crate::{
    app::{TestApp, claims, cookie},
    letters::waiting,
    provider::{Provider, come_back, merge, person, set_out, set_out_in, sign_in},
};

const ROSE: &str = "rose@garden.example";

#[tokio::test]
async fn without_providers_there_are_none() {
    let app = TestApp::new().await;

    let listed = app.anonymous().get("/v1/providers").await.ok(200);
    let begun = app.anonymous();
    let begun = begun
        .bare(Method::POST, "/v1/providers/example/sign-ins")
        .await;

    assert_eq!(listed, json!({ "providers": [] }));
    begun.refused(404, "not-found");
}

#[tokio::test]
async fn a_browser_is_sent_to_the_provider_with_what_has_to_come_back() {
    let provider = Provider::open().await;
    let app = provider.shop().await;

    let listed = app.anonymous().get("/v1/providers").await.ok(200);
    let way = set_out(&app).await;
    let other = set_out(&app).await;

    let example = json!({ "name": "example", "label": "Example ID" });
    assert_eq!(listed, json!({ "providers": [example] }));
    let begin = format!("{}/auth?tenant=1&", provider.issuer);
    assert!(way.location.starts_with(&begin), "{}", way.location);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "terrace"),
        ("redirect_uri", "http://localhost:3000/continue"),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(way.query[name], value);
    }
    assert!(!way.query.contains_key("prompt"));
    for name in ["state", "nonce", "code_challenge"] {
        assert!(way.query[name].len() >= 43, "{name}");
        assert_ne!(way.query[name], other.query[name], "{name}");
    }
    assert_ne!(way.browser, other.browser);
    assert!(
        !way.location.contains(&way.browser),
        "the secret stays with the browser"
    );
}

#[tokio::test]
async fn whoever_has_no_account_gets_one_without_a_password_and_comes_back_to_it() {
    let provider = Provider::open().await;
    let app = provider.shop().await;

    let first = sign_in(&app, &provider, person("1", "Rose@Garden.Example")).await;
    let tokens = first.ok(201);
    // The address may change there; the subject is whose account it is.
    let again = sign_in(&app, &provider, person("1", "other@garden.example")).await;
    let again = again.ok(201);

    assert_eq!(tokens["user"]["email"], ROSE);
    assert_eq!(tokens["user"]["name"], "Rose of the provider");
    assert_eq!(tokens["user"]["groups"], json!(["customer"]));
    assert_eq!(again["user"]["id"], tokens["user"]["id"]);
    assert_eq!(claims(&tokens)["amr"], json!(["fed"]));
    let user = app.service.customer(id(&tokens));
    let linked = user.get("/v1/me/providers").await.ok(200);
    assert_eq!(linked["items"][0]["name"], "example");
    assert_eq!(linked["items"][0]["label"], "Example ID");
    assert!(linked["items"][0]["used_at"].is_string());
    for password in ["", "no account has this password"] {
        let guess = json!({ "email": ROSE, "password": password });
        let guess = app.anonymous().post("/v1/sessions", &guess).await;
        guess.refused(401, "wrong-credentials");
    }
    let refresh = first.headers.get_all("set-cookie").iter();
    let refresh = refresh.filter(|it| it.to_str().unwrap().contains("terrace_refresh"));
    assert_eq!(refresh.count(), 1);
    assert!(waiting(&app).is_empty(), "the address is proven");
    let asked = user.bare(Method::POST, "/v1/me/email/verification").await;
    asked.ok(202);
    assert!(waiting(&app).is_empty(), "the address is proven");
}

#[tokio::test]
async fn a_provider_that_tells_addresses_elsewhere_is_asked_there() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    provider.how().is_strict = true;

    let tokens = sign_in(&app, &provider, person("1", ROSE)).await.ok(201);

    assert_eq!(tokens["user"]["email"], ROSE);
    assert_eq!(tokens["user"]["name"], "Rose of the provider");
}

#[tokio::test]
async fn an_address_that_the_provider_does_not_vouch_for_makes_no_account() {
    let provider = Provider::open().await;
    let app = provider.shop().await;

    for change in [
        json!({ "email_verified": false }),
        json!({ "email_verified": null }),
        json!({ "email": null }),
        json!({ "email": "rose" }),
    ] {
        let mut rose = person("1", ROSE);
        merge(&mut rose, &change);
        let answer = sign_in(&app, &provider, rose).await;
        answer.refused(403, "address-unverified");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    let account = json!({ "email": ROSE, "password": crate::app::PASSWORD, "name": "Rose" });
    app.anonymous().post("/v1/users", &account).await.ok(201);
}

#[tokio::test]
async fn a_name_that_nobody_can_read_is_not_taken() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let mut rose = person("1", ROSE);
    merge(&mut rose, &json!({ "name": "\u{202e}esoR\n" }));

    let tokens = sign_in(&app, &provider, rose).await.ok(201);

    assert_eq!(tokens["user"]["name"], "Gardener");
}

#[tokio::test]
async fn two_tabs_that_sign_in_for_the_first_time_at_once_are_one_account() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let first = set_out(&app).await;
    let path = "/v1/providers/example/sign-ins";
    let second = set_out_in(&app.anonymous(), path, Some(&first.browser)).await;
    let codes = [&first, &second].map(|way| provider.grant(way, person("1", ROSE)));

    let (one, other) = tokio::join!(
        come_back(&app, &first, &codes[0]),
        come_back(&app, &second, &codes[1])
    );

    assert_eq!(first.browser, second.browser);
    assert_eq!(one.ok(201)["user"]["id"], other.ok(201)["user"]["id"]);
}

#[tokio::test]
async fn who_has_a_second_factor_is_asked_for_it_here_too() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let tokens = sign_in(&app, &provider, person("1", ROSE)).await.ok(201);
    let (secret, _) = app.add_totp(id(&tokens)).await;

    let answer = sign_in(&app, &provider, person("1", ROSE)).await;
    let problem = answer.refused(401, "second-factor-required");
    let challenge = problem.members["challenge"].as_str().unwrap();
    let code = secret.code(app.clock.now());
    let finished = app.finish(challenge, &code).await;

    assert!(!answer.headers.contains_key("set-cookie"));
    let amr = &claims(&finished.ok(201))["amr"];
    assert_eq!(*amr, json!(["fed", "otp", "mfa"]));
    let renewed = app.refresh(&cookie(&last_cookie(finished))).await.ok(200);
    assert_eq!(claims(&renewed)["amr"], json!(["fed", "otp", "mfa"]));
}

/// Of the cookies the refresh token alone.
fn last_cookie(mut answer: testkit::service::Answer) -> testkit::service::Answer {
    let all: Vec<_> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .cloned()
        .collect();
    let refresh = all
        .into_iter()
        .find(|it| it.to_str().unwrap().contains("terrace_refresh"));
    answer.headers.insert("set-cookie", refresh.unwrap());
    answer
}

fn id(tokens: &Value) -> uuid::Uuid {
    tokens["user"]["id"].as_str().unwrap().parse().unwrap()
}
