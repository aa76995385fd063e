//! Issuers beside the shop's own: whose tokens pass, who they speak for, and what becomes of the others when one
//! of them fails.

use std::{net::SocketAddr, time::Duration};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use edge::{Config, Gateway, IssuerConfig};
use futures::stream;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use kit::{
    identity::{CALLER_HEADER, user_of},
    serve,
    tls::{Certificate, Tls},
};
use serde_json::{Value, json};
use testkit::service::Answer;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    identify::trusted_by,
    keys::Keys,
    tokens::{Issuer, by_hand, now},
    world::{Way, World, bearer, listen_with, policies, request},
};

const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_garden";

/// The edge with a Cognito pool beside its own issuer.
struct Two {
    world: World,
    pool: Issuer,
    keys: Keys,
}

impl Two {
    async fn open() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut IssuerConfig)) -> Self {
        // Of the same id as the shop's own key.
        let (pool, keys) = (Issuer::new("first"), Keys::default());
        keys.publish(&[&pool]);
        let mut config = config(published_by(&keys).await);
        change(&mut config);
        let trust = |edge: &mut Config| edge.issuers = [("pool".to_owned(), config)].into();
        Self {
            world: World::with(Way::InProcess, trust).await,
            pool,
            keys,
        }
    }

    async fn get_me(&self, token: &str) -> Answer {
        let request = request(Method::GET, "/v1/me");
        self.world.edge.send(bearer(request, token)).await
    }

    async fn own_passes(&self) {
        let token = self.world.issuer.customer(Uuid::now_v7());
        self.get_me(&token).await.ok(200);
    }
}

/// A pool's settings, for keys of Ed25519.
fn config(address: SocketAddr) -> IssuerConfig {
    let settings = json!({
        "issuer": POOL,
        "keys": format!("http://{address}/.well-known/jwks.json"),
        "client_id": "an-app-of-the-pool",
        "token_use": "access",
        "groups_claim": "cognito:groups",
        "groups": { "gardeners": "staff" },
        "life_s": 3600,
        "algorithms": "EdDSA",
    });
    serde_json::from_value(settings).unwrap()
}

async fn published_by(keys: &Keys) -> SocketAddr {
    let stop = CancellationToken::new();
    listen_with(keys.users().2, serve::Limits::default(), &stop).await
}

/// The claims of a good access token of the pool, but for these.
fn claims(changes: Value) -> Value {
    let mut claims = json!({
        "iss": POOL, "sub": "rose", "client_id": "an-app-of-the-pool", "token_use": "access",
        "iat": now(), "exp": now() + 3600,
    });
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    claims
}

#[track_caller]
fn refused(answer: &Answer, what: impl std::fmt::Debug) {
    assert_eq!(answer.status, 401, "{what:?}: {}", answer.text());
    answer.refused(401, "invalid-token");
}

#[tokio::test]
async fn a_token_of_a_pool_speaks_for_a_user_by_issuer_and_subject() {
    let two = Two::open().await;
    let same_as_ours = Uuid::now_v7().to_string();
    let groups = json!(["gardeners", "staff", "customer-of-the-month"]);

    for (subject, groups, expected) in [
        ("rose", groups, &["customer", "staff"][..]),
        (&same_as_ours, json!(["staff"]), &["customer"]),
    ] {
        let token = json!({ "sub": subject, "cognito:groups": groups });
        two.get_me(&two.pool.sign(&claims(token))).await.ok(200);

        let told = two.world.calls.only().headers[CALLER_HEADER].clone();
        let told = trusted_by("garden", &told).await.unwrap();
        assert_eq!(told.subject, Some(user_of(POOL, subject)));
        assert_ne!(told.subject.unwrap().to_string(), same_as_ours);
        let groups: Vec<_> = told.groups.iter().map(|group| &**group).collect();
        assert_eq!(groups, expected, "theirs are ours as the settings say");
    }
}

#[tokio::test]
async fn two_issuers_that_call_their_keys_alike_do_not_meet() {
    let two = Two::open().await;
    let id = Uuid::now_v7();
    let own = crate::tokens::claims(id, &["customer"]);

    for round in ["before either is known", "after both are"] {
        refused(&two.get_me(&two.pool.sign(&own)).await, round);
        let theirs = two.world.issuer.sign(&claims(json!({})));
        refused(&two.get_me(&theirs).await, round);
        two.own_passes().await;
        two.get_me(&two.pool.sign(&claims(json!({})))).await.ok(200);
    }
    let stranger = Issuer::new("first");
    let stranger = stranger.sign(&claims(json!({ "iss": "https://elsewhere.example" })));
    refused(&two.get_me(&stranger).await, "an issuer that nobody trusts");
    assert_eq!((two.keys.fetches(), two.world.keys.fetches()), (1, 1));
}

#[tokio::test]
async fn what_a_pools_token_may_not_say_is_refused() {
    let two = Two::open().await;

    for changes in [
        json!({ "token_use": "id" }),
        json!({ "token_use": null }),
        json!({ "at_hash": "77QmUPtjPfzWtF2AnpK9RQ" }),
        json!({ "client_id": "another-app" }),
        json!({ "client_id": null, "aud": "an-app-of-the-pool" }),
        json!({ "iss": [POOL] }),
        json!({ "iss": format!("{POOL}/") }),
        json!({ "exp": now() + 3700 }),
        json!({ "exp": now() - 60 }),
        json!({ "nbf": now() + 60 }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "cognito:groups": "gardeners" }),
    ] {
        let answer = two.get_me(&two.pool.sign(&claims(changes.clone()))).await;
        refused(&answer, changes);
    }
    let crit = two.pool.sign_with(&claims(json!({})), &json!(["b64"]));
    refused(&two.get_me(&crit).await, "crit");
    for changes in [json!({ "exp": now() - 20 }), json!({ "nbf": now() + 20 })] {
        let token = two.pool.sign(&claims(changes));
        two.get_me(&token).await.ok(200);
    }
}

#[tokio::test]
async fn an_issuer_that_follows_rfc_9068_names_the_kind_and_the_audience_of_its_tokens() {
    let two = Two::with(|config| {
        config.client_id = None;
        config.token_use = None;
        config.audience = Some("https://api.shop.example".into());
        config.typ = Some("at+jwt".into());
    })
    .await;
    let sign = |typ: Option<&str>, aud: Value| {
        let claims = claims(json!({ "aud": aud }));
        two.pool.sign_as(typ, &claims)
    };
    let ours = json!(["https://api.shop.example", "another"]);

    for typ in ["at+jwt", "application/AT+JWT"] {
        two.get_me(&sign(Some(typ), ours.clone())).await.ok(200);
    }
    for (typ, aud) in [
        (Some("JWT"), ours.clone()),
        (None, ours),
        (Some("at+jwt"), json!("an-app-of-the-pool")),
        (Some("at+jwt"), Value::Null),
    ] {
        refused(&two.get_me(&sign(typ, aud.clone())).await, (typ, aud));
    }
}

#[tokio::test]
async fn a_forged_token_of_a_pool_is_refused() {
    let two = Two::open().await;
    let good = claims(json!({}));
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT", "kid": "first" });
    let mut hs256 = Header::new(Algorithm::HS256);
    hs256.kid = Some("first".into());
    let public = EncodingKey::from_secret(two.pool.public());

    for (what, token) in [
        ("none", by_hand(&header("none"), &good, b"")),
        ("zeros", by_hand(&header("EdDSA"), &good, &[0; 64])),
        ("another key", Issuer::new("first").sign(&good)),
        (
            "HS256 with the public key",
            jsonwebtoken::encode(&hs256, &good, &public).unwrap(),
        ),
    ] {
        refused(&two.get_me(&token).await, what);
    }
}

#[tokio::test]
async fn a_key_of_another_kind_than_the_settings_allow_verifies_nothing() {
    let rsa = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = rsa.as_der().unwrap();
    // Without the frame of PKCS#8 (RFC 5208), of 26 bytes at this size.
    let key = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("rsa".into());
    let token = jsonwebtoken::encode(&header, &claims(json!({})), &key).unwrap();
    let jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
    let mut jwk = serde_json::to_value(jwk).unwrap();
    jwk["kid"] = json!("rsa");
    let get_me = async |algorithms: &[&str], jwk: &Value| {
        let algorithms = algorithms.iter().map(|it| (*it).to_owned()).collect();
        let two = Two::with(|config| config.algorithms = algorithms).await;
        two.keys.publish_as(json!({ "keys": [jwk] }));
        two.get_me(&token).await
    };
    let mut unnamed = jwk.clone();
    unnamed.as_object_mut().unwrap().remove("alg");
    let mut encrypts = jwk.clone();
    encrypts["use"] = json!("enc");
    let mut secret = jwk.clone();
    secret["kty"] = json!("oct");
    secret["k"] = json!("c2VjcmV0");

    get_me(&["RS256"], &jwk).await.ok(200);
    get_me(&["EdDSA", "RS256"], &jwk).await.ok(200);
    get_me(&["RS256"], &unnamed).await.ok(200);
    refused(&get_me(&["EdDSA"], &jwk).await, "not allowed");
    refused(&get_me(&["RS384"], &unnamed).await, "another hash");
    refused(&get_me(&["RS256", "EdDSA"], &unnamed).await, "a guess");
    refused(&get_me(&["RS256"], &encrypts).await, "for encryption");
    refused(&get_me(&["RS256"], &secret).await, "a secret");
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_the_provider_once_and_a_new_key_is_found_later() {
    let two = Two::open().await;
    two.get_me(&two.pool.sign(&claims(json!({})))).await.ok(200);

    for n in 0..20 {
        let stranger = Issuer::new(&format!("stranger-{n}"));
        refused(&two.get_me(&stranger.sign(&claims(json!({})))).await, n);
    }

    assert_eq!(two.keys.fetches(), 1);
    let second = Issuer::new("second");
    two.keys.publish(&[&two.pool, &second]);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    two.get_me(&second.sign(&claims(json!({})))).await.ok(200);
    two.get_me(&two.pool.sign(&claims(json!({})))).await.ok(200);
    assert_eq!(two.keys.fetches(), 2);
}

#[tokio::test]
async fn a_provider_that_fails_is_missed_by_its_own_tokens_alone() {
    let nonsense = || get(async || "<html>Sorry</html>");
    let huge = || get(async || " ".repeat(10 * 1024 * 1024) + r#"{"keys":[]}"#);
    let silent = || get(async || Body::from_stream(stream::pending::<std::io::Result<Bytes>>()));
    let elsewhere = || get(async || axum::response::Redirect::temporary("/keys"));
    let mut addresses = vec![("gone", SocketAddr::from(([127, 0, 0, 1], 9)))];
    for (what, keys) in [
        ("nonsense", nonsense()),
        ("huge", huge()),
        ("silent", silent()),
        ("elsewhere", elsewhere()),
    ] {
        let router = Router::new().route("/.well-known/jwks.json", keys);
        let stop = CancellationToken::new();
        let address = listen_with(router, serve::Limits::default(), &stop).await;
        addresses.push((what, address));
    }

    for (what, address) in addresses {
        let keys = config(address).keys;
        let two = Two::with(|config| config.keys = keys).await;

        let answer = two.get_me(&two.pool.sign(&claims(json!({})))).await;

        assert_eq!(answer.status, 503, "{what}: {}", answer.text());
        answer.refused(503, "unavailable");
        two.own_passes().await;
    }
}

#[tokio::test]
async fn keys_are_had_over_tls_from_whom_the_settings_trust() {
    let pair = testkit::tls::pair();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, &pair.chain).unwrap();
    let certificate = Certificate::from_pem(pair.chain.as_bytes(), pair.key.as_bytes());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (pool, keys) = (Issuer::new("first"), Keys::default());
    keys.publish(&[&pool]);
    tokio::spawn(serve::serve_over(
        listener,
        Some(Tls::new(certificate.unwrap())),
        keys.users().2,
        serve::Limits::default(),
        CancellationToken::new(),
    ));
    let get_me = async |root| {
        let two = Two::with(|config| {
            config.keys = format!("https://localhost:{port}/.well-known/jwks.json");
            config.root = root;
        })
        .await;
        two.get_me(&pool.sign(&claims(json!({})))).await
    };

    get_me(Some(root)).await.ok(200);
    get_me(None).await.refused(503, "unavailable");
}

#[tokio::test]
async fn issuers_are_taken_over_while_requests_go_on() {
    let two = Two::open().await;
    let token = two.pool.sign(&claims(json!({})));
    two.get_me(&token).await.ok(200);
    let before = Config {
        session_keys: vec![crate::world::session_key()],
        policies: policies("garden"),
        ..Config::default()
    };
    let reload = |issuers: &[(&str, &IssuerConfig)]| {
        let issuers = issuers.iter();
        let issuers = issuers.map(|(name, it)| ((*name).to_owned(), (*it).clone()));
        let config = Config {
            issuers: issuers.collect(),
            ..before.clone()
        };
        let (garden, users) = (two.world.calls.garden(), two.world.keys.users());
        let services = [garden, users].map(|(name, paths, router)| {
            crate::world::service(name, paths, client::Upstream::InProcess(router))
        });
        two.world.edge.gateway.reload(&config, services.into())
    };
    let same = config(published_by(&two.keys).await);
    let mut two_of_one_name = same.clone();
    two_of_one_name.client_id = Some("another".into());

    reload(&[("a", &same), ("b", &two_of_one_name)]).unwrap_err();
    two.get_me(&token).await.ok(200);
    assert_eq!(two.keys.fetches(), 1, "what is refused changes nothing");
    reload(&[]).unwrap();
    refused(&two.get_me(&token).await, "trusted no more");
    reload(&[("pool", &same)]).unwrap();
    two.get_me(&token).await.ok(200);
    reload(&[("pool", &same)]).unwrap();
    two.get_me(&token).await.ok(200);
    assert_eq!(two.keys.fetches(), 2, "the same one goes on with its keys");
}

#[tokio::test]
async fn settings_of_issuers_that_cannot_be_used_are_refused_by_name() {
    let good = config(SocketAddr::from(([127, 0, 0, 1], 9)));
    type Change = fn(&mut IssuerConfig);
    let refusal = |change: Change| {
        let mut pool = good.clone();
        change(&mut pool);
        let config = Config {
            issuers: [("pool".to_owned(), pool)].into(),
            policies: policies("open"),
            ..Config::default()
        };
        let refused = Gateway::new(config, Vec::new()).err();
        refused.map(|fault| fault.to_string()).unwrap_or_default()
    };
    let cases: [(&str, Change); 9] = [
        ("issuer", |it| it.issuer = String::new()),
        ("issuer", |it| it.issuer = Config::default().issuer),
        ("keys", |it| {
            it.keys = "http://keys.example/jwks.json".into()
        }),
        ("keys", |it| it.keys = "keys.example".into()),
        ("audience", |it| it.client_id = None),
        ("algorithms", |it| it.algorithms = vec!["HS256".into()]),
        ("algorithms", |it| it.algorithms = vec!["none".into()]),
        ("algorithms", |it| it.algorithms = Vec::new()),
        ("root", |it| it.root = Some("/missing.pem".into())),
    ];

    for (key, change) in cases {
        let refusal = refusal(change);
        let named = format!("issuers.pool.{key}: ");
        assert!(refusal.starts_with(&named), "{key}: {refusal:?}");
    }
    assert_eq!(refusal(|_| {}), "");
    for (key, value) in [
        ("life_s", json!(0)),
        ("life_s", json!(86_401)),
        ("lives", json!(1)),
    ] {
        let mut settings = serde_json::to_value(&good).unwrap();
        settings[key] = value;
        serde_json::from_value::<IssuerConfig>(settings).unwrap_err();
    }
}
