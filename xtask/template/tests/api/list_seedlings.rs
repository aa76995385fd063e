//! `GET /v1/seedlings`.

use serde_json::json;

use crate::TestApp;

#[tokio::test]
async fn all_are_listed_newest_first_page_by_page() {
    let app = TestApp::new().await;
    let mut ids = Vec::new();
    for name in ["One", "Two", "Three"] {
        ids.push(app.added(name).await);
    }
    ids.reverse();

    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = format!("/v1/seedlings?limit=2{cursor}");
        let page = app.anonymous().get(&page).await.ok(200);
        found.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }

    let found: Vec<_> = found.iter().map(|it| it["id"].clone()).collect();
    assert_eq!(json!(found), json!(ids));
}

#[tokio::test]
async fn a_question_that_is_none_is_refused() {
    let app = TestApp::new().await;

    for bad in ["limit=0", "limit=101", "cursor=x", "colour=green"] {
        let refused = app.anonymous().get(&format!("/v1/seedlings?{bad}")).await;
        assert_eq!(refused.status, 400, "{bad}");
    }
}
