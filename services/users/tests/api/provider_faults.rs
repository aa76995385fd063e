//! What is not believed of another provider, or of whoever brings its answer; and a provider that is gone, slow, or
//! answers nonsense.

use std::time::{Duration, Instant};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::join_all;
use http::{Method, header};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use testkit::service::{Answer, request};

use crate::{
    app::{PASSWORD, TestApp},
    provider::{
        BROWSER, Key, Odd, Provider, arrive, come_back, merge, person, set_out, set_out_in, sign_in,
    },
};

const ROSE: &str = "rose@garden.example";
const SIGN_INS: &str = "/v1/providers/example/sign-ins";

/// The claims of a good ID token, but for these.
fn claims(provider: &Provider, nonce: &str, changes: Value) -> Value {
    let now = Timestamp::now().as_second();
    let mut claims = person("1", ROSE);
    let others = json!({
        "iss": provider.issuer, "aud": "terrace", "nonce": nonce, "iat": now, "exp": now + 300,
    });
    merge(&mut claims, &others);
    merge(&mut claims, &changes);
    claims
}

/// Comes back with an ID token that `make` makes of its nonce.
async fn with_token(
    app: &TestApp,
    provider: &Provider,
    make: impl FnOnce(&str) -> String,
) -> Answer {
    let way = set_out(app).await;
    let code = provider.grant(&way, person("1", ROSE));
    provider.how().token = Some(make(&way.query["nonce"]));
    let answer = come_back(app, &way, &code).await;
    provider.how().token = None;
    answer
}

#[track_caller]
fn is_refused(answer: &Answer, what: impl std::fmt::Debug) {
    assert_eq!(answer.status, 401, "{what:?}: {}", answer.text());
    answer.refused(401, "provider-refused");
    assert!(!answer.headers.contains_key("set-cookie"), "{what:?}");
}

#[tokio::test]
async fn a_way_ends_in_the_browser_that_it_began_in_in_time_and_once() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let way = set_out(&app).await;
    let other = set_out(&app).await;
    let code = provider.grant(&way, person("1", ROSE));
    let mut tampered = way.state().to_owned();
    tampered.replace_range(30..31, if &tampered[30..31] == "A" { "B" } else { "A" });

    let elses = arrive(&app, &other.browser, way.state(), &code).await;
    let nobodys = arrive(&app, "", way.state(), &code).await;
    let short = arrive(&app, "AAAA", way.state(), &code).await;
    let forged = arrive(&app, &way.browser, &tampered, &code).await;
    let nothing = arrive(&app, &way.browser, "", &code).await;
    let long = arrive(&app, &way.browser, &"x".repeat(4097), &code).await;

    for refused in [elses, nobodys, short, forged, nothing] {
        refused.refused(401, "challenge-expired");
    }
    assert_eq!(long.faults(), ["/state"]);
    assert_eq!(
        provider.calls("/token"),
        0,
        "the provider is not even asked"
    );
    come_back(&app, &way, &code).await.ok(201);
    let twice = come_back(&app, &way, &code).await;
    twice.refused(401, "challenge-expired");
    let code = provider.grant(&other, person("1", ROSE));
    app.clock.step(SignedDuration::from_mins(10));
    let late = come_back(&app, &other, &code).await;
    late.refused(401, "challenge-expired");
}

#[tokio::test]
async fn of_two_that_bring_one_answer_at_once_one_signs_in() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let way = set_out(&app).await;
    let code = provider.grant(&way, person("1", ROSE));

    let all = join_all((0..6).map(|_| come_back(&app, &way, &code))).await;

    assert_eq!(all.iter().filter(|it| it.status == 201).count(), 1);
    assert_eq!(provider.calls("/token"), 1);
}

#[tokio::test]
async fn a_code_works_once_and_for_the_way_that_it_was_given_on() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let (victims, thiefs) = (set_out(&app).await, set_out(&app).await);
    let stolen = provider.grant(&victims, person("1", ROSE));
    let tabs = set_out_in(&app.anonymous(), SIGN_INS, Some(&victims.browser)).await;

    // PKCE: another browser, and even the same one on another way, has another verifier.
    let injected = come_back(&app, &thiefs, &stolen).await;
    let used_up = come_back(&app, &victims, &stolen).await;
    let own = provider.grant(&tabs, person("1", ROSE));
    let unknown = come_back(&app, &set_out(&app).await, "unknown").await;

    is_refused(&injected, "a code of another browser");
    is_refused(&used_up, "a code that was used");
    is_refused(&unknown, "a code that was never given");
    come_back(&app, &tabs, &own).await.ok(201);
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_not_for_this_one() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let answer = async |iss: &str| {
        let way = set_out(&app).await;
        let code = provider.grant(&way, person("1", ROSE));
        let body = json!({ "state": way.state(), "code": code, "iss": iss });
        let begin = request(Method::POST, "/v1/sessions/provider")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, format!("{BROWSER}={}", way.browser));
        app.anonymous().send(begin, body.to_string()).await
    };

    is_refused(&answer("https://evil.example").await, "mix-up");
    assert_eq!(provider.calls("/token"), 0, "it does not get the code");
    answer(&provider.issuer).await.ok(201);
}

#[tokio::test]
async fn an_id_token_that_says_something_else_is_not_believed() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let (now, key) = (Timestamp::now().as_second(), provider.how().signs.clone());
    let issuer = provider.issuer.clone();

    for changes in [
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": format!("{issuer}/") }),
        json!({ "iss": [issuer] }),
        json!({ "aud": "another-client" }),
        json!({ "aud": ["terrace", "another-client"] }),
        json!({ "azp": "another-client" }),
        json!({ "aud": null }),
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "exp": now - 90 }),
        json!({ "exp": null }),
        json!({ "iat": now + 120 }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
    ] {
        let make = |nonce: &str| key.sign(&claims(&provider, nonce, changes.clone()));
        is_refused(&with_token(&app, &provider, make).await, changes);
    }
    let good = |nonce: &str| key.sign(&claims(&provider, nonce, json!({})));
    with_token(&app, &provider, good).await.ok(201);
}

#[tokio::test]
async fn an_id_token_that_is_signed_otherwise_is_not_believed() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let key = provider.how().signs.clone();
    let (same_id, unknown) = (Key::new(&key.kid), Key::new("unknown"));
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = |alg: &str, nonce: &str| {
        let header = part(&json!({ "alg": alg, "kid": key.kid }));
        format!("{header}.{}.", part(&claims(&provider, nonce, json!({}))))
    };
    let by_secret = |secret: &[u8], nonce: &str| {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(key.kid.clone());
        let (claims, secret) = (
            claims(&provider, nonce, json!({})),
            EncodingKey::from_secret(secret),
        );
        jsonwebtoken::encode(&header, &claims, &secret).unwrap()
    };

    let other = |nonce: &str| same_id.sign(&claims(&provider, nonce, json!({})));
    is_refused(&with_token(&app, &provider, other).await, "another key");
    let other = |nonce: &str| unknown.sign(&claims(&provider, nonce, json!({})));
    is_refused(&with_token(&app, &provider, other).await, "an unknown key");
    for alg in ["none", "None", "EdDSA", "RS256", "HS256"] {
        let token = |nonce: &str| unsigned(alg, nonce);
        is_refused(&with_token(&app, &provider, token).await, alg);
    }
    for secret in [&key.public[..], b"a secret: of the shop"] {
        let token = |nonce: &str| by_secret(secret, nonce);
        is_refused(&with_token(&app, &provider, token).await, "HS256");
    }
    for nonsense in ["", "a", "a.b.c", "..", &"x".repeat(10_000)] {
        is_refused(
            &with_token(&app, &provider, |_| nonsense.to_owned()).await,
            nonsense,
        );
    }
}

#[tokio::test]
async fn a_token_by_rsa_is_believed_also_where_its_key_does_not_name_the_algorithm() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    // Without the frame of PKCS#8 (RFC 5208), of 26 bytes at this size.
    let key = EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]);
    let jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
    let mut jwk = serde_json::to_value(jwk).unwrap();
    merge(
        &mut jwk,
        &json!({ "kid": "rsa", "alg": null, "use": "sig" }),
    );
    let published = json!({ "keys": [jwk] }).to_string();
    provider.how().odd.insert("/jwks", Odd::Body(published));

    for (algorithm, is_believed) in [(Algorithm::RS256, true), (Algorithm::RS512, false)] {
        let mut header = Header::new(algorithm);
        header.kid = Some("rsa".to_owned());
        let sign = |nonce: &str| {
            let claims = claims(&provider, nonce, json!({}));
            jsonwebtoken::encode(&header, &claims, &key).unwrap()
        };
        let answer = with_token(&app, &provider, sign).await;
        match is_believed {
            true => drop(answer.ok(201)),
            false => is_refused(&answer, algorithm),
        }
    }
}

#[tokio::test]
async fn clocks_may_be_a_minute_apart_and_not_several() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    for (step_s, is_believed) in [(-50, true), (-120, false), (340, true), (420, false)] {
        app.clock.step(SignedDuration::from_secs(step_s));

        let answer = sign_in(&app, &provider, person("1", ROSE)).await;

        app.clock.step(SignedDuration::from_secs(-step_s));
        match is_believed {
            true => drop(answer.ok(201)),
            false => is_refused(&answer, step_s),
        }
    }
}

#[tokio::test]
async fn keys_that_change_under_way_are_fetched_again_but_not_for_every_token() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    sign_in(&app, &provider, person("1", ROSE)).await.ok(201);
    assert_eq!(provider.calls("/jwks"), 1);
    let second = Key::new("second");
    {
        let mut how = provider.how();
        how.publishes.push(second.clone());
        how.signs = second;
    }
    tokio::time::sleep(Duration::from_millis(5100)).await;

    sign_in(&app, &provider, person("1", ROSE)).await.ok(201);
    provider.how().signs = Key::new("third");
    for _ in 0..5 {
        let answer = sign_in(&app, &provider, person("1", ROSE)).await;
        is_refused(&answer, "a key that is not published");
    }

    assert_eq!(provider.calls("/jwks"), 2);
    assert_eq!(
        provider.calls("/.well-known/openid-configuration"),
        1,
        "what it says of itself is kept"
    );
}

/// Answers what it must not, at this path.
async fn fails((provider, app): (Provider, TestApp), path: &'static str, odd: Odd) {
    provider.how().odd.insert(path, odd);
    let started = Instant::now();

    let answer = match path {
        "/.well-known/openid-configuration" => app.anonymous().bare(Method::POST, SIGN_INS).await,
        _ => {
            provider.how().is_strict = true;
            sign_in(&app, &provider, person("1", ROSE)).await
        }
    };

    answer.refused(502, "provider-failed");
    assert!(!answer.headers.contains_key("set-cookie"));
    assert!(started.elapsed() < Duration::from_secs(10), "{path}");
    // So long it is left alone.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    provider.how().odd.clear();
    sign_in(&app, &provider, person("1", ROSE)).await.ok(201);
}

#[tokio::test]
async fn a_provider_that_answers_nonsense_or_too_much_or_too_late_is_not_waited_for() {
    let paths = [
        "/.well-known/openid-configuration",
        "/jwks",
        "/token",
        "/me",
    ];
    let odd = [
        Odd::Slow,
        Odd::Status(500),
        Odd::Status(404),
        Odd::Elsewhere,
        Odd::Body("<html>".into()),
        Odd::Body("{}".into()),
        Odd::Body("x".repeat(70_000)),
    ];
    // An empty key set, and an empty answer about a person, are no nonsense.
    let is_nonsense = |path: &str, odd: &Odd| match odd {
        Odd::Body(body) if body == "{}" => path != "/jwks",
        _ => true,
    };
    let all = paths.iter().flat_map(|path| {
        let odd = odd.iter().filter(move |odd| is_nonsense(path, odd));
        odd.map(|odd| (*path, odd.clone()))
    });

    let all: Vec<_> = all.collect();
    let shop = async || {
        let provider = Provider::open().await;
        let app = provider.shop().await;
        (provider, app)
    };
    // First of all, so that no case waits for another's shop.
    let shops = join_all(all.iter().map(|_| shop())).await;

    let cases = shops.into_iter().zip(all);
    join_all(cases.map(|(shop, (path, odd))| fails(shop, path, odd))).await;
}

#[tokio::test]
async fn while_a_provider_is_gone_others_sign_in_and_it_may_come_back() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    app.customer(ROSE).await;
    let way = set_out(&app).await;
    let code = provider.grant(&way, person("1", ROSE));
    provider.go().await;

    let finish = come_back(&app, &way, &code).await;
    let begin = app.anonymous().bare(Method::POST, SIGN_INS).await;

    finish.refused(502, "provider-failed");
    // What is known of it is still good for some minutes.
    begin.ok(200);
    let password = json!({ "email": ROSE, "password": PASSWORD });
    app.anonymous()
        .post("/v1/sessions", &password)
        .await
        .ok(201);
}

#[tokio::test]
async fn many_who_wait_for_a_provider_that_hangs_are_told_soon_and_it_is_asked_once() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let path = "/.well-known/openid-configuration";
    provider.how().odd.insert(path, Odd::Slow);
    let client = app.anonymous();
    let started = Instant::now();

    let all = join_all((0..200).map(|_| client.bare(Method::POST, SIGN_INS))).await;

    assert!(started.elapsed() < Duration::from_secs(5));
    all.iter()
        .for_each(|answer| drop(answer.refused(502, "provider-failed")));
    assert_eq!(provider.calls(path), 1);
}

#[tokio::test]
async fn no_header_of_a_request_changes_where_people_come_back_to() {
    let provider = Provider::open().await;
    let app = provider.shop().await;
    let begin = request(Method::POST, SIGN_INS)
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header(header::HOST, "evil.example")
        .header(header::REFERER, "https://evil.example/")
        .header(header::ORIGIN, "https://evil.example");

    let answer = app.anonymous().send(begin, "").await.ok(200);

    let location = answer["location"].as_str().unwrap();
    assert!(location.contains("redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcontinue&"));
    assert!(!location.contains("evil"));
}
