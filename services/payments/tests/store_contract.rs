//! What every adapter of payments' store guarantees.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use kit::store::StoreUrl;
use payments::{
    Error,
    network::Outcome,
    payment::{Action, Amount, Moved, Payment, State, Token},
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use proptest::{prelude::*, test_runner::TestRunner};
use uuid::Uuid;

testkit::on_every_adapter!(
    a_payment_comes_back_as_it_was_stored,
    an_answer_is_never_replaced,
    an_answer_to_another_payment_is_not_taken_for_this_one,
    of_two_answers_at_once_both_get_the_first,
    of_two_steps_at_once_one_is_taken,
    of_a_first_answer_and_a_void_at_once_the_later_sees_the_earlier,
    a_step_from_a_state_that_has_passed_changes_nothing,
    a_card_is_forgotten_once_its_money_is_taken_or_back,
    a_forbidden_step_is_refused_and_leaves_no_ledger_entry,
    the_ledger_is_read_in_pages,
    a_store_that_is_there_answers,
);

async fn open(url: &StoreUrl) -> Box<dyn Store> {
    match url {
        StoreUrl::Sqlite(path) => Box::new(SqliteStore::open(path).unwrap()),
        StoreUrl::Postgres(url) => Box::new(PostgresStore::open(url).await.unwrap()),
    }
}

fn payment(token: &str, amount: i64) -> Payment {
    let amount = Amount::new(amount, "USD").unwrap();
    Payment::new(Uuid::now_v7(), token.parse().unwrap(), amount)
}

fn again(order_id: Uuid, other: Payment) -> Payment {
    Payment { order_id, ..other }
}

async fn a_card_is_forgotten_once_its_money_is_taken_or_back(store: Box<dyn Store>) {
    for (outcome, action) in [
        (Outcome::Approved, Action::Capture),
        (Outcome::Approved, Action::Void),
        (Outcome::Declined, Action::Void),
    ] {
        let stored = payment("tok_visa", 5).answered(outcome);
        store.answer(&stored).await.unwrap();

        let seen = Some(stored.state);
        let advanced = store.advance(stored.order_id, seen, action).await;

        let found = store.find(stored.order_id).await.unwrap().unwrap();
        for payment in [advanced.unwrap().unwrap(), found] {
            assert_eq!(payment.token, Token::forgotten());
            assert!(
                payment.is_for(&stored.token, &stored.amount),
                "it comes again"
            );
        }
    }
}

async fn a_payment_comes_back_as_it_was_stored(store: Box<dyn Store>) {
    let stored = payment("tok_visa", 1299).answered(Outcome::Approved);
    store.answer(&stored).await.unwrap();

    let found = store.find(stored.order_id).await.unwrap().unwrap();

    assert_eq!((found.state, found.asked), (State::Authorised, 1));
    assert!(found.is_for(&stored.token, &stored.amount));
    assert!(store.find(Uuid::now_v7()).await.unwrap().is_none());
}

async fn an_answer_is_never_replaced(store: Box<dyn Store>) {
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

async fn an_answer_to_another_payment_is_not_taken_for_this_one(store: Box<dyn Store>) {
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

async fn of_two_answers_at_once_both_get_the_first(store: Box<dyn Store>) {
    for _ in 0..20 {
        let intent = payment("tok_visa", 5);
        let approved = intent.clone().answered(Outcome::Approved);
        let declined = intent.clone().answered(Outcome::Declined);

        let both = tokio::join!(store.answer(&approved), store.answer(&declined));

        let found = store.find(intent.order_id).await.unwrap().unwrap();
        assert_eq!(both.0.unwrap().state, found.state);
        assert_eq!(both.1.unwrap().state, found.state);
    }
}

async fn of_two_steps_at_once_one_is_taken(store: Box<dyn Store>) {
    for _ in 0..20 {
        let held = payment("tok_visa", 5).answered(Outcome::Approved);
        let (order, seen) = (held.order_id, Some(State::Authorised));
        store.answer(&held).await.unwrap();

        let (capture, void) = tokio::join!(
            store.advance(order, seen, Action::Capture),
            store.advance(order, seen, Action::Void),
        );

        let taken = [capture.unwrap(), void.unwrap()].into_iter().flatten();
        let taken: Vec<_> = taken.map(|payment| payment.state).collect();
        let found = store.find(order).await.unwrap().unwrap();
        assert_eq!(taken, [found.state]);
    }
}

async fn of_a_first_answer_and_a_void_at_once_the_later_sees_the_earlier(store: Box<dyn Store>) {
    for _ in 0..20 {
        let held = payment("tok_visa", 5).answered(Outcome::Approved);

        let (answer, void) = tokio::join!(
            store.answer(&held),
            store.advance(held.order_id, None, Action::Void),
        );

        let found = store.find(held.order_id).await.unwrap().unwrap();
        assert_eq!(answer.unwrap().state, found.state);
        let voided = void.unwrap().is_some();
        assert_eq!(voided, found.state == State::Voided);
    }
}

async fn a_step_from_a_state_that_has_passed_changes_nothing(store: Box<dyn Store>) {
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

async fn a_forbidden_step_is_refused_and_leaves_no_ledger_entry(store: Box<dyn Store>) {
    let declined = payment("tok_declined", 5).answered(Outcome::Declined);
    store.answer(&declined).await.unwrap();

    let step = store.advance(declined.order_id, Some(State::Declined), Action::Capture);
    let none = store.advance(Uuid::now_v7(), None, Action::Refund);

    assert!(matches!(step.await, Err(Error::WrongState)));
    assert!(matches!(none.await, Err(Error::NotFound)));
    assert_eq!(store.ledger(None, 10).await.unwrap(), []);
}

async fn the_ledger_is_read_in_pages(store: Box<dyn Store>) {
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

/// Whatever comes in whatever order, the ledger says what the state says.
#[test]
fn the_ledger_and_the_state_agree_after_every_step() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sqlite = StoreUrl::Sqlite(folder.path().join("payments.db"));
    let database = runtime.block_on(testkit::postgres::database());
    let stores = [sqlite, database.url()].map(|url| runtime.block_on(open(&url)));
    let steps = prop::collection::vec(step(), 1..12);

    let agrees = async |steps: &[Step]| {
        for store in &stores {
            let intent = payment("tok_visa", 700);
            let order = intent.order_id;
            let before = Uuid::from_u128(order.as_u128() - 1);
            for step in steps {
                match *step {
                    Step::Answer(outcome) => {
                        let answer = intent.clone().answered(outcome);
                        store.answer(&answer).await.unwrap();
                    }
                    Step::Act(action) => {
                        let seen = store.find(order).await.unwrap().map(|it| it.state);
                        let _ = store.advance(order, seen, action).await;
                    }
                }
                let state = store.find(order).await.unwrap().map(|it| it.state);
                let moved = store.ledger(Some(before), 2).await.unwrap();
                let moved: Vec<_> = moved.iter().map(|m| (m.captured, m.refunded)).collect();
                match state {
                    Some(State::Captured) => prop_assert_eq!(moved, [(700, 0)]),
                    Some(State::Refunded) => prop_assert_eq!(moved, [(700, 700)]),
                    _ => prop_assert_eq!(moved, []),
                }
            }
        }
        Ok(())
    };
    let mut runner = TestRunner::new(ProptestConfig::with_cases(64));
    let result = runner.run(&steps, |steps| runtime.block_on(agrees(&steps)));
    result.unwrap();
}

async fn a_store_that_is_there_answers(store: Box<dyn Store>) {
    store.ping().await.unwrap();
}
