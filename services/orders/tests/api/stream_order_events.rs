use std::time::Duration;

use futures::StreamExt;
use http::Method;
use testkit::service::{Client, request};
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

/// A stream that is read event by event.
pub(crate) struct Reader {
    body: axum::body::BodyDataStream,
    seen: String,
}

impl Reader {
    pub(crate) async fn open(client: &Client, order: &str) -> Self {
        let body = client.stream(&format!("/v1/orders/{order}/events")).await;
        Self {
            body: body.into_data_stream(),
            seen: String::new(),
        }
    }

    /// The next event's id and status; none at the end.
    pub(crate) async fn next(&mut self) -> Option<(u32, String)> {
        loop {
            if let Some((event, rest)) = self.seen.split_once("\n\n") {
                let event = events(&format!("{event}\n\n")).pop();
                self.seen = rest.to_owned();
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let more = tokio::time::timeout(Duration::from_secs(10), self.body.next());
            let more = more.await.expect("the stream tells nothing")?;
            self.seen += std::str::from_utf8(&more.unwrap()).unwrap();
        }
    }

    pub(crate) async fn take(&mut self, count: usize) -> Vec<(u32, String)> {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.push(self.next().await.expect("an event"));
        }
        taken
    }
}

#[tokio::test]
async fn a_stream_tells_what_was_then_what_happens_and_ends_with_the_order() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let stop = CancellationToken::new();
    let background = app.state.spawn_background(stop.clone(), Vec::new());
    let mut stream = Reader::open(&shopper, &id).await;
    let was = stream.take(2).await;

    let staff = app.staff();
    staff.post(&format!("/v1/orders/{id}/ship"), &()).await;
    let shipped = stream.take(1).await;
    staff.post(&format!("/v1/orders/{id}/deliver"), &()).await;
    let delivered = stream.take(1).await;

    assert_eq!(was, named(&[(1, "placed"), (2, "confirmed")]));
    assert_eq!(shipped, named(&[(3, "shipped")]));
    assert_eq!(delivered, named(&[(4, "delivered")]));
    assert_eq!(stream.next().await, None);
    let whole = shopper.get(&format!("/v1/orders/{id}/events")).await;
    assert_eq!(whole.status, 200);
    assert_eq!(whole.header("content-type"), "text/event-stream");
    assert_eq!(events(&whole.text()).len(), 4);
    stop.cancel();
    background.await.unwrap();
}

#[tokio::test]
async fn a_change_is_told_although_whoever_asked_for_it_went_away() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let mut stream = Reader::open(&shopper, &id).await;
    stream.take(2).await;
    let staff = app.staff();

    for (action, told) in [("ship", (3, "shipped")), ("deliver", (4, "delivered"))] {
        let path = format!("/v1/orders/{id}/{action}");
        let mut call = Box::pin(staff.bare(Method::POST, &path));
        assert!(futures::poll!(&mut call).is_pending());
        drop(call);

        assert_eq!(stream.take(1).await, named(&[told]));
    }
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
    let mut stream = Reader::open(&shopper, &id).await;
    let seen = stream.take(2).await;

    stop.cancel();

    background.await.unwrap();
    assert_eq!(seen, named(&[(1, "placed"), (2, "confirmed")]));
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_user_has_20_streams_open_and_no_more_until_one_ends() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let path = format!("/v1/orders/{id}/events");
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Reader::open(&shopper, &id).await);
    }

    let refused = shopper.get(&path).await;

    refused.refused(429, "too-many-streams");
    assert_eq!(refused.header("retry-after"), "10");
    let (other_id, other) = app.settled().await;
    let mut others = Reader::open(&other, &other_id).await;
    assert_eq!(others.take(1).await, named(&[(1, "placed")]));
    open.pop();
    let mut next = Reader::open(&shopper, &id).await;
    assert_eq!(next.take(1).await, named(&[(1, "placed")]));
}

#[tokio::test]
async fn anothers_stream_is_not_found() {
    let app = TestApp::new();
    let (id, _) = app.settled().await;

    let stranger = app.customer().get(&format!("/v1/orders/{id}/events")).await;

    stranger.refused(404, "not-found");
}
