//! Clocks that step, and clocks that differ: the edge's, its services', the issuer's.

use axum::{Router, http::Method, middleware};
use edge::Config;
use jiff::SignedDuration;
use kit::{
    clock::Clock,
    identity::{MAX_CLOCK_DIFFERENCE_S, Trust, require_trust},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    tokens::{Issuer, claims_with, now},
    world::{Edge, Fake, Keys, Way, bearer, edge_by, invoke_key, request},
};

both_ways![
    a_clock_that_steps_on_the_whole_machine_refuses_nobody,
    a_service_whose_clock_differs_too_much_is_unavailable,
    an_access_token_lives_by_the_wall_clock,
];

/// An edge by one clock, before a service that trusts by another.
struct Clocks {
    edge: Edge,
    keys: Keys,
    issuer: Issuer,
    of_edge: Clock,
    of_service: Clock,
}

impl Clocks {
    async fn new(way: Way, of_edge: Clock, of_service: Clock) -> Self {
        let (keys, issuer) = (Keys::default(), Issuer::new("first"));
        keys.publish(&[&issuer]);
        let config = Config::default();
        let fakes = vec![keys.users(), garden(of_service.clone())];
        Self {
            edge: edge_by(of_edge.clone(), way, config, fakes).await,
            keys,
            issuer,
            of_edge,
            of_service,
        }
    }

    async fn same(way: Way) -> Self {
        let clock = Clock::adjustable();
        Self::new(way, clock.clone(), clock).await
    }

    async fn different(way: Way) -> Self {
        Self::new(way, Clock::adjustable(), Clock::adjustable()).await
    }

    /// A customer's profile, with a token that ends in so many seconds by the system's clock.
    async fn profile(&self, ends_in_s: i64) -> testkit::service::Answer {
        let id = Uuid::now_v7();
        let token = claims_with(json!({ "sub": id, "exp": now() + ends_in_s }));
        let token = self.issuer.sign(&token);
        let request = bearer(request(Method::GET, "/v1/me"), &token);
        self.edge.send(request).await
    }
}

/// A service that answers whom it trusts.
fn garden(clock: Clock) -> Fake {
    let trust = Trust::new("garden", [&invoke_key("garden")]).unwrap();
    let router = Router::new()
        .fallback(async || axum::Json(json!({})))
        .layer(middleware::from_fn_with_state(
            trust.with_clock(clock),
            require_trust,
        ));
    let paths = json!({
        "/v1/plants": { "get": { "operationId": "list_plants" } },
        "/v1/me": { "get": { "operationId": "read_profile", "security": [{ "bearer": [] }] } },
    });
    ("garden", paths, router)
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

async fn a_clock_that_steps_on_the_whole_machine_refuses_nobody(way: Way) {
    for step in [hours(1), hours(-1), SignedDuration::from_secs(70)] {
        let clocks = Clocks::same(way).await;
        clocks.edge.get("/v1/plants").await.ok(200);
        clocks.profile(900).await.ok(200);

        clocks.of_edge.step(step);

        clocks.edge.get("/v1/plants").await.ok(200);
        // As the issuer of the same machine signs it now.
        clocks.profile(900 + step.as_secs()).await.ok(200);
        assert_eq!(clocks.keys.fetches(), 1, "the keys are not asked for again");
    }
}

async fn a_service_whose_clock_differs_too_much_is_unavailable(way: Way) {
    for (differ, served) in [
        (SignedDuration::from_secs(MAX_CLOCK_DIFFERENCE_S - 2), true),
        (SignedDuration::from_secs(2 - MAX_CLOCK_DIFFERENCE_S), true),
        (hours(1), false),
        (hours(-1), false),
    ] {
        let clocks = Clocks::different(way).await;
        clocks.of_service.step(differ);

        let answer = clocks.edge.get("/v1/plants").await;

        match served {
            true => drop(answer.ok(200)),
            false => {
                answer.refused(503, "unavailable");
                assert_eq!(answer.header("www-authenticate"), "", "{differ}");
                assert!(!answer.header("retry-after").is_empty());
            }
        }
    }
}

async fn an_access_token_lives_by_the_wall_clock(way: Way) {
    let clocks = Clocks::same(way).await;
    let token = clocks.issuer.customer(Uuid::now_v7());
    let get = async || {
        let request = bearer(request(Method::GET, "/v1/me"), &token);
        clocks.edge.send(request).await
    };
    get().await.ok(200);

    clocks.of_edge.step(hours(1));
    get().await.refused(401, "invalid-token");

    clocks.of_edge.step(hours(-2));
    get().await.ok(200);
}
