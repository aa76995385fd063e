//! Many who ask at once.

use futures::future::join_all;
use http::StatusCode;
use serde_json::json;

use super::shelf::{Shelf, found, kept};
use crate::world::Way;

both_ways! {
    five_hundred_who_ask_at_once_are_one_call,
    a_client_that_hangs_up_takes_the_answer_from_nobody,
    a_failure_is_told_to_all_who_waited_for_it_and_is_not_kept,
    what_is_not_kept_is_fetched_by_each_for_themselves,
    a_fetch_begun_before_a_change_is_not_joined_after_it_nor_kept,
}

async fn five_hundred_who_ask_at_once_are_one_call(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    shelf.close();

    let asking = join_all((0..500).map(|_| edge.get("/v1/plants")));
    let opening = async {
        shelf.called(1).await;
        // Every one of them has asked by now.
        shelf.open();
    };
    let (answers, ()) = futures::join!(asking, opening);

    assert!(
        answers
            .iter()
            .all(|answer| answer.ok(200) == json!({ "call": 1 }))
    );
    assert_eq!(shelf.calls(), 1);
    let missed = answers.iter().filter(|answer| found(answer) == "miss");
    assert_eq!(missed.count(), 1);
}

async fn a_client_that_hangs_up_takes_the_answer_from_nobody(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    shelf.close();
    let mut first = Box::pin(edge.get("/v1/plants"));
    let called = shelf.called(1);
    futures::future::select(&mut first, Box::pin(called)).await;
    let mut second = Box::pin(edge.get("/v1/plants"));
    assert!(futures::poll!(&mut second).is_pending());

    drop(first);
    shelf.open();

    assert_eq!(second.await.ok(200), json!({ "call": 1 }));
    assert_eq!(edge.get("/v1/plants").await.ok(200), json!({ "call": 1 }));
    assert_eq!(shelf.calls(), 1);
}

async fn a_failure_is_told_to_all_who_waited_for_it_and_is_not_kept(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    shelf.answer(StatusCode::SERVICE_UNAVAILABLE, &[]);
    shelf.close();

    let asking = join_all((0..50).map(|_| edge.get("/v1/plants")));
    let opening = async {
        shelf.called(1).await;
        shelf.open();
    };
    let (answers, ()) = futures::join!(asking, opening);

    for answer in &answers {
        answer.refused(503, "unavailable");
    }
    assert_eq!(shelf.calls(), 1);
    shelf.answer(StatusCode::OK, &[]);
    edge.get("/v1/plants").await.ok(200);
}

async fn what_is_not_kept_is_fetched_by_each_for_themselves(way: Way) {
    let shelf = Shelf::default();
    let edge = shelf.edge(way, kept(json!({ "scope": "public" }))).await;
    shelf.answer(StatusCode::OK, &[("set-cookie", "session=1")]);
    shelf.close();

    let asking = join_all((0..50).map(|_| edge.get("/v1/plants")));
    let opening = async {
        shelf.called(1).await;
        shelf.open();
    };
    let (answers, ()) = futures::join!(asking, opening);

    let mut numbers: Vec<_> = answers
        .iter()
        .map(|it| it.ok(200)["call"].as_u64())
        .collect();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 50, "nobody gets another's");
}

async fn a_fetch_begun_before_a_change_is_not_joined_after_it_nor_kept(way: Way) {
    let shelf = Shelf::default();
    let rules = json!({ "scope": "public", "tags": ["plants"] });
    let edge = shelf.edge(way, kept(rules)).await;
    let forget = edge.gateway.forget();
    shelf.close();
    let mut before = Box::pin(edge.get("/v1/plants"));
    futures::future::select(&mut before, Box::pin(shelf.called(1))).await;

    forget(Some("plants"));
    let mut after = Box::pin(edge.get("/v1/plants"));
    futures::future::select(&mut after, Box::pin(shelf.called(2))).await;
    shelf.open();

    assert_eq!(before.await.ok(200), json!({ "call": 1 }));
    assert_eq!(after.await.ok(200), json!({ "call": 2 }));
    assert_eq!(edge.get("/v1/plants").await.ok(200), json!({ "call": 2 }));
    assert_eq!(shelf.calls(), 2);
}
