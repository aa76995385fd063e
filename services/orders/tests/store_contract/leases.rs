//! Who drives an order, and until when.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use orders::{order::Status, saga::Reason, store::Lease};
use sqlx::{Connection, PgConnection};
use std::collections::HashSet;
use testkit::postgres::database;
use uuid::Uuid;

use crate::{
    Replicas, advance, cancel, card, confirmed, in_s, lease, open, placed, statuses, voided,
};

on_every_store!(
    two_claimers_never_have_one_order,
    an_order_is_due_when_its_lease_or_its_pause_is_over,
    a_clock_that_is_set_back_lets_no_order_rest,
    who_lost_the_lease_changes_nothing,
    a_cancellation_and_a_driver_at_once_leave_a_cancelled_order,
);

async fn two_claimers_never_have_one_order(replicas: Replicas) {
    let mut orders = HashSet::new();
    for _ in 0..60 {
        orders.insert(placed(&*replicas[0], &lease(-1)).await.id);
    }

    let claimers = (0..4).map(|n| {
        let store = replicas[n % 2].clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let due = store
                    .claim_due(Timestamp::now(), &lease(60), 7)
                    .await
                    .unwrap();
                // A claimer may find that others hold all that is left.
                if due.is_empty() {
                    return mine;
                }
                assert!(due.len() <= 7);
                mine.extend(due.into_iter().map(|order| order.id));
            }
        })
    });
    let claimed = join_all(claimers.collect::<Vec<_>>()).await;

    let claimed: Vec<Uuid> = claimed.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(claimed.len(), 60);
    assert_eq!(claimed.into_iter().collect::<HashSet<_>>(), orders);
}

async fn an_order_is_due_when_its_lease_or_its_pause_is_over([store, other]: Replicas) {
    let first = lease(10);
    let order = placed(&*store, &first).await;
    let due = async |seconds| {
        let due = other.claim_due(in_s(seconds), &lease(60), 9).await.unwrap();
        due.into_iter()
            .map(|order| (order.id, order.attempts))
            .collect::<Vec<_>>()
    };

    assert_eq!(due(0).await, []);
    store
        .put_off(order.id, first.owner, in_s(20))
        .await
        .unwrap();
    assert_eq!(due(15).await, []);
    assert_eq!(due(21).await, [(order.id, 1)]);
    assert_eq!(due(21).await, [], "somebody else drives it");
    assert_eq!(due(61).await, [(order.id, 1)]);
}

async fn a_clock_that_is_set_back_lets_no_order_rest([store, other]: Replicas) {
    let (driven, pausing) = (lease(10), lease(10));
    let first = placed(&*store, &driven).await;
    let second = placed(&*store, &pausing).await;
    let longest = in_s(60);
    store
        .put_off(second.id, pausing.owner, longest)
        .await
        .unwrap();
    let an_hour_ago = in_s(-3_600);

    let due = other.claim_due(in_s(0), &lease(10), 9).await.unwrap();
    assert!(due.is_empty(), "{due:?}");
    let now = Lease {
        owner: Uuid::now_v7(),
        until: an_hour_ago + SignedDuration::from_secs(10),
    };
    let due = other.claim_due(an_hour_ago, &now, 9).await.unwrap();

    let due: HashSet<Uuid> = due.into_iter().map(|order| order.id).collect();
    assert_eq!(due, HashSet::from([first.id, second.id]));
    let due = other.claim_due(an_hour_ago, &now, 9).await.unwrap();
    assert!(due.is_empty(), "they are driven: {due:?}");
    // Whoever drove one before the step can change nothing any more.
    let late = store.advance(first.confirm(), &driven).await;
    assert!(late.unwrap().is_none());
}

async fn who_lost_the_lease_changes_nothing([store, other]: Replicas) {
    let first = lease(-1);
    let order = placed(&*store, &first).await;
    let second = lease(10);
    let due = other.claim_due(Timestamp::now(), &second, 9).await.unwrap();
    assert_eq!(due[0].id, order.id);

    let late = lease(10);
    let late = Lease {
        owner: first.owner,
        ..late
    };
    let advanced = store.advance(order.clone().confirm(), &late).await;
    let put_off = store.put_off(order.id, first.owner, in_s(0)).await;

    assert!(advanced.unwrap().is_none());
    assert!(!put_off.unwrap());
    let found = store.find(order.id).await.unwrap().unwrap();
    assert_eq!((found.status, found.attempts), (Status::Placed, 0));
    assert_eq!(statuses(&found), [(1, Status::Placed)]);
    let advanced = advance(&*other, &second, order.confirm()).await;
    assert_eq!(advanced.status, Status::Confirmed);
}

async fn a_cancellation_and_a_driver_at_once_leave_a_cancelled_order(replicas: Replicas) {
    for _ in 0..20 {
        let first = lease(10);
        let order = placed(&*replicas[0], &first).await;
        let (id, user_id) = (order.id, order.user_id);

        let [one, other] = replicas.clone();
        let confirmed = confirmed(order.clone(), card());
        let driving = tokio::spawn(async move { one.advance(confirmed, &first).await.unwrap() });
        let second = lease(10);
        let cancelling = tokio::spawn(async move { cancel(&*other, user_id, id, &second).await });
        let (driven, cancelled) = (driving.await.unwrap(), cancelling.await.unwrap().unwrap());

        let found = replicas[0].find(id).await.unwrap().unwrap();
        let expected = match driven {
            Some(_) => vec![Status::Placed, Status::Confirmed, Status::Cancelled],
            None => vec![Status::Placed, Status::Cancelled],
        };
        let expected: Vec<_> = (1..).zip(expected).collect();
        assert_eq!(statuses(&cancelled), expected);
        assert_eq!(statuses(&found), expected);
        assert_eq!(
            (found.status, found.reason),
            (Status::Cancelled, Some(Reason::Shopper))
        );
        let late = replicas[0].advance(order.confirm().order.settle(), &first);
        assert!(
            late.await.unwrap().is_none(),
            "the cancellation took the lease"
        );
        let undone = replicas[1].advance(voided(cancelled), &second);
        assert!(undone.await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_replica_that_starts_leaves_the_leases_of_the_others() {
    let database = database().await;
    let [running, _] = open(&database.url()).await;
    placed(&*running, &lease(10)).await;

    let [started, _] = open(&database.url()).await;

    let due = started
        .claim_due(Timestamp::now(), &lease(10), 9)
        .await
        .unwrap();
    assert!(due.is_empty());
}

#[tokio::test]
async fn a_claimer_passes_over_what_another_is_claiming() {
    let database = database().await;
    let [store, _] = open(&database.url()).await;
    for _ in 0..3 {
        placed(&*store, &lease(-1)).await;
    }
    let mut other = PgConnection::connect(&database.url_text()).await.unwrap();
    let claim = async |limit| {
        let due = store.claim_due(Timestamp::now(), &lease(60), limit).await;
        due.unwrap().len()
    };

    let mut claiming = other.begin().await.unwrap();
    let due = "select id from purchase order by lease_until limit 2 for update";
    sqlx::query(due).fetch_all(&mut *claiming).await.unwrap();
    let first = claim(9).await;
    claiming.rollback().await.unwrap();
    let second = claim(9).await;

    assert_eq!((first, second), (1, 2));
}
