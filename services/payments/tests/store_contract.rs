//! What every adapter of payments' store guarantees.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use payments::{
    Error,
    network::Outcome,
    payment::{Action, Amount, Moved, Payment, State},
    store::{Store, sqlite::SqliteStore},
};
use proptest::prelude::*;
use uuid::Uuid;

/// The adapters, each with an empty store; what is dropped last is where its data is.
fn adapters() -> Vec<(Box<dyn Store>, tempfile::TempDir)> {
    let dir = tempfile::tempdir().unwrap();
    let sqlite = SqliteStore::open(&dir.path().join("payments.db")).unwrap();
    vec![(Box::new(sqlite), dir)]
}

fn payment(token: &str, amount: i64) -> Payment {
    let amount = Amount::new(amount, "USD").unwrap();
    Payment::new(Uuid::now_v7(), token.parse().unwrap(), amount)
}

fn again(order_id: Uuid, other: Payment) -> Payment {
    Payment { order_id, ..other }
}

#[tokio::test]
async fn a_payment_comes_back_as_it_was_stored() {
    for (store, _dir) in adapters() {
        let stored = payment("tok_visa", 1299).answered(Outcome::Approved);
        store.answer(&stored).await.unwrap();

        let found = store.find(stored.order_id).await.unwrap().unwrap();

        assert_eq!((found.state, found.asked), (State::Authorised, 1));
        assert!(found.is_for(&stored.token, &stored.amount));
        assert!(store.find(Uuid::now_v7()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn an_answer_is_never_replaced() {
    for (store, _dir) in adapters() {
        let first = payment("tok_visa", 5);
        for outcome in [Outcome::Unknown, Outcome::Declined] {
            store
                .answer(&first.clone().answered(outcome))
                .await
                .unwrap();
        }

        let late = store
            .answer(&first.clone().answered(Outcome::Approved))
            .await;

        assert_eq!(late.unwrap().state, State::Declined);
        let found = store.find(first.order_id).await.unwrap().unwrap();
        assert_eq!(found.state, State::Declined);
    }
}

#[tokio::test]
async fn an_answer_to_another_payment_is_not_taken_for_this_one() {
    for (store, _dir) in adapters() {
        let first = payment("tok_unknown", 5);
        store.answer(&first).await.unwrap();

        let other = again(first.order_id, payment("tok_visa", 900));
        let stored = store
            .answer(&other.answered(Outcome::Approved))
            .await
            .unwrap();

        assert_eq!(stored.state, State::Unknown);
        assert!(stored.is_for(&first.token, &first.amount));
    }
}

#[tokio::test]
async fn a_step_from_a_state_that_has_passed_changes_nothing() {
    for (store, _dir) in adapters() {
        let held = payment("tok_visa", 5).answered(Outcome::Approved);
        let order = held.order_id;
        store.answer(&held).await.unwrap();
        let capture = (Some(State::Authorised), Action::Capture);
        store
            .advance(order, capture.0, capture.1)
            .await
            .unwrap()
            .unwrap();

        let late = store
            .advance(order, Some(State::Authorised), Action::Void)
            .await;
        let never = store.advance(order, None, Action::Void).await;

        assert!(late.unwrap().is_none() && never.unwrap().is_none());
        let found = store.find(order).await.unwrap().unwrap();
        assert_eq!(found.state, State::Captured);
    }
}

#[tokio::test]
async fn a_forbidden_step_is_refused_and_leaves_no_ledger_entry() {
    for (store, _dir) in adapters() {
        let declined = payment("tok_declined", 5).answered(Outcome::Declined);
        store.answer(&declined).await.unwrap();

        let step = store.advance(declined.order_id, Some(State::Declined), Action::Capture);
        let none = store.advance(Uuid::now_v7(), None, Action::Refund);

        assert!(matches!(step.await, Err(Error::WrongState)));
        assert!(matches!(none.await, Err(Error::NotFound)));
        assert_eq!(store.ledger(None, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn the_ledger_is_read_in_pages() {
    for (store, _dir) in adapters() {
        let mut taken = Vec::new();
        for n in 1..=5 {
            let held = payment("tok_visa", n).answered(Outcome::Approved);
            store.answer(&held).await.unwrap();
            let (order, held) = (held.order_id, Some(State::Authorised));
            store.advance(order, held, Action::Capture).await.unwrap();
            taken.push(Moved {
                order_id: order,
                currency: "USD".to_owned(),
                captured: n,
                refunded: 0,
            });
        }

        let first = store.ledger(None, 3).await.unwrap();
        let rest = store.ledger(Some(first[2].order_id), 3).await.unwrap();

        assert_eq!([first, rest].concat(), taken);
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Answer(Outcome),
    Act(Action),
}

fn step() -> impl Strategy<Value = Step> {
    prop::sample::select(vec![
        Step::Answer(Outcome::Approved),
        Step::Answer(Outcome::Declined),
        Step::Answer(Outcome::Unknown),
        Step::Act(Action::Capture),
        Step::Act(Action::Void),
        Step::Act(Action::Refund),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes in whatever order, the ledger says what the state says.
    #[test]
    fn the_ledger_and_the_state_agree_after_every_step(
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (store, _dir) in adapters() {
            let intent = payment("tok_visa", 700);
            let order = intent.order_id;
            for step in &steps {
                runtime.block_on(async {
                    match *step {
                        Step::Answer(outcome) => {
                            store.answer(&intent.clone().answered(outcome)).await.unwrap();
                        }
                        Step::Act(action) => {
                            let seen = store.find(order).await.unwrap().map(|it| it.state);
                            let _ = store.advance(order, seen, action).await;
                        }
                    }
                });
                let state = runtime.block_on(store.find(order)).unwrap().map(|it| it.state);
                let moved = runtime.block_on(store.ledger(None, 2)).unwrap();
                let moved: Vec<_> = moved.iter().map(|m| (m.captured, m.refunded)).collect();
                match state {
                    Some(State::Captured) => prop_assert_eq!(moved, [(700, 0)]),
                    Some(State::Refunded) => prop_assert_eq!(moved, [(700, 700)]),
                    _ => prop_assert_eq!(moved, []),
                }
            }
        }
    }
}
