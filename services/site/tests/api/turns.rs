//! Clients take turns.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{Router, body::Body};
use futures::future::join_all;
use http::{Request, StatusCode};
use kit::serve::Peer;
use tower::ServiceExt;

use super::TestSite;

/// How many pages the greedy client asks for at once.
const MANY: usize = 500;

async fn ask(app: Router, client: IpAddr) {
    let request = Request::get("/").header("host", "localhost:3000");
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(Peer::from(client));
    let answer = app.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_client_that_asks_for_much_at_once_is_not_waited_for() {
    let site = TestSite::of(&[("index.html", "<p>hello")]);
    let greedy = [127, 0, 0, 1].into();
    let modest = [127, 0, 0, 2].into();
    ask(site.app.clone(), modest).await;

    let answered = Arc::new(AtomicUsize::new(0));
    let flood = (0..MANY).map(|_| {
        let (app, answered) = (site.app.clone(), answered.clone());
        tokio::spawn(async move {
            ask(app, greedy).await;
            answered.fetch_add(1, SeqCst);
        })
    });
    let flood: Vec<_> = flood.collect();
    // Behind all of those in the runtime's queue.
    tokio::spawn(ask(site.app.clone(), modest)).await.unwrap();
    let before = answered.load(SeqCst);

    assert!(before < MANY / 10, "{before} went first");
    for one in join_all(flood).await {
        one.unwrap();
    }
    assert_eq!(answered.load(SeqCst), MANY);
}
