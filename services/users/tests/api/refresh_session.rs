use futures::future::join_all;
use http::{Method, header};
use jiff::SignedDuration;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use testkit::service::request;
use users::{
    proof,
    session::{GRACE, Lives, RefreshToken, Session},
    store::{Store, sqlite::SqliteStore},
};

use crate::{
    app::{COOKIE, TestApp, cookie},
    letters::Letters,
};

#[tokio::test]
async fn the_cookie_becomes_new_tokens_and_a_new_cookie() {
    let app = TestApp::new().await;
    let (id, _) = app.customer("rose@garden.example").await;
    let first = app.sign_in("rose@garden.example").await;

    let answer = app.refresh(&first).await;

    let tokens = answer.ok(200);
    assert_eq!(tokens["user"]["id"], json!(id));
    assert_ne!(cookie(&answer), first);
    app.refresh(&cookie(&answer)).await.ok(200);
}

#[tokio::test]
async fn an_old_cookie_gets_the_same_successor_again_for_a_moment() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let first = app.sign_in("rose@garden.example").await;

    let answers = join_all((0..8).map(|_| app.refresh(&first))).await;

    let second = cookie(&answers[0]);
    for answer in &answers {
        answer.ok(200);
        assert_eq!(cookie(answer), second);
    }
    let third = cookie(&app.refresh(&second).await);
    assert_eq!(cookie(&app.refresh(&first).await), third);
    assert_eq!(cookie(&app.refresh(&second).await), third);
    app.refresh(&third).await.ok(200);
}

#[tokio::test]
async fn an_old_cookie_ends_the_session_with_all_its_cookies_which_is_counted() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let first = app.sign_in("rose@garden.example").await;
    let second = cookie(&app.refresh(&first).await);
    let third = cookie(&app.refresh(&second).await);
    let recorder = PrometheusBuilder::new().build_recorder();
    let measuring = metrics::set_default_local_recorder(&recorder);

    app.clock.step(GRACE + SignedDuration::from_secs(1));
    let reused = app.refresh(&first).await;

    drop(measuring);
    reused.refused(401, "session-ended");
    let measured = recorder.handle().render();
    assert!(
        measured.contains("users_refresh_reused_total 1"),
        "{measured}"
    );
    for token in [first, second, third] {
        app.refresh(&token).await.refused(401, "session-ended");
    }
}

#[tokio::test]
async fn the_owner_of_a_session_is_told_of_an_old_cookie_by_a_sealed_letter() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let mut letters = Letters::of(&app);
    assert_eq!(letters.next().await["kind"], "verify-address");
    let first = app.sign_in("rose@garden.example").await;
    app.refresh(&first).await.ok(200);

    app.clock.step(GRACE + SignedDuration::from_secs(1));
    app.refresh(&first).await.refused(401, "session-ended");

    assert_eq!(letters.next().await, "session.ended");
    let letter = json!({ "to": "rose@garden.example", "name": "Rose", "kind": "token-reused" });
    assert_eq!(letters.next().await, letter);
    letters.end().await;
}

#[tokio::test]
async fn an_old_cookie_leaves_the_other_sessions_alone() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let phone = app.sign_in("rose@garden.example").await;
    let desk = app.sign_in("rose@garden.example").await;
    app.refresh(&phone).await.ok(200);

    app.clock.step(GRACE + SignedDuration::from_secs(1));
    app.refresh(&phone).await.refused(401, "session-ended");

    app.refresh(&desk).await.ok(200);
}

#[tokio::test]
async fn a_refusal_leaves_the_browsers_cookie_alone() {
    let app = TestApp::new().await;
    let unknown = RefreshToken::generate();

    let none = app
        .anonymous()
        .bare(Method::POST, "/v1/sessions/refresh")
        .await;
    let unknown = app.refresh(unknown.secret()).await;
    let empty = app.refresh("").await;

    for answer in [none, unknown, empty] {
        answer.refused(401, "session-ended");
        // Another tab may have set a newer one meanwhile.
        assert!(answer.headers.get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn two_shops_on_one_machine_have_cookies_of_their_own() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let here = app.sign_in("rose@garden.example").await;
    let send = async |cookies: String| {
        let request = request(Method::POST, "/v1/sessions/refresh")
            .header(header::HOST, "localhost:8080")
            .header(header::COOKIE, cookies);
        app.anonymous().send(request, "").await
    };

    let others = send(format!("terrace_refresh_8090={here}")).await;
    let both = send(format!(
        "terrace_refresh_8090=x; terrace_refresh_8080={here}"
    ))
    .await;

    others.refused(401, "session-ended");
    both.ok(200);
    let set = both.header("set-cookie");
    assert!(set.starts_with("terrace_refresh_8080="), "{set}");
}

#[tokio::test]
async fn of_several_cookies_of_the_name_the_one_that_works_is_taken() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let ours = app.sign_in("rose@garden.example").await;

    let answer = app.refresh(&format!("tossed; {COOKIE}={ours}")).await;

    answer.ok(200);
}

#[tokio::test]
async fn over_tls_a_cookie_that_a_sibling_may_have_set_is_not_read() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let ours = app.sign_in("rose@garden.example").await;
    let request = request(Method::POST, "/v1/sessions/refresh")
        .header(header::HOST, "shop.example")
        .header(header::COOKIE, format!("terrace_refresh_8080={ours}"));

    let answer = app.anonymous().send(request, "").await;

    answer.refused(401, "session-ended");
}

#[tokio::test]
async fn a_clock_that_steps_ends_no_session() {
    for hours in [1, -1] {
        let app = TestApp::new().await;
        app.customer("rose@garden.example").await;
        let first = app.sign_in("rose@garden.example").await;
        let second = cookie(&app.refresh(&first).await);

        app.clock.step(SignedDuration::from_hours(hours));

        let answer = app.refresh(&second).await;
        let expires_in = answer.ok(200)["expires_in"].clone();
        assert_eq!(expires_in, 900, "{hours}");
        app.refresh(&cookie(&answer)).await.ok(200);
    }
}

#[tokio::test]
async fn an_expired_session_has_ended_and_is_forgotten() {
    let app = TestApp::new().await;
    let (id, _) = app.customer("rose@garden.example").await;
    let kept = app.sign_in("rose@garden.example").await;
    let token = RefreshToken::generate();
    let now = jiff::Timestamp::now();
    let mut session = Session::begin(&token, id, proof::Method::Password, Lives::default(), now);
    session.expires_at = now - SignedDuration::from_secs(1);
    let store = SqliteStore::open(&app.database).unwrap();
    store.insert_session(&session).await.unwrap();

    let answer = app.refresh(token.secret()).await;
    let stop = tokio_util::sync::CancellationToken::new();
    stop.cancel();
    app.state.spawn_background(stop, vec![]).await.unwrap();

    answer.refused(401, "session-ended");
    let database = rusqlite::Connection::open(&app.database).unwrap();
    let count = "select count(*) from session";
    let left: i64 = database.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
    app.refresh(&kept).await.ok(200);
}

#[tokio::test]
async fn the_database_never_holds_a_token() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let first = app.sign_in("rose@garden.example").await;
    let second = cookie(&app.refresh(&first).await);

    let folder = app.database.parent().unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for token in [&first, &second] {
            let found = bytes.windows(43).any(|part| part == token.as_bytes());
            assert!(!found);
        }
    }
}
