use http::Method;

use crate::app::{TestApp, assert_forgotten, cookie};

const PATH: &str = "/v1/sessions/current";

#[tokio::test]
async fn the_session_ends_and_the_browser_forgets_the_cookie() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let old = app.sign_in("rose@garden.example").await;
    let current = cookie(&app.refresh(&old).await);
    let other = app.sign_in("rose@garden.example").await;

    let answer = app.with_cookie(Method::DELETE, PATH, &current).await;

    answer.ok(204);
    assert!(answer.body.is_empty());
    assert_forgotten(&answer);
    for ended in [&old, &current] {
        app.refresh(ended).await.refused(401, "session-ended");
    }
    app.refresh(&other).await.ok(200);
}

#[tokio::test]
async fn signing_out_twice_or_without_a_session_is_fine() {
    let app = TestApp::new().await;
    app.customer("rose@garden.example").await;
    let token = app.sign_in("rose@garden.example").await;

    for _ in 0..2 {
        let answer = app.with_cookie(Method::DELETE, PATH, &token).await;
        answer.ok(204);
    }

    let without = app.anonymous().delete(PATH).await;
    without.ok(204);
    assert_forgotten(&without);
}
