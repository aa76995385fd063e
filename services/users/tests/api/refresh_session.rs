use futures::future::join_all;
use http::{Method, StatusCode};
use serde_json::json;
use users::{
    session::{RefreshToken, Session},
    store::{Store, sqlite::SqliteStore},
};
use uuid::Uuid;

use crate::app::{TestApp, assert_forgotten, cookie};

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
async fn an_old_cookie_ends_the_session_with_all_its_cookies() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let first = app.sign_in("rose@garden.example").await;
    let second = cookie(&app.refresh(&first).await);
    let third = cookie(&app.refresh(&second).await);

    let reused = app.refresh(&first).await;

    reused.refused(401, "session-ended");
    assert_forgotten(&reused);
    for token in [first, second, third] {
        app.refresh(&token).await.refused(401, "session-ended");
    }
}

#[tokio::test]
async fn an_old_cookie_leaves_the_other_sessions_alone() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let phone = app.sign_in("rose@garden.example").await;
    let desk = app.sign_in("rose@garden.example").await;
    app.refresh(&phone).await.ok(200);

    app.refresh(&phone).await.refused(401, "session-ended");

    app.refresh(&desk).await.ok(200);
}

#[tokio::test]
async fn of_many_at_once_with_one_cookie_one_wins_and_the_session_ends() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let token = app.sign_in("rose@garden.example").await;

    let answers = join_all((0..8).map(|_| app.refresh(&token))).await;

    let (won, lost): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::OK);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for answer in lost {
        answer.refused(401, "session-ended");
    }
    let winner = app.refresh(&cookie(won[0])).await;
    winner.refused(401, "session-ended");
}

#[tokio::test]
async fn without_a_cookie_of_ours_there_is_no_session() {
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
        assert_forgotten(&answer);
    }
}

#[tokio::test]
async fn an_expired_session_has_ended_and_is_forgotten() {
    let app = TestApp::new().await;
    let (id, _) = app.customer("rose@garden.example").await;
    let kept = app.sign_in("rose@garden.example").await;
    let token = RefreshToken::generate();
    let mut session = Session::new(&token, Uuid::now_v7(), id);
    session.expires_at = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(1);
    let store = SqliteStore::open(&app.database).unwrap();
    store.insert_session(&session).await.unwrap();

    let answer = app.refresh(token.secret()).await;
    let stop = tokio_util::sync::CancellationToken::new();
    stop.cancel();
    app.state.spawn_background(stop).await.unwrap();

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
