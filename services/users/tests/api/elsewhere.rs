//! People whom a directory elsewhere keeps: what is answered when it refuses, fails, or tells of somebody.

mod fake;

use std::sync::{Arc, Mutex};

use http::Method;
use kit::{
    identity::{Caller, user_of},
    store::StoreUrl,
};
use serde_json::{Value, json};
use testkit::service::{Answer, Client, Service, request};
use users::{AppState, Config, Error};

use self::fake::Fake;
use crate::{
    app::{COOKIE, PASSWORD, config},
    letters::Letters,
    provider::{self, Provider},
};

const ISSUER: &str = "https://directory.example/pool";

struct World {
    service: Service,
    state: AppState,
    directory: Arc<Fake>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new(directory: Fake) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            store: StoreUrl::Sqlite(folder.path().join("users.db")),
            ..config("unused".into())
        };
        let directory = Arc::new(directory);
        let state = users::connect(&config).await.unwrap();
        let state = state.with_directory(directory.clone());
        Self {
            service: Service::new("users", users::app(state.clone())),
            state,
            directory,
            _folder: folder,
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.service.anonymous().post(path, body).await
    }

    async fn sign_in(&self) -> Answer {
        let credentials = json!({ "email": "rose@garden.example", "password": PASSWORD });
        self.post("/v1/sessions", &credentials).await
    }

    async fn with_cookie(&self, method: Method, path: &str, value: &str) -> Answer {
        let cookie = format!("{COOKIE}={value}");
        let request = request(method, path).header("cookie", cookie);
        self.service.anonymous().send(request, "").await
    }
}

#[tokio::test]
async fn the_directorys_tokens_are_handed_on_and_its_user_is_kept() {
    let world = World::new(Fake::default()).await;
    *world.directory.email.lock().unwrap() = Some("rose@garden.example");
    let id = user_of(ISSUER, "rose");

    let tokens = world.sign_in().await;

    let cookies: Vec<_> = tokens.headers.get_all("set-cookie").iter().collect();
    let renews = format!("{COOKIE}=renews; HttpOnly");
    let is_there = |it: &&http::HeaderValue| it.to_str().unwrap().starts_with(&renews);
    assert!(cookies.iter().any(is_there), "{cookies:?}");
    let tokens = tokens.ok(201);
    assert_eq!(
        (&tokens["access_token"], &tokens["expires_in"]),
        (&json!("theirs"), &json!(300))
    );
    let me = json!({
        "id": id, "email": "rose@garden.example", "name": "Rose", "groups": ["customer", "staff"],
    });
    assert_eq!(tokens["user"], me);
    assert_eq!(world.service.customer(id).get("/v1/me").await.ok(200), me);
    let path = "/v1/sessions/refresh";
    let renewed = world.with_cookie(Method::POST, path, "renews").await;
    assert_eq!(renewed.ok(200)["user"], me);
    let ended = world.with_cookie(Method::POST, path, "another").await;
    ended.refused(401, "session-ended");
}

#[tokio::test]
async fn an_address_counts_once_the_directory_vouches_for_it_and_stays_then() {
    let world = World::new(Fake::default()).await;
    let email = async || world.sign_in().await.ok(201)["user"]["email"].clone();

    let unknown = email().await;
    *world.directory.email.lock().unwrap() = Some("rose@garden.example");
    let known = email().await;
    *world.directory.email.lock().unwrap() = None;

    let unknown = unknown.as_str().unwrap().to_owned();
    assert!(unknown.ends_with("@unverified.invalid"), "{unknown}");
    assert_eq!(known, "rose@garden.example");
    assert_eq!(email().await, "rose@garden.example");
}

#[tokio::test]
async fn what_the_directory_refuses_is_one_of_our_problems() {
    let world = World::new(Fake::default()).await;
    world.sign_in().await.ok(201);
    let broken = || Error::Directory("ANewException".into());
    let account = json!({ "email": "rose@garden.example", "password": PASSWORD, "name": "Rose" });

    for (refusal, status, kind) in [
        (Error::WrongCredentials, 401, "wrong-credentials"),
        (Error::NotConfirmed, 403, "not-confirmed"),
        (Error::PasswordResetRequired, 403, "password-reset-required"),
        (Error::Busy, 503, "unavailable"),
        (Error::Unavailable("gone".into()), 503, "unavailable"),
        (broken(), 502, "directory-failed"),
    ] {
        *world.directory.refusal.lock().unwrap() = Some(refusal);
        let answer = world.sign_in().await;
        answer.refused(status, kind);
        assert!(!answer.text().contains("ANewException"));
        assert_eq!(status == 503, answer.headers.contains_key("retry-after"));
    }
    for (refusal, status, kind) in [
        (Error::EmailTaken, 409, "email-taken"),
        (Error::PasswordRefused, 422, "invalid-body"),
    ] {
        *world.directory.refusal.lock().unwrap() = Some(refusal);
        world
            .post("/v1/users", &account)
            .await
            .refused(status, kind);
    }
    for (method, path) in [
        (Method::POST, "/v1/sessions/refresh"),
        (Method::DELETE, "/v1/sessions/current"),
    ] {
        *world.directory.refusal.lock().unwrap() = Some(broken());
        let answer = world.with_cookie(method, path, "renews").await;
        answer.refused(502, "directory-failed");
    }
    *world.directory.refusal.lock().unwrap() = Some(broken());
    let rose = world.service.customer(user_of(ISSUER, "rose"));
    let renamed = rose.patch("/v1/me", &json!({ "name": "Rosa" })).await;
    renamed.refused(502, "directory-failed");
    assert_eq!(rose.get("/v1/me").await.ok(200)["name"], "Rose");
}

#[tokio::test]
async fn an_account_with_a_second_factor_is_asked_for_it() {
    let world = World::new(Fake {
        asks_for_a_code: true,
        ..Fake::default()
    })
    .await;

    let asked = world.sign_in().await;

    let asked = asked.refused(401, "second-factor-required");
    assert_eq!(asked.members["factors"], json!(["totp"]));
    let path = "/v1/sessions/second-factor";
    let answer = |code| json!({ "challenge": asked.members["challenge"], "code": code });
    for _ in 0..4 {
        let wrong = world.post(path, &answer("000000")).await;
        wrong.refused(401, "wrong-code");
    }
    let right = world.post(path, &answer("287 082")).await;
    assert!(right.header("set-cookie").contains("renews"));
    assert_eq!(right.ok(201)["access_token"], "theirs");
    let forged = json!({ "challenge": "forged", "code": "287082" });
    let forged = world.post(path, &forged).await;
    forged.refused(401, "challenge-expired");
}

#[tokio::test]
async fn wrong_codes_are_slowed_before_the_directory_is_asked() {
    let world = World::new(Fake {
        asks_for_a_code: true,
        ..Fake::default()
    })
    .await;
    let asked = world.sign_in().await.refused(401, "second-factor-required");
    let path = "/v1/sessions/second-factor";
    let answer = |code| json!({ "challenge": asked.members["challenge"], "code": code });
    for _ in 0..5 {
        world.post(path, &answer("000000")).await;
    }

    let slowed = world.post(path, &answer("287082")).await;

    slowed.refused(429, "too-many-guesses");
}

#[tokio::test]
async fn a_step_up_is_another_sign_in_that_takes_the_place_of_the_one_before() {
    let world = World::new(Fake::default()).await;
    *world.directory.email.lock().unwrap() = Some("rose@garden.example");
    world.sign_in().await.ok(201);
    let rose = world.service.customer(user_of(ISSUER, "rose"));
    let path = "/v1/sessions/current/step-up";
    let step_up = async |client: &Client, body: Value| {
        let cookie = format!("{COOKIE}=before");
        let request = request(Method::POST, path).header("cookie", cookie);
        let request = request.header("content-type", "application/json");
        client.send(request, body.to_string()).await
    };

    let code = step_up(&rose, json!({ "code": "287082" })).await;
    let proven = step_up(&rose, json!({ "password": PASSWORD })).await;

    code.refused(401, "step-up-required");
    assert!(proven.header("set-cookie").contains("renews"));
    assert_eq!(proven.ok(200)["access_token"], "theirs");
    assert_eq!(*world.directory.done.lock().unwrap(), ["signed before out"]);
    // Somebody whose address the directory now knows another account by.
    let lily = world.service.customer(user_of(ISSUER, "lily"));
    let unknown = step_up(&lily, json!({ "password": PASSWORD })).await;
    unknown.refused(404, "not-found");
}

#[tokio::test]
async fn another_password_takes_a_fresh_proof_and_is_told_to_its_owner() {
    let world = World::new(Fake::default()).await;
    *world.directory.email.lock().unwrap() = Some("rose@garden.example");
    world.sign_in().await.ok(201);
    let id = user_of(ISSUER, "rose");
    let fresh = world.service.called_by(Caller {
        issuer: "edge".into(),
        subject: Some(id),
        auth_time: Some(jiff::Timestamp::now().as_second()),
        ..Caller::default()
    });
    let new = json!({ "password": "another long password" });

    let stale = world.service.customer(id);
    let stale = stale.put("/v1/me/password", &new).await;
    stale.refused(401, "step-up-required");
    let changed = fresh.put("/v1/me/password", &new).await;

    assert!(changed.header("set-cookie").contains("Max-Age=0"));
    changed.ok(204);
    let done = world.directory.done.lock().unwrap().concat();
    assert!(done.contains("rose@garden.example") && done.ends_with("another long password"));
    let mut letters = Letters::from(&world.state);
    assert_eq!(letters.next().await["kind"], "password-changed");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_code_of_the_directorys_letter() {
    let world = World::new(Fake::default()).await;
    let reset = async |code: &str, password: &str| {
        let body = json!({ "email": "rose@garden.example", "code": code, "password": password });
        world.post("/v1/password-resets/code", &body).await
    };

    let asked = json!({ "email": "rose@garden.example" });
    world.post("/v1/password-resets", &asked).await.ok(202);
    let wrong = reset("000000", "another long password").await;
    wrong.refused(401, "wrong-code");
    let weak = reset("", "short").await;
    assert_eq!(weak.faults(), ["/password", "/code"]);
    reset("654321", "another long password").await.ok(204);

    let done = world.directory.done.lock().unwrap().clone();
    assert_eq!(done.len(), 2, "{done:?}");
    *world.directory.refusal.lock().unwrap() = Some(Error::Busy);
    let slow = world.post("/v1/password-resets", &asked).await;
    slow.refused(503, "unavailable");
}

#[tokio::test]
async fn what_only_our_own_accounts_have_is_not_found() {
    let world = World::new(Fake::default()).await;
    let rose = world.service.customer(user_of(ISSUER, "rose"));

    for path in ["/v1/me/sessions", "/v1/me/second-factors"] {
        rose.get(path).await.refused(404, "not-found");
    }
}

#[tokio::test]
async fn groups_and_sessions_are_the_directorys_after_our_rules_and_our_log() {
    let world = World::new(Fake {
        is_manager: true,
        ..Fake::default()
    })
    .await;
    world.sign_in().await.ok(201);
    let mara = user_of(ISSUER, "rose");
    let lily = json!({ "email": "lily@garden.example", "password": PASSWORD, "name": "Lily" });
    *world.directory.subject.lock().unwrap() = "lily";
    let lily = world.post("/v1/users", &lily).await.ok(201);
    let lily = format!("/v1/people/{}", lily["id"].as_str().unwrap());
    let manager = |id| {
        world.service.called_by(Caller {
            issuer: "edge".into(),
            subject: Some(id),
            groups: ["manager".into()].into(),
            auth_time: Some(jiff::Timestamp::now().as_second()),
            ..Caller::default()
        })
    };
    let mara = manager(mara);
    let call = async |method: Method, path: &str| mara.bare(method, &format!("{lily}{path}")).await;
    let asked = || std::mem::take(&mut *world.directory.done.lock().unwrap());

    *world.directory.refusal.lock().unwrap() = Some(Error::Unavailable("gone".into()));
    let failed = call(Method::PUT, "/groups/manager").await;
    failed.refused(503, "unavailable");
    call(Method::PUT, "/groups/manager").await.ok(204);
    assert_eq!(asked(), ["manager true"; 2]);
    call(Method::DELETE, "/groups/staff").await.ok(204);
    assert_eq!(asked(), ["staff false", "sessions end"]);
    call(Method::DELETE, "/sessions").await.ok(204);
    assert_eq!(asked(), ["sessions end"]);
    let factors = call(Method::DELETE, "/second-factors").await;
    factors.refused(404, "not-found");
    let nobody = manager(uuid::Uuid::now_v7());
    let refused = nobody.delete(&format!("{lily}/sessions")).await;
    refused.refused(403, "managers-only");

    assert!(asked().is_empty());
    let person = mara.get(&lily).await.ok(200);
    assert_eq!(person["groups"], json!(["customer"]));
    assert_eq!(person["entry"], Value::Null);
    let log = mara.get("/v1/audit").await.ok(200);
    let log = log["items"].as_array().unwrap().iter();
    let log: Vec<_> = log.map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(log, ["end-sessions", "take-group", "give-group"]);
}

#[tokio::test]
async fn guesses_are_slowed_before_the_directory_is_asked() {
    let world = World::new(Fake::default()).await;
    for _ in 0..20 {
        *world.directory.refusal.lock().unwrap() = Some(Error::WrongCredentials);
        world.sign_in().await.refused(401, "wrong-credentials");
    }

    let slowed = world.sign_in().await;

    slowed.refused(429, "too-many-guesses");
}

#[tokio::test]
async fn the_directorys_account_goes_first_and_then_the_row_also_when_it_takes_two_tries() {
    let world = World::new(Fake::default()).await;
    *world.directory.email.lock().unwrap() = Some("rose@garden.example");
    world.sign_in().await.ok(201);
    let caller = |age_s: i64| Caller {
        issuer: "edge".into(),
        subject: Some(user_of(ISSUER, "rose")),
        auth_time: Some(jiff::Timestamp::now().as_second() - age_s),
        ..Caller::default()
    };
    let rose = world.service.called_by(caller(0));
    let stale = world.service.called_by(caller(600));
    stale
        .delete("/v1/me")
        .await
        .refused(401, "step-up-required");
    let unavailable = Error::Unavailable("it is gone".into());
    *world.directory.refusal.lock().unwrap() = Some(unavailable);

    let first = rose.delete("/v1/me").await;
    rose.get("/v1/me").await.ok(200);
    let second = rose.delete("/v1/me").await;

    first.refused(503, "unavailable");
    second.ok(204);
    // The directory says that this one works for the shop, and keeps count of it.
    rose.get("/v1/me").await.refused(404, "not-found");
    let asked = world.directory.done.lock().unwrap().clone();
    assert_eq!(asked, ["rose@garden.example is deleted"; 2]);
}

#[tokio::test]
async fn the_directorys_own_pages_begin_a_session_of_its_own() {
    let provider = Provider::open().await;
    let mut app = provider.shop().await;
    let directory = Arc::new(Fake {
        issuer: provider.issuer.clone(),
        email: Mutex::new(Some("rose@garden.example")),
        ..Fake::default()
    });
    let state = app.state.clone().with_directory(directory);
    app.service = Service::by(app.clock.clone(), "users", users::app(state));
    let rose = || provider::person("rose", "rose@garden.example");

    let listed = app.anonymous().get("/v1/providers").await.ok(200);
    let signed_in = provider::sign_in(&app, &provider, rose()).await;
    let way = provider::set_out(&app).await;
    let code = provider.grant(&way, rose());
    let stranger = provider::arrive(&app, "another browser", way.state(), &code).await;

    assert_eq!(listed["providers"][0]["label"], "Example ID");
    let cookies: Vec<_> = signed_in.headers.get_all("set-cookie").iter().collect();
    let renews = format!("{COOKIE}=renews; HttpOnly");
    assert!(format!("{cookies:?}").contains(&renews), "{cookies:?}");
    let tokens = signed_in.ok(201);
    assert_ne!(tokens["access_token"], "theirs");
    assert_eq!(tokens["expires_in"], 300);
    assert_eq!(
        tokens["user"]["id"],
        json!(user_of(&provider.issuer, "rose"))
    );
    stranger.refused(401, "challenge-expired");
}
