use http::Method;
use testkit::service::request;
use tokio_util::sync::CancellationToken;

use crate::app::TestApp;

/// The id and status of every event.
pub(crate) fn events(body: &str) -> Vec<(u32, String)> {
    let event = |text: &str| {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
        };
        assert_eq!(field("event:").as_deref(), Some("status"));
        let data: serde_json::Value = serde_json::from_str(&field("data:").unwrap()).unwrap();
        let status = data["status"].as_str().unwrap().to_owned();
        (field("id:").unwrap().parse().unwrap(), status)
    };
    let parts = body.split("\n\n").filter(|part| part.contains("data:"));
    parts.map(event).collect()
}

pub(crate) fn named(expected: &[(u32, &str)]) -> Vec<(u32, String)> {
    let expected = expected.iter();
    expected.map(|(id, s)| (*id, (*s).to_owned())).collect()
}

#[tokio::test]
async fn a_stream_tells_what_was_then_what_happens_and_ends_with_the_order() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let stop = CancellationToken::new();
    let background = app.state.spawn_background(stop.clone(), Vec::new());
    let path = format!("/v1/orders/{id}/events");
    let stream = tokio::spawn({
        let shopper = shopper.clone();
        async move { shopper.get(&path).await }
    });
    tokio::task::yield_now().await;

    let staff = app.staff();
    staff.post(&format!("/v1/orders/{id}/ship"), &()).await;
    staff.post(&format!("/v1/orders/{id}/deliver"), &()).await;

    let stream = stream.await.unwrap();
    assert_eq!(stream.status, 200);
    assert_eq!(stream.header("content-type"), "text/event-stream");
    assert_eq!(
        events(&stream.text()),
        named(&[
            (1, "placed"),
            (2, "confirmed"),
            (3, "shipped"),
            (4, "delivered")
        ])
    );
    stop.cancel();
    background.await.unwrap();
}

#[tokio::test]
async fn a_stream_resumes_after_the_last_event_seen() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    shopper
        .post(&format!("/v1/orders/{id}/cancel"), &())
        .await
        .ok(200);
    let path = format!("/v1/orders/{id}/events");
    let after = |last: &str| {
        let request = request(Method::GET, &path).header("last-event-id", last);
        shopper.send(request, "")
    };

    let resumed = after("1").await;

    assert_eq!(
        events(&resumed.text()),
        named(&[(2, "confirmed"), (3, "cancelled")])
    );
    assert!(events(&after("3").await.text()).is_empty());
    after("last").await.refused(400, "bad-parameter");
}

#[tokio::test]
async fn a_stream_ends_at_the_stop() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let stop = CancellationToken::new();
    let background = app.state.spawn_background(stop.clone(), Vec::new());
    let path = format!("/v1/orders/{id}/events");
    let stream = tokio::spawn(async move { shopper.get(&path).await });
    tokio::task::yield_now().await;

    stop.cancel();

    background.await.unwrap();
    let seen = events(&stream.await.unwrap().text());
    assert_eq!(seen, named(&[(1, "placed"), (2, "confirmed")]));
}

#[tokio::test]
async fn anothers_stream_is_not_found() {
    let app = TestApp::new();
    let (id, _) = app.settled().await;

    let stranger = app.customer().get(&format!("/v1/orders/{id}/events")).await;

    stranger.refused(404, "not-found");
}
