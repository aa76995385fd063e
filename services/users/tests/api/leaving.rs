//! `GET /v1/me/export` and `DELETE /v1/me`.

use std::io::{Cursor, Read};

use axum::{
    Json, Router,
    extract::{Path, Query},
    routing::get,
};
use client::{Neighbour, Upstream};
use http::{Method, StatusCode, header};
use jiff::SignedDuration;
use kit::identity::Minter;
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::service::{Answer, Service, invoke_key, request};
use users::{group::Group, keepers::Keepers};
use uuid::Uuid;
use zip::ZipArchive;

use crate::{
    app::{COOKIE, PASSWORD, TestApp},
    letters::Letters,
};

const EMAIL: &str = "rose@garden.example";

#[derive(Deserialize)]
struct Page {
    cursor: Option<usize>,
    limit: usize,
}

/// A service that keeps so many things of everybody.
fn keeper(count: usize) -> Router {
    let tell = move |Path((user, what)): Path<(Uuid, String)>, Query(page): Query<Page>| async move {
        let from = page.cursor.unwrap_or(0);
        let to = count.min(from + page.limit);
        let filler = "x".repeat(900);
        let items: Vec<_> = (from..to)
            .map(|n| json!({ "n": n, "of": user, "what": what, "filler": filler }))
            .collect();
        let next = (to < count).then(|| to.to_string());
        Json(json!({ "items": items, "next_cursor": next }))
    };
    Router::new().route("/internal/people/{user_id}/{what}", get(tell))
}

fn neighbour(name: &str, app: Router) -> Neighbour {
    let minter = Minter::new(name, &invoke_key()).unwrap();
    let upstream = Upstream::InProcess(app);
    Neighbour::new(upstream, minter, "users", std::time::Duration::from_secs(2))
}

/// The same app beside others, by name.
fn beside(app: &TestApp, other: impl Fn(&str) -> Router) -> Service {
    let others = |name: &str| neighbour(name, other(name));
    let keepers = Keepers::default();
    let keepers = keepers.keeping([("plans", "your plans of gardens")], &others("gardens"));
    let keepers = keepers.with_orders(&others("orders"));
    let keepers = keepers.with_notices(&others("notices"));
    let state = app.state.clone().with_keepers(keepers);
    Service::by(app.clock.clone(), "users", users::app(state))
}

fn proven(service: &Service, app: &TestApp, id: Uuid) -> testkit::service::Client {
    service.called_by(kit::identity::Caller {
        issuer: "edge".into(),
        subject: Some(id),
        auth_time: Some(app.clock.now().as_second()),
        amr: ["pwd".into()].into(),
        ..Default::default()
    })
}

/// The files of an archive.
fn unpacked(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut archive = ZipArchive::new(Cursor::new(answer.body.to_vec())).unwrap();
    let names: Vec<_> = archive
        .file_names()
        .map(|it| it.unwrap().into_owned())
        .collect();
    let read = |name: String| {
        let mut text = String::new();
        archive
            .by_name(&name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

#[tokio::test]
async fn an_archive_has_all_that_every_service_keeps_of_one_person() {
    let app = TestApp::new().await;
    let (rose, client) = app.customer(EMAIL).await;
    let (lily, lilys) = app.customer("lily@garden.example").await;
    for (client, city) in [(&client, "Portland"), (&lilys, "Lilyville")] {
        let address = json!({
            "name": "Rose", "line1": "1 Orchard Lane", "city": city, "region": "OR",
            "postal_code": "97201", "country": "US",
        });
        client.post("/v1/me/addresses", &address).await.ok(201);
    }
    // More than a page, and as much as a person ever had.
    let service = beside(&app, |_| keeper(5_000));

    let answer = proven(&service, &app, rose).get("/v1/me/export").await;

    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(
        answer
            .header("content-disposition")
            .contains("terrace-data.zip")
    );
    assert!(answer.body.len() < 1_000_000, "it is packed");
    let files = unpacked(&answer);
    assert_eq!(files[0].0, "README.txt");
    assert_eq!(files[1].0, "account.json");
    let json = |at: usize| serde_json::from_str::<Value>(&files[at].1).unwrap();
    let account = json(1);
    assert_eq!(account["email"], EMAIL);
    assert_eq!(account["addresses"][0]["city"], "Portland");
    for (at, (file, _)) in files.iter().enumerate().skip(1) {
        let explained = files[0].1.lines().any(|line| line.starts_with(file));
        assert!(explained, "{file}: {}", files[0].1);
        if at > 1 {
            let kept = json(at);
            let kept = kept.as_array().unwrap();
            let what = file.trim_end_matches(".json");
            assert_eq!(kept.len(), 5_000);
            let of_it = |(n, it): (usize, &Value)| it["n"] == n && it["what"] == what;
            assert!(kept.iter().enumerate().all(of_it), "{file}");
        }
    }
    for (name, text) in &files {
        assert!(
            !text.contains("Lilyville") && !text.contains(&lily.to_string()),
            "{name}"
        );
        assert!(!text.contains("argon2"), "{name}");
    }
}

#[tokio::test]
async fn of_orders_an_archive_has_the_cart_and_the_payments_too() {
    let names = archived("orders").await;

    assert_eq!(names, ["cart.json", "orders.json", "payments.json"]);
}

#[tokio::test]
async fn of_notices_an_archive_has_the_letters() {
    let names = archived("notices").await;

    assert_eq!(names, ["letters.json"]);
}

/// The files that have what this service keeps.
async fn archived(name: &str) -> Vec<String> {
    let app = TestApp::new().await;
    let (rose, _) = app.customer(EMAIL).await;
    let service = beside(&app, |it| keeper(usize::from(it == name)));
    let answer = proven(&service, &app, rose).get("/v1/me/export").await;
    let mut files = unpacked(&answer).split_off(2);
    files.retain(|(_, text)| text.contains("filler"));
    files.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn there_is_no_archive_before_it_is_known_who_keeps_something() {
    let app = TestApp::new().await;
    let (rose, _) = app.customer(EMAIL).await;

    let alone = app.proven(rose, &["pwd"]).get("/v1/me/export").await;

    alone.refused(503, "unavailable");
}

#[tokio::test]
async fn there_is_no_archive_with_a_part_missing() {
    no_archive_without("gardens").await;
}

#[tokio::test]
async fn there_is_no_archive_without_orders() {
    no_archive_without("orders").await;
}

#[tokio::test]
async fn there_is_no_archive_without_notices() {
    no_archive_without("notices").await;
}

/// There is no archive while this service does not tell.
async fn no_archive_without(name: &str) {
    let app = TestApp::new().await;
    let (rose, _) = app.customer(EMAIL).await;
    let gone = || Router::new().fallback(|| async { StatusCode::BAD_GATEWAY });
    let service = beside(&app, |it| if it == name { gone() } else { keeper(1) });

    let answer = proven(&service, &app, rose).get("/v1/me/export").await;

    assert_eq!(answer.header("retry-after"), "10");
    answer.refused(503, "unavailable");
}

#[tokio::test]
async fn who_leaves_during_an_export_gets_none() {
    let app = TestApp::new().await;
    let (rose, _) = app.customer(EMAIL).await;
    let deletion = app.proven(rose, &["pwd"]);
    let service = beside(&app, |_| {
        let deletion = deletion.clone();
        Router::new().fallback(move || {
            let deletion = deletion.clone();
            async move {
                deletion.delete("/v1/me").await;
                Json(json!({ "items": [], "next_cursor": null }))
            }
        })
    });

    let answer = proven(&service, &app, rose).get("/v1/me/export").await;

    answer.refused(404, "not-found");
}

#[tokio::test]
async fn an_account_goes_with_its_sessions_and_cookies_and_a_last_letter_says_so() {
    let app = TestApp::new().await;
    let mut letters = Letters::of(&app);
    let (rose, _) = app.customer(EMAIL).await;
    let cookie = app.sign_in(EMAIL).await;
    while letters.next().await["kind"] != "verify-address" {}

    let request = request(Method::DELETE, "/v1/me").header(header::HOST, "api.garden.example");
    let answer = app.proven(rose, &["pwd"]).send(request, "").await;

    answer.ok(204);
    let cleared: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cleared.len(), 2);
    let refresh = cleared[0].to_str().unwrap();
    assert!(refresh.starts_with(&format!("{COOKIE}=;")) && refresh.contains("Max-Age=0"));
    let mut told = Vec::new();
    while told.last() != Some(&json!("account-deleted")) {
        let next = letters.next().await;
        match next.get("kind") {
            Some(kind) if kind == "account-deleted" => {
                assert_eq!(next["to"], EMAIL);
                told.push(kind.clone());
            }
            Some(_) => {}
            None => told.push(next),
        }
    }
    assert_eq!(told, ["session.ended", "user.deleted", "account-deleted"]);
    app.refresh(&cookie).await.refused(401, "session-ended");
    let credentials = json!({ "email": EMAIL, "password": PASSWORD });
    let refused = app.anonymous().post("/v1/sessions", &credentials).await;
    refused.refused(401, "wrong-credentials");
    let again = app.proven(rose, &["pwd"]).delete("/v1/me").await;
    again.refused(404, "not-found");
    let (anew, _) = app.customer(EMAIL).await;
    assert_ne!(anew, rose);
}

#[tokio::test]
async fn leaving_and_asking_what_is_kept_take_a_fresh_proof() {
    let app = TestApp::new().await;
    let (rose, stale) = app.customer(EMAIL).await;
    let service = beside(&app, |_| keeper(1));
    let old = proven(&service, &app, rose);
    app.clock.step(SignedDuration::from_mins(6));

    for client in [&stale, &old] {
        client
            .delete("/v1/me")
            .await
            .refused(401, "step-up-required");
        let export = client.get("/v1/me/export").await;
        export.refused(401, "step-up-required");
    }

    proven(&service, &app, rose).get("/v1/me").await.ok(200);
}

#[tokio::test]
async fn the_last_manager_may_not_leave() {
    let app = TestApp::new().await;
    let mut managers = Vec::new();
    for email in ["mara@garden.example", "mats@garden.example"] {
        let password = PASSWORD.into();
        let made = app
            .state
            .ensure_user(email, &password, "Mara", Some(Group::Manager));
        assert!(made.await.unwrap());
        let credentials = json!({ "email": email, "password": PASSWORD });
        let signed_in = app.anonymous().post("/v1/sessions", &credentials).await;
        let signed_in = signed_in.ok(201);
        let id: Uuid = serde_json::from_value(signed_in["user"]["id"].clone()).unwrap();
        managers.push(app.proven(id, &["pwd"]));
    }

    managers[0].delete("/v1/me").await.ok(204);
    let refused = managers[1].delete("/v1/me").await;

    refused.refused(409, "last-manager");
    managers[1].get("/v1/me").await.ok(200);
}
