//! Who may call what.

use axum::http::Method;
use serde_json::json;

use crate::world::{Way, World, request};

both_ways![
    a_public_operation_needs_no_token,
    an_anonymous_caller_is_asked_to_sign_in,
    a_customer_may_call_what_needs_a_user,
    a_customer_is_refused_on_a_staff_operation,
    the_staff_may_call_a_staff_operation,
];

async fn a_public_operation_needs_no_token(way: Way) {
    let world = World::open(way).await;

    let answer = world.edge.get("/v1/plants").await;

    assert_eq!(answer.ok(200), json!({ "noted": true }));
}

async fn an_anonymous_caller_is_asked_to_sign_in(way: Way) {
    let world = World::open(way).await;

    for (method, path) in [
        (Method::GET, "/v1/me"),
        (Method::POST, "/v1/plants"),
        (Method::DELETE, "/v1/plants/1"),
    ] {
        let answer = world.edge.send(request(method, path)).await;

        answer.refused(401, "sign-in-required");
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer realm=\"terrace\""
        );
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_customer_may_call_what_needs_a_user(way: Way) {
    let world = World::open(way).await;

    let request = world.as_customer(request(Method::GET, "/v1/me"));
    let answer = world.edge.send(request).await;

    answer.ok(200);
}

async fn a_customer_is_refused_on_a_staff_operation(way: Way) {
    let world = World::open(way).await;

    let request = world.as_customer(request(Method::POST, "/v1/plants"));
    let answer = world.edge.send(request).await;

    answer.refused(403, "staff-only");
    assert_eq!(world.calls.count(), 0);
}

async fn the_staff_may_call_a_staff_operation(way: Way) {
    let world = World::open(way).await;

    let request = world.as_staff(request(Method::POST, "/v1/plants"));
    let answer = world.edge.send(request).await;

    answer.ok(200);
    assert_eq!(world.calls.only().method, Method::POST);
}
