use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode},
    middleware::from_fn_with_state,
    routing::get as on_get,
};
use client::{Neighbour, Upstream};
use kit::{
    deadline::{DEADLINE_HEADER, Deadline},
    identity::Minter,
    telemetry,
};
use tokio::net::TcpListener;
use tower::ServiceExt;

const OWN_TIMEOUT: Duration = Duration::from_secs(10);

/// What each tier was told, in order.
type Told = Arc<Mutex<Vec<Option<Duration>>>>;

fn note(told: &Told) {
    let left = Deadline::current().map(Deadline::left);
    told.lock().unwrap().push(left);
}

/// A service that notes how long it has.
fn last(told: Told) -> Router {
    let handler = on_get(move || async move { note(&told) });
    recorded(Router::new().route("/last", handler))
}

/// A service that notes how long it has, and asks a neighbour, who never answers.
fn first(told: Told, neighbour: Neighbour) -> Router {
    let handler = on_get(move || async move {
        note(&told);
        let answer = neighbour.call::<_, ()>(Method::GET, "/last", &()).await;
        answer.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
    });
    recorded(Router::new().route("/first", handler))
}

fn recorded(router: Router) -> Router {
    router.layer(from_fn_with_state("plants", telemetry::record))
}

fn neighbour(upstream: Upstream) -> Neighbour {
    let minter = Minter::new("last", &"an-invoke-key-for-tests-alone-01".into()).unwrap();
    Neighbour::new(upstream, minter, "first", OWN_TIMEOUT)
}

async fn ask(app: Router, path: &str, time_left: Option<&str>) -> StatusCode {
    let mut request = Request::get(path);
    if let Some(ms) = time_left {
        request = request.header(DEADLINE_HEADER, ms);
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    app.oneshot(request).await.unwrap().status()
}

#[tokio::test(start_paused = true)]
async fn the_time_that_is_left_goes_on_to_the_neighbour_in_this_process() {
    let told = Told::default();
    let app = first(
        told.clone(),
        neighbour(Upstream::InProcess(last(told.clone()))),
    );

    assert_eq!(ask(app.clone(), "/first", Some("700")).await, 200);
    assert_eq!(ask(app, "/first", None).await, 200);

    let left = Duration::from_millis(700);
    let told = told.lock().unwrap();
    assert_eq!(*told, [Some(left), Some(left), None, Some(OWN_TIMEOUT)]);
}

#[tokio::test]
async fn the_time_that_is_left_goes_on_to_the_neighbour_over_http() {
    let told = Told::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let stop = tokio_util::sync::CancellationToken::new();
    let limits = kit::serve::Limits::default();
    let serving = kit::serve::serve(listener, last(told.clone()), limits, stop.clone());
    let _serving = tokio::spawn(serving);
    let app = first(
        told.clone(),
        neighbour(Upstream::http(url.parse().unwrap())),
    );

    assert_eq!(ask(app, "/first", Some("9000")).await, 200);

    let told = told.lock().unwrap();
    let [Some(here), Some(there)] = told[..] else {
        panic!("{told:?}");
    };
    assert!(there <= here && there > Duration::ZERO, "{told:?}");
    assert!(here <= Duration::from_secs(9), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_neighbour_is_waited_for_no_longer_than_the_caller_waits() {
    let silent = Router::new().fallback(std::future::pending::<()>);
    let app = first(Told::default(), neighbour(Upstream::InProcess(silent)));
    let started = tokio::time::Instant::now();

    let status = ask(app, "/first", Some("700")).await;

    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(started.elapsed() < OWN_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_late_on_arrival_is_refused_before_any_work() {
    let told = Told::default();

    let status = ask(last(told.clone()), "/last", Some("0")).await;

    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
    assert!(told.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_cannot_be_read_is_none() {
    let told = Told::default();

    for text in ["soon", "-1", "18446744073709551616", ""] {
        assert_eq!(ask(last(told.clone()), "/last", Some(text)).await, 200);
    }
    let forever = u64::MAX.to_string();
    assert_eq!(ask(last(told.clone()), "/last", Some(&forever)).await, 200);

    assert_eq!(told.lock().unwrap()[..4], [None; 4]);
}
