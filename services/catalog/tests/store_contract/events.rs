//! Events of other services: each counts once.

use std::sync::Arc;

use catalog::store::Store;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::{at_once, line, open, seed};

testkit::on_every_adapter!(
    an_event_is_counted_once,
    an_event_that_is_told_to_many_at_once_is_counted_once,
    an_event_older_than_a_consumer_remembers_is_not_counted,
);

async fn an_event_is_counted_once(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [5]).await;
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let popularity = async || store.find("basil").await.unwrap().unwrap().popularity;
    let before = popularity().await;

    store
        .count_sold(vec![(first, line(basil, 3)), (first, line(basil, 3))])
        .await
        .unwrap();
    store
        .count_sold(vec![(second, line(basil, 2)), (first, line(basil, 3))])
        .await
        .unwrap();

    assert_eq!(popularity().await, before + 5);
}

async fn an_event_that_is_told_to_many_at_once_is_counted_once(store: Arc<dyn Store>) {
    let [basil, fern] = seed(&store, [5, 5]).await;
    let events: Vec<Uuid> = (0..20).map(|_| Uuid::now_v7()).collect();
    let before = store.find("basil").await.unwrap().unwrap().popularity;

    let counted = at_once(4, |n| {
        let store = store.clone();
        let mut sold: Vec<_> = events
            .iter()
            .map(|event| (*event, [line(basil, 1), line(fern, 1)].concat()))
            .collect();
        if n % 2 == 0 {
            sold.reverse();
        }
        async move { store.count_sold(sold).await }
    });
    let counted = counted.await;

    assert!(counted.iter().all(Result::is_ok), "{counted:?}");
    for slug in ["basil", "fern"] {
        let popularity = store.find(slug).await.unwrap().unwrap().popularity;
        assert_eq!(popularity, before + 20);
    }
}

async fn an_event_older_than_a_consumer_remembers_is_not_counted(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [5]).await;
    let days_ago = |days: i64| {
        let at = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let ms = at.as_millisecond().try_into().unwrap();
        uuid::Builder::from_unix_timestamp_millis(ms, &[1; 10]).into_uuid()
    };
    let before = store.find("basil").await.unwrap().unwrap().popularity;

    for (event, pieces) in [(days_ago(31), 100), (days_ago(29), 1)] {
        store
            .count_sold(vec![(event, line(basil, pieces))])
            .await
            .unwrap();
    }

    let after = store.find("basil").await.unwrap().unwrap().popularity;
    assert_eq!(after, before + 1);
}
