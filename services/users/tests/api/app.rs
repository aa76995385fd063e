//! The service under test, with a database of its own.

use std::path::PathBuf;

use http::{Method, header};
use kit::clock::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::service::{Answer, Client, Service, invoke_key, request};
use users::{AppState, Config, generate_signing_key};
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
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("users.db");
        let clock = Clock::adjustable();
        let config = config(database.clone());
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
