//! How long an answer is good, by a clock that the test sets.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::advance;
use uuid::Uuid;

use super::shelf::{Shelf, found, kept};
use crate::{
    tokens::Issuer,
    world::{Edge, Keys, Way, bearer, request},
};

async fn public(shelf: &Shelf, rules: Value) -> Edge {
    let mut all = json!({ "scope": "public" });
    let told = rules.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(told);
    shelf.edge(Way::InProcess, kept(all)).await
}

/// The number of the call that is answered, and how it was found.
async fn ask(edge: &Edge) -> (u64, String) {
    let answer = edge.get("/v1/plants").await;
    (answer.ok(200)["call"].as_u64().unwrap(), found(&answer))
}

fn is(call: u64, found: &str) -> (u64, String) {
    (call, found.to_owned())
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_as_good_as_the_document_and_itself_let_it_be() {
    for (headers, seconds) in [
        (&[][..], 10),
        (&[("cache-control", "max-age=3600")], 10),
        (&[("cache-control", "max-age=4")], 4),
        (&[("cache-control", "max-age=3600, s-maxage=\"3\"")], 3),
        (&[("cache-control", "max-age=8"), ("age", "5")], 3),
        (&[("cache-control", "max-age=8"), ("expires", "0")], 8),
    ] {
        let shelf = Shelf::default();
        shelf.answer(StatusCode::OK, headers);
        let edge = public(&shelf, json!({})).await;
        assert_eq!(ask(&edge).await, is(1, "miss"));

        advance(Duration::from_secs(seconds) - Duration::from_millis(1)).await;
        assert_eq!(ask(&edge).await, is(1, "hit"), "{headers:?}");
        advance(Duration::from_millis(1)).await;
        assert_eq!(ask(&edge).await, is(2, "miss"), "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_age_of_an_answer_is_told_with_what_it_had_on_arrival() {
    let shelf = Shelf::default();
    shelf.answer(StatusCode::OK, &[("age", "2")]);
    let edge = public(&shelf, json!({})).await;
    edge.get("/v1/plants").await.ok(200);

    advance(Duration::from_secs(5)).await;

    assert_eq!(edge.get("/v1/plants").await.header("age"), "7");
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_is_given_while_another_is_fetched_once() {
    let shelf = Shelf::default();
    let edge = public(&shelf, json!({ "stale_while_revalidate_s": 5 })).await;
    assert_eq!(ask(&edge).await, is(1, "miss"));
    advance(Duration::from_secs(12)).await;
    shelf.close();

    for _ in 0..3 {
        assert_eq!(ask(&edge).await, is(1, "stale"));
    }
    shelf.called(2).await;
    shelf.open();
    while ask(&edge).await != is(2, "hit") {
        tokio::task::yield_now().await;
    }

    assert_eq!(shelf.calls(), 2);
    advance(Duration::from_secs(15)).await;
    assert_eq!(ask(&edge).await, is(3, "miss"));
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_is_given_in_place_of_a_failure() {
    let shelf = Shelf::default();
    let edge = public(&shelf, json!({ "stale_if_error_s": 60 })).await;
    assert_eq!(ask(&edge).await, is(1, "miss"));
    shelf.answer(StatusCode::SERVICE_UNAVAILABLE, &[]);

    advance(Duration::from_secs(69)).await;
    assert_eq!(ask(&edge).await, is(1, "stale"));
    advance(Duration::from_secs(1)).await;
    let failed = edge.get("/v1/plants").await;
    failed.refused(503, "unavailable");
    assert_eq!(shelf.calls(), 3, "each time the service was asked first");

    shelf.answer(StatusCode::OK, &[]);
    assert_eq!(ask(&edge).await, is(4, "miss"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_must_be_fresh_is_never_given_stale() {
    let shelf = Shelf::default();
    let rules = json!({ "stale_while_revalidate_s": 60, "stale_if_error_s": 60 });
    let edge = public(&shelf, rules).await;
    shelf.answer(
        StatusCode::OK,
        &[("cache-control", "max-age=5, must-revalidate")],
    );
    assert_eq!(ask(&edge).await, is(1, "miss"));
    advance(Duration::from_secs(5)).await;

    assert_eq!(ask(&edge).await, is(2, "miss"));
    advance(Duration::from_secs(5)).await;
    shelf.answer(StatusCode::SERVICE_UNAVAILABLE, &[]);
    edge.get("/v1/plants").await.refused(503, "unavailable");
}

#[tokio::test(start_paused = true)]
async fn what_has_changed_is_not_given_in_place_of_a_failure() {
    let shelf = Shelf::default();
    let rules = json!({ "tags": ["plants"], "stale_if_error_s": 60 });
    let edge = public(&shelf, rules).await;
    let forget = edge.gateway.forget();
    assert_eq!(ask(&edge).await, is(1, "miss"));
    shelf.answer(StatusCode::SERVICE_UNAVAILABLE, &[]);

    forget(Some("plants"));

    edge.get("/v1/plants").await.refused(503, "unavailable");
}

#[tokio::test]
async fn only_who_a_policy_allows_may_have_an_answer_fetched_anew() {
    let (shelf, keys, issuer) = (Shelf::default(), Keys::default(), Issuer::new("first"));
    keys.publish(&[&issuer]);
    let edge = shelf.edge_with(Way::InProcess, &keys, kept(json!({ "scope": "public" })));
    let edge = edge.await;
    let anew = |control: &str| request(Method::GET, "/v1/plants").header("cache-control", control);
    let customer = issuer.customer(Uuid::now_v7());
    let staff = issuer.staff(Uuid::now_v7());
    assert_eq!(ask(&edge).await, is(1, "miss"));

    for control in ["no-cache", "max-age=0"] {
        assert_eq!(found(&edge.send(anew(control)).await), "hit");
        let shoppers = edge.send(bearer(anew(control), &customer)).await;
        assert_eq!(found(&shoppers), "hit");
    }
    assert_eq!(shelf.calls(), 1);
    for (call, control) in [(2, "max-age=0"), (3, "No-Cache")] {
        let staffs = edge.send(bearer(anew(control), &staff)).await;
        assert_eq!(found(&staffs), "refreshed");
        assert_eq!(ask(&edge).await, is(call, "hit"), "others get it too");
    }
    let patient = edge.send(bearer(anew("max-age=60"), &staff)).await;
    assert_eq!(found(&patient), "hit");
}
