//! Another provider of OpenID Connect, on a port of its own, which can be made to misbehave.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use axum::{
    Json, Router,
    body::Body,
    extract::{Form, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, Method, StatusCode, header};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use testkit::service::{Answer, Client, request};
use tokio::net::TcpListener;
use users::ProviderConfig;

use crate::app::TestApp;

/// The cookie of the browser's secret.
pub(crate) const BROWSER: &str = "__Host-terrace_browser_8080";

const CLIENT: &str = "terrace";
const SECRET: &str = "a secret: of the shop";

/// A provider that runs until the test ends.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    issuer: Mutex<String>,
    how: Mutex<How>,
    codes: Mutex<HashMap<String, Granted>>,
    calls: Mutex<BTreeMap<String, u32>>,
}

/// What a code stands for: the query that the browser came with, and the claims.
type Granted = (HashMap<String, String>, Value);

/// How it behaves.
#[derive(Default)]
pub(crate) struct How {
    /// The keys that it publishes.
    pub(crate) publishes: Vec<Key>,
    /// The key that it signs with.
    pub(crate) signs: Key,
    /// The ID token that it answers in place of its own.
    pub(crate) token: Option<String>,
    /// What it answers to a path in place of what it should.
    pub(crate) odd: BTreeMap<&'static str, Odd>,
    /// Whether it tells addresses at `/me` alone.
    pub(crate) is_strict: bool,
}

/// Something odd.
#[derive(Clone)]
pub(crate) enum Odd {
    Slow,
    Status(u16),
    Body(String),
    Elsewhere,
}

/// A signing key.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) kid: String,
    pkcs8: Vec<u8>,
    pub(crate) public: Vec<u8>,
}

impl Default for Key {
    fn default() -> Self {
        Self::new("first")
    }
}

impl Key {
    pub(crate) fn new(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        Self {
            kid: kid.to_owned(),
            pkcs8: pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
            public: pair.public_key().as_ref().to_vec(),
        }
    }

    /// As some publish it, without saying the algorithm.
    fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(&self.public);
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.kid, "x": x })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        let key = EncodingKey::from_ed_der(&self.pkcs8);
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }
}

impl Provider {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        *shared.issuer.lock().unwrap() = issuer.clone();
        {
            let mut how = shared.how.lock().unwrap();
            how.publishes = vec![how.signs.clone()];
        }
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/me", get(me))
            .layer(middleware::from_fn_with_state(shared.clone(), oddly))
            .with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            issuer,
            shared,
            server,
        }
    }

    /// The shop's settings for it.
    pub(crate) fn config(&self) -> ProviderConfig {
        let config = json!({
            "issuer": self.issuer, "client_id": CLIENT, "client_secret": SECRET, "label": "Example ID",
        });
        serde_json::from_value(config).unwrap()
    }

    /// A shop that knows it as `example`.
    pub(crate) async fn shop(&self) -> TestApp {
        let providers = [("example".to_owned(), self.config())].into();
        TestApp::with(|config| config.providers = providers).await
    }

    pub(crate) fn how(&self) -> MutexGuard<'_, How> {
        self.shared.how.lock().unwrap()
    }

    /// How often a path was asked for.
    pub(crate) fn calls(&self, path: &str) -> u32 {
        let calls = self.shared.calls.lock().unwrap();
        calls.get(path).copied().unwrap_or(0)
    }

    /// Nobody is there any more.
    pub(crate) async fn go(&self) {
        self.server.abort();
        while !self.server.is_finished() {
            tokio::task::yield_now().await;
        }
    }

    /// Somebody signs in there, who came this way: the code that the browser goes back with.
    pub(crate) fn grant(&self, way: &Way, person: Value) -> String {
        let mut codes = self.shared.codes.lock().unwrap();
        let code = format!("code-{}-{}", codes.len(), self.issuer.len());
        let now = Timestamp::now().as_second();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "nonce": way.query["nonce"],
            "iat": now, "exp": now + 300, "auth_time": now,
        });
        merge(&mut claims, &person);
        codes.insert(code.clone(), (way.query.clone(), claims));
        code
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Somebody whom the provider knows.
pub(crate) fn person(subject: &str, email: &str) -> Value {
    json!({ "sub": subject, "email": email, "email_verified": true, "name": "Rose of the provider" })
}

/// Puts these in; null takes one out.
pub(crate) fn merge(claims: &mut Value, changes: &Value) {
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
}

/// The way of a browser to the provider.
pub(crate) struct Way {
    pub(crate) location: String,
    pub(crate) query: HashMap<String, String>,
    /// The browser's secret.
    pub(crate) browser: String,
}

impl Way {
    pub(crate) fn state(&self) -> &str {
        &self.query["state"]
    }
}

/// Begins a way by this operation, in a browser that has this secret already.
pub(crate) async fn set_out_in(client: &Client, path: &str, browser: Option<&str>) -> Way {
    let mut begin = request(Method::POST, path);
    if let Some(browser) = browser {
        begin = begin.header(header::COOKIE, format!("a=b; {BROWSER}={browser}"));
    }
    let answer = client.send(begin, Body::empty()).await;
    let location = answer.ok(200)["location"].as_str().unwrap().to_owned();
    let (_, query) = location.split_once('?').unwrap();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let query = query.split('&').map(|pair| pair.split_once('=').unwrap());
    let query = query.map(|(name, value)| (name.to_owned(), decoded(value)));
    let cookie = answer.header("set-cookie").split(';').next().unwrap();
    Way {
        query: query.collect(),
        browser: cookie.strip_prefix(&format!("{BROWSER}=")).unwrap().into(),
        location,
    }
}

/// Begins a sign-in in a browser that was never there.
pub(crate) async fn set_out(app: &TestApp) -> Way {
    set_out_in(&app.anonymous(), "/v1/providers/example/sign-ins", None).await
}

/// A browser comes back from the provider.
pub(crate) async fn come_back(app: &TestApp, way: &Way, code: &str) -> Answer {
    arrive(app, &way.browser, way.state(), code).await
}

/// A browser of this secret comes with a state and a code.
pub(crate) async fn arrive(app: &TestApp, browser: &str, state: &str, code: &str) -> Answer {
    let body = json!({ "state": state, "code": code });
    let begin = request(Method::POST, "/v1/sessions/provider")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, format!("{BROWSER}={browser}"));
    app.anonymous().send(begin, body.to_string()).await
}

/// The whole way of somebody whom the provider knows so.
pub(crate) async fn sign_in(app: &TestApp, provider: &Provider, person: Value) -> Answer {
    let way = set_out(app).await;
    let code = provider.grant(&way, person);
    come_back(app, &way, &code).await
}

async fn oddly(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    *shared
        .calls
        .lock()
        .unwrap()
        .entry(path.clone())
        .or_default() += 1;
    let odd = shared.how.lock().unwrap().odd.get(&*path).cloned();
    match odd {
        None => next.run(request).await,
        Some(Odd::Slow) => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            StatusCode::OK.into_response()
        }
        Some(Odd::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Odd::Body(body)) => body.into_response(),
        Some(Odd::Elsewhere) => {
            let to = [(header::LOCATION, "http://localhost:1/")];
            (StatusCode::TEMPORARY_REDIRECT, to).into_response()
        }
    }
}

async fn metadata(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let issuer = shared.issuer.lock().unwrap().clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/auth?tenant=1"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "userinfo_endpoint": format!("{issuer}/me"),
    }))
}

async fn jwks(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let keys: Vec<_> = shared
        .how
        .lock()
        .unwrap()
        .publishes
        .iter()
        .map(Key::jwk)
        .collect();
    Json(json!({ "keys": keys }))
}

/// Looks at what a provider has to look at (RFC 6749 §4.1.3, RFC 7636 §4.6), and takes each code once.
async fn token(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(sent): Form<HashMap<String, String>>,
) -> Response {
    let refused =
        |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let pair = STANDARD.encode(format!("{CLIENT}:a%20secret%3A%20of%20the%20shop"));
    if headers.get(header::AUTHORIZATION).unwrap() != &*format!("Basic {pair}") {
        return refused("invalid_client");
    }
    let granted = shared.codes.lock().unwrap().remove(&sent["code"]);
    let Some((query, claims)) = granted else {
        return refused("invalid_grant");
    };
    let verifier = digest::digest(&digest::SHA256, sent["code_verifier"].as_bytes());
    let is_same = URL_SAFE_NO_PAD.encode(verifier) == query["code_challenge"]
        && sent["redirect_uri"] == query["redirect_uri"]
        && sent["grant_type"] == "authorization_code";
    if !is_same {
        return refused("invalid_grant");
    }
    let how = shared.how.lock().unwrap();
    let access_token = claims.to_string();
    let mut told = claims;
    if how.is_strict {
        merge(
            &mut told,
            &json!({ "email": null, "email_verified": null, "name": null }),
        );
    }
    let id_token = how.token.clone().unwrap_or_else(|| how.signs.sign(&told));
    let access_token = URL_SAFE_NO_PAD.encode(access_token);
    Json(json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": 300,
        "id_token": id_token, "refresh_token": "renews",
    }))
    .into_response()
}

async fn me(headers: HeaderMap) -> Json<Value> {
    let token = headers[header::AUTHORIZATION].to_str().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.strip_prefix("Bearer ").unwrap());
    Json(serde_json::from_slice(&claims.unwrap()).unwrap())
}
