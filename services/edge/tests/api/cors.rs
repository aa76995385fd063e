//! Which other origins may call, and read.

use axum::http::{Method, request::Builder};
use testkit::service::Answer;

use crate::world::{Way, World, bearer, request};

/// The site, under both names of this machine.
const SITES: [&str; 2] = ["http://localhost:3000", "http://127.0.0.1:3000"];

/// Origins that are not the site, though some look like it.
const FOREIGN: [&str; 6] = [
    "http://evil.test",
    "http://localhost:30000",
    "http://localhost:3000.evil.test",
    "https://localhost:3000",
    "http://sub.localhost:3000",
    "null",
];

both_ways![
    the_site_may_call_with_credentials,
    a_foreign_origin_may_not_read,
    a_preflight_of_the_site_is_allowed,
    a_preflight_of_a_foreign_origin_is_not,
    the_site_may_read_refusals,
];

async fn the_site_may_call_with_credentials(way: Way) {
    let world = World::open(way).await;

    for site in SITES {
        let answer = world.edge.send(from(site, Method::GET, "/v1/plants")).await;

        assert_allowed(&answer, site);
        let exposed = answer.header("access-control-expose-headers");
        for name in [
            "date",
            "etag",
            "deprecation",
            "sunset",
            "link",
            "location",
            "retry-after",
            "ratelimit",
            "ratelimit-policy",
            "x-request-id",
            "server-timing",
        ] {
            assert!(exposed.contains(name), "{name} in {exposed}");
        }
    }
}

async fn a_foreign_origin_may_not_read(way: Way) {
    let world = World::open(way).await;

    for origin in FOREIGN {
        let answer = world
            .edge
            .send(from(origin, Method::GET, "/v1/plants"))
            .await;

        assert_not_allowed(&answer, origin);
    }
}

async fn a_preflight_of_the_site_is_allowed(way: Way) {
    let world = World::open(way).await;

    for site in SITES {
        let answer = world.edge.send(preflight(site, "/v1/me")).await;

        assert_eq!(answer.status, 204);
        assert_allowed(&answer, site);
        let methods = answer.header("access-control-allow-methods");
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(methods.contains(method), "{method} in {methods}");
        }
        let headers = answer.header("access-control-allow-headers");
        for name in [
            "authorization",
            "content-type",
            "idempotency-key",
            "if-match",
            "traceparent",
            "tracestate",
        ] {
            assert!(headers.contains(name), "{name} in {headers}");
        }
        assert!(!headers.contains("terrace-caller") && !headers.contains('*'));
        assert_eq!(answer.header("access-control-max-age"), "600");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn a_preflight_of_a_foreign_origin_is_not(way: Way) {
    let world = World::open(way).await;

    for origin in FOREIGN {
        let answer = world.edge.send(preflight(origin, "/v1/me")).await;

        assert_not_allowed(&answer, origin);
    }
    assert_eq!(world.calls.count(), 0);
}

async fn the_site_may_read_refusals(way: Way) {
    let world = World::open(way).await;
    let shut = World::with(way, |config| config.in_flight = 0).await;
    let site = SITES[0];

    for path in ["/v1/me", "/nowhere", "/v1//plants"] {
        let answer = world.edge.send(from(site, Method::GET, path)).await;
        assert!(answer.status.is_client_error());
        assert_allowed(&answer, site);
    }
    let bad_token = bearer(from(site, Method::GET, "/v1/me"), "a.b.c");
    assert_allowed(&world.edge.send(bad_token).await, site);
    let answer = shut.edge.send(from(site, Method::GET, "/v1/plants")).await;
    assert_eq!(answer.status, 503);
    assert_allowed(&answer, site);
}

fn from(origin: &str, method: Method, path: &str) -> Builder {
    request(method, path).header("origin", origin)
}

fn preflight(origin: &str, path: &str) -> Builder {
    from(origin, Method::OPTIONS, path)
        .header("access-control-request-method", "PATCH")
        .header(
            "access-control-request-headers",
            "authorization,terrace-caller",
        )
}

#[track_caller]
fn assert_allowed(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), origin);
    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    let vary = answer.headers.get_all("vary").iter();
    let vary: Vec<_> = vary
        .map(|value| value.to_str().unwrap().to_lowercase())
        .collect();
    assert!(vary.join(",").contains("origin"), "{vary:?}");
}

#[track_caller]
fn assert_not_allowed(answer: &Answer, origin: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
}
