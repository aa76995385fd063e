//! What tabs of the storefront tell, and what is kept of it.

use std::{fs, io::Read, path::Path};

use axum::http::Method;
use flate2::read::MultiGzDecoder;
use reports::{Config, click::Click};
use serde_json::{Value, json};
use testkit::service::{Client, request};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{TestApp, config};

const PATH: &str = "/v1/clicks";

/// All that lies in a folder of clicks, by the path of its file.
fn kept(folder: &Path) -> Vec<(String, Value)> {
    let mut kept = Vec::new();
    for day in fs::read_dir(folder).unwrap() {
        let day = day.unwrap().path();
        for file in fs::read_dir(&day).unwrap() {
            let file = file.unwrap().path();
            let mut text = String::new();
            let bytes = fs::File::open(&file).unwrap();
            MultiGzDecoder::new(bytes)
                .read_to_string(&mut text)
                .unwrap();
            let path = file.strip_prefix(folder).unwrap().display().to_string();
            let lines = text.lines().map(|line| line.parse::<Value>().unwrap());
            kept.extend(lines.map(|line| (path.clone(), line)));
        }
    }
    kept.sort_by_key(|(_, line)| line["kind"].to_string());
    kept
}

/// What the app has written once it has ended.
async fn ended(app: &TestApp) -> Vec<(String, Value)> {
    let stop = CancellationToken::new();
    stop.cancel();
    app.state.spawn_background(stop).await.unwrap();
    kept(&app.clicks())
}

fn seen() -> Value {
    json!({
        "visit": Uuid::new_v4(),
        "pages": [{ "page": "/product/[slug]", "ago_ms": 1_000 }],
        "products": [{ "product_id": Uuid::now_v7() }],
        "searches": [{ "words": "  Tomato seeds", "found": 3, "ago_ms": 20 }],
    })
}

/// Sends as a browser does that has these headers.
async fn tell(client: &Client, headers: &[(&str, &str)], body: &Value) -> u16 {
    let mut request = request(Method::POST, PATH).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request, body.to_string()).await.status.as_u16()
}

#[tokio::test]
async fn what_a_tab_has_shown_is_kept_by_day_and_not_who_looked() {
    let app = TestApp::new().await;
    let (who, body) = (Uuid::now_v7(), seen());
    let browser = [
        ("user-agent", "Browser of one in a million"),
        ("x-forwarded-for", "203.0.113.9"),
        ("cookie", "terrace_refresh=secret"),
        ("sec-gpc", "0"),
        ("dnt", "0"),
    ];

    // Signed in or not, it is the same.
    let status = tell(&app.service.customer(who), &browser, &body).await;

    assert_eq!(status, 202);
    let kept = ended(&app).await;
    let fields = |at: usize| -> Vec<_> { kept[at].1.as_object().unwrap().keys().collect() };
    assert_eq!(kept.len(), 3);
    assert_eq!(fields(0), ["at", "id", "kind", "page", "visit"]);
    assert_eq!(fields(1), ["at", "id", "kind", "product_id", "visit"]);
    assert_eq!(fields(2), ["at", "found", "id", "kind", "words"]);
    assert_eq!(kept[0].1["visit"], body["visit"]);
    assert_eq!(kept[0].1["page"], "/product/[slug]");
    assert_eq!(kept[1].1["product_id"], body["products"][0]["product_id"]);
    assert_eq!(kept[2].1["words"], "tomato seeds");
    for (path, line) in &kept {
        let day = &line["at"].as_str().unwrap()[..10];
        assert!(path.starts_with(&format!("day={day}/")), "{path}");
        assert!(path.ends_with(".jsonl.gz"), "{path}");
    }
}

#[tokio::test]
async fn of_who_wants_none_to_be_kept_nothing_is() {
    let app = TestApp::new().await;

    for header in ["sec-gpc", "dnt"] {
        let status = tell(&app.service.anonymous(), &[(header, "1")], &seen()).await;

        assert_eq!(status, 202, "{header}");
    }

    assert_eq!(ended(&app).await, []);
}

#[tokio::test]
async fn a_search_that_may_be_about_a_person_is_counted_without_its_words() {
    let app = TestApp::new().await;
    let searches = ["rose@garden.example", "4242 4242 4242 4242", "tomato"];
    let searches = searches.map(|words| json!({ "words": words, "found": 0 }));
    let body = json!({ "visit": Uuid::new_v4(), "searches": searches });

    app.service.anonymous().post(PATH, &body).await.ok(202);

    let kept = ended(&app).await;
    let mut words: Vec<_> = kept
        .iter()
        .map(|(_, line)| line["words"].as_str())
        .collect();
    words.sort_unstable();
    assert_eq!(words, [None, None, Some("tomato")]);
}

#[tokio::test]
async fn what_is_no_click_is_refused_by_its_field_and_nothing_is_kept() {
    let app = TestApp::new().await;
    let visit = Uuid::new_v4();
    let page = |page: &str| json!({ "visit": visit, "pages": [{ "page": page }] });
    let many = vec![json!({ "page": "/" }); 51];
    let search = |words: &str, found: i64| json!({ "visit": visit, "searches": [{ "words": words, "found": found }] });

    for (pointer, body) in [
        ("", json!({})),
        ("/visit", json!({ "visit": "rose" })),
        ("/pages", json!({ "visit": visit, "pages": many })),
        ("/pages/0/page", page("")),
        ("/pages/0/page", page("shop")),
        ("/pages/0/page", page("/order/0192f0c4")),
        ("/pages/0/page", page("/shop?q=rose")),
        ("/pages/0/page", page("/Rose")),
        ("/pages/0/page", page("/rose@garden.example")),
        ("/pages/0/page", page("/shop/")),
        ("/pages/0/page", page(&format!("/{}", "a".repeat(64)))),
        (
            "/pages/0/ago_ms",
            json!({ "visit": visit, "pages": [{ "page": "/", "ago_ms": 3_600_001 }] }),
        ),
        (
            "/pages/0",
            json!({ "visit": visit, "pages": [{ "page": "/", "user": "rose" }] }),
        ),
        ("/searches/0/words", search(&"a".repeat(201), 0)),
        ("/searches/0/found", search("a", 101)),
        ("/searches/0/found", search("a", -1)),
        (
            "/pages/0/ago_ms",
            json!({ "visit": visit, "pages": [{ "page": "/", "ago_ms": -1 }] }),
        ),
        (
            "/pages/0/ago_ms",
            json!({ "visit": visit, "pages": [{ "page": "/", "ago_ms": 9_000_000_000_000_000_i64 }] }),
        ),
        ("", json!({ "visit": visit, "user": "rose" })),
    ] {
        let answer = app.service.anonymous().post(PATH, &body).await;

        let problem = answer.refused(422, "invalid-body");
        let named = problem
            .errors
            .iter()
            .any(|it| it.pointer.starts_with(pointer));
        assert!(named, "{body}: {problem:?}");
    }

    assert_eq!(ended(&app).await, []);
}

#[tokio::test]
async fn a_page_is_answered_where_nothing_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let none = Config {
        clicks: None,
        ..config(&folder)
    };
    let state = reports::connect(&none).await.unwrap();
    let service = testkit::service::Service::new("reports", reports::app(state));
    service.anonymous().post(PATH, &seen()).await.ok(202);

    let app = TestApp::new().await;
    // More than may wait while nobody writes.
    for _ in 0..1_100 {
        app.service.anonymous().post(PATH, &seen()).await.ok(202);
    }

    let kept = ended(&app).await;
    assert_eq!(kept.len(), 3_000);
}

#[tokio::test]
async fn a_batch_of_a_stream_is_written_once_and_what_is_no_click_is_left_out() {
    let app = TestApp::new().await;
    let click = |day: &str| {
        json!({
            "id": Uuid::new_v4(), "at": format!("{day}T10:00:00Z"), "kind": "search", "words": null, "found": 1,
        })
    };
    let (first, second) = (click("2026-03-01"), click("2026-03-02"));
    let records = vec![
        format!("{first}\n{second}\n").into_bytes(),
        b"{\"kind\":\"nothing\"}\n".to_vec(),
        b"\xff".to_vec(),
    ];
    let filer = app.state.records().unwrap();

    for _ in 0..2 {
        filer.take("shardId-1-2", records.clone()).await.unwrap();
    }

    let mut kept = kept(&app.clicks());
    kept.sort_by_key(|(path, _)| path.clone());
    let expected = [("2026-03-01", first), ("2026-03-02", second)];
    let expected = expected.map(|(day, line)| (format!("day={day}/shardId-1-2.jsonl.gz"), line));
    assert_eq!(kept, expected);
    let read: Click = serde_json::from_value(kept[0].1.clone()).unwrap();
    assert_eq!(read.day(), "2026-03-01");
}
