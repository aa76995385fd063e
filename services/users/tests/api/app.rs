//! The service under test, with a database of its own.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, header};
use jiff::SignedDuration;
use kit::{clock::Clock, identity::Caller};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::service::{Answer, Client, Service, invoke_key, request};
use users::{AppState, Config, generate_signing_key, totp::Secret};
use uuid::Uuid;

/// The password of every account that a test makes.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// The cookie of the refresh token, of a shop that is not on the browser's machine.
pub(crate) const COOKIE: &str = "__Host-terrace_refresh_8080";

/// The key that seals letters.
pub(crate) const LETTER_KEY: &str = "a-key-of-letters-for-tests-alone";

pub(crate) struct TestApp {
    pub(crate) service: Service,
    pub(crate) state: AppState,
    pub(crate) database: PathBuf,
    /// The clock of the service and of those who call it.
    pub(crate) clock: Clock,
    /// Where its people are, where that is not here.
    #[cfg(feature = "cognito")]
    pub(crate) pool: Option<crate::cognito::Pool>,
    _folder: TempDir,
}

/// The shipped settings with a database at `path` and keys for tests.
pub(crate) fn config(path: PathBuf) -> Config {
    Config {
        store: kit::store::StoreUrl::Sqlite(path),
        invoke_keys: vec![invoke_key()],
        signing_key: generate_signing_key(),
        letter_keys: vec![LETTER_KEY.into()],
        ..Config::default()
    }
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("users.db");
        let clock = Clock::adjustable();
        let mut config = config(database.clone());
        change(&mut config);
        #[cfg(feature = "cognito")]
        let (pool, config) = match crate::cognito::pool().await {
            Some(pool) => {
                let (directory, cognito) = (pool.name.clone(), pool.config.clone());
                let config = Config {
                    directory,
                    cognito,
                    ..config
                };
                (Some(pool), config)
            }
            None => (None, config),
        };
        let state = users::connect(&config).await.unwrap();
        let state = state.with_clock(clock.clone());
        Self {
            service: Service::by(clock.clone(), "users", users::app(state.clone())),
            state,
            database,
            clock,
            #[cfg(feature = "cognito")]
            pool,
            _folder: folder,
        }
    }

    pub(crate) fn anonymous(&self) -> Client {
        self.service.anonymous()
    }

    /// A new account, and how its owner reaches the service.
    pub(crate) async fn customer(&self, email: &str) -> (Uuid, Client) {
        let account = json!({ "email": email, "password": PASSWORD, "name": "Rose" });
        let account = self.anonymous().post("/v1/users", &account).await.ok(201);
        #[cfg(feature = "cognito")]
        if account["confirmed"] == false {
            let confirmation = json!({ "email": email, "code": crate::cognito::CODE });
            let path = "/v1/users/confirmation";
            self.anonymous().post(path, &confirmation).await.ok(204);
            // The address is known here from the first sign-in on.
            self.sign_in(email).await;
        }
        let id = account["id"].as_str().unwrap().parse().unwrap();
        (id, self.service.customer(id))
    }

    /// How the owner of this account reaches the service who has just proven so who they are.
    pub(crate) fn proven(&self, id: Uuid, amr: &[&str]) -> Client {
        self.service.called_by(Caller {
            issuer: "edge".into(),
            subject: Some(id),
            auth_time: Some(self.clock.now().as_second()),
            amr: amr.iter().map(|method| (*method).into()).collect(),
            ..Caller::default()
        })
    }

    /// Adds an app that makes codes to this account: its secret, and the recovery codes.
    pub(crate) async fn add_totp(&self, id: Uuid) -> (Secret, Vec<String>) {
        let user = self.proven(id, &["pwd", "otp", "mfa"]);
        let begun = user.bare(Method::POST, "/v1/me/totp").await.ok(200);
        let secret = secret(begun["secret"].as_str().unwrap());
        let code = secret.code(self.clock.now());
        let answer = json!({ "challenge": begun["challenge"], "code": code });
        let added = user.put("/v1/me/totp", &answer).await.ok(200);
        let codes = serde_json::from_value(added["recovery_codes"].clone());
        // The code of now is used.
        self.clock.step(SignedDuration::from_secs(30));
        (secret, codes.unwrap())
    }

    /// Sends the password of an account with a second factor: the challenge.
    pub(crate) async fn challenge(&self, email: &str) -> String {
        let credentials = json!({ "email": email, "password": PASSWORD });
        let answer = self.anonymous().post("/v1/sessions", &credentials).await;
        assert!(answer.headers.get(header::SET_COOKIE).is_none());
        let problem = answer.refused(401, "second-factor-required");
        problem.members["challenge"].as_str().unwrap().to_owned()
    }

    /// Finishes a sign-in with a code.
    pub(crate) async fn finish(&self, challenge: &str, code: &str) -> Answer {
        let answer = json!({ "challenge": challenge, "code": code });
        let path = "/v1/sessions/second-factor";
        self.anonymous().post(path, &answer).await
    }

    /// Signs in and returns the refresh token.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let credentials = json!({ "email": email, "password": PASSWORD });
        let answer = self.anonymous().post("/v1/sessions", &credentials).await;
        answer.ok(201);
        cookie(&answer)
    }

    /// Calls an operation on sessions with this refresh token.
    pub(crate) async fn with_cookie(&self, method: Method, path: &str, token: &str) -> Answer {
        let cookies = format!("theme=dark; {COOKIE}={token}; other=1");
        let request = request(method, path).header(header::COOKIE, cookies);
        self.anonymous().send(request, "").await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.with_cookie(Method::POST, "/v1/sessions/refresh", token)
            .await
    }
}

/// The refresh token that an answer sets.
pub(crate) fn cookie(answer: &Answer) -> String {
    let pair = answer.header("set-cookie").split(';').next().unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    assert_eq!(name, COOKIE);
    value.to_owned()
}

/// Panics unless the answer makes the browser forget the cookie.
#[track_caller]
pub(crate) fn assert_forgotten(answer: &Answer) {
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with(&format!("{COOKIE}=;")), "{cookie:?}");
    assert!(cookie.contains("Max-Age=0"), "{cookie}");
    assert!(cookie.contains("Path=/;"), "{cookie}");
}

/// The secret that a user types into an app.
fn secret(base32: &str) -> Secret {
    Secret::from_bytes(&testkit::base32(base32)).unwrap()
}

/// What the access token of an answer says.
pub(crate) fn claims(tokens: &Value) -> Value {
    let token = tokens["access_token"].as_str().unwrap();
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

/// An address as sent.
pub(crate) fn address() -> Value {
    json!({
        "name": "Rose Gardener",
        "line1": "1 Orchard Lane",
        "line2": "Back door",
        "city": "Portland",
        "region": "OR",
        "postal_code": "97201",
        "country": "US",
    })
}

/// Adds an address and returns its id.
pub(crate) async fn add(user: &Client, address: &Value) -> String {
    let added = user.post("/v1/me/addresses", address).await.ok(201);
    added["id"].as_str().unwrap().to_owned()
}
