//! What `Server-Timing` tells to whom.

use std::time::Duration;

use axum::{Router, body::Body, extract::Request, middleware, routing::get};
use kit::{
    identity::{CALLER_HEADER, Caller, Minter, Trust, require_trust},
    telemetry::{self, SERVER_TIMING},
};
use tower::ServiceExt;
use uuid::Uuid;

const KEY: &str = "an-invoke-key-of-a-unit-test-32b";

/// The answer's times, of a service that asks its database.
async fn times(subject: Option<Uuid>) -> Vec<String> {
    let trust = Trust::new("orders", &[KEY.into()]).unwrap();
    let service = Router::new()
        .route(
            "/",
            get(async || telemetry::add_db_time(Duration::from_millis(3))),
        )
        .layer(middleware::from_fn_with_state(trust, require_trust))
        .layer(middleware::from_fn_with_state("orders", telemetry::record));
    let caller = Caller {
        issuer: "edge".into(),
        subject,
        route: "list".into(),
        ..Caller::default()
    };
    let token = Minter::new("orders", &KEY.into()).unwrap().mint(caller);
    let request = Request::get("/").header(CALLER_HEADER, token);
    let answer = service.oneshot(request.body(Body::empty()).unwrap());
    let answer = answer.await.unwrap();
    let times = answer.headers().get_all(SERVER_TIMING).iter();
    times
        .map(|time| time.to_str().unwrap().split(';').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_databases_part_is_told_to_the_signed_in_alone() {
    assert_eq!(times(Some(Uuid::now_v7())).await, ["orders", "db"]);
    assert_eq!(times(None).await, ["orders"]);
}
