//! Whatever happens to an order's saga, money is taken for sold stock alone, and all of it ends.

use orders::saga::{Next, Outcome, Saga, Step};
use proptest::prelude::*;
use strum::VariantArray;

/// Whether an order may rest here; the others are passed within one drive.
fn is_stored(saga: Saga) -> bool {
    match saga {
        Saga::Placed | Saga::Confirmed | Saga::Settled | Saga::Cancelling | Saga::Compensated => {
            true
        }
        Saga::Reserved | Saga::Committed | Saga::Released => false,
    }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Done),
        1 => Just(Outcome::OutOfStock(Vec::new())),
        1 => Just(Outcome::Declined),
        2 => Just(Outcome::Unknown),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_money_is_taken_only_for_sold_stock_and_undone_orders_gave_all_back(
        outcomes in prop::collection::vec(outcome(), 0..40),
    ) {
        let mut saga = Saga::Placed;
        let mut done = Vec::new();
        for outcome in outcomes {
            let Some(step) = saga.step() else { break };
            if outcome == Outcome::Done {
                done.push(step);
            }
            match saga.after(outcome) {
                Next::To(next) => saga = next,
                Next::Cancel(_) => saga = Saga::Cancelling,
                Next::Later => {}
            }
        }
        if done.contains(&Step::Capture) {
            prop_assert_eq!(
                &done,
                &[Step::Reserve, Step::Authorise, Step::Commit, Step::Capture]
            );
            prop_assert_eq!(saga, Saga::Settled);
        }
        if saga == Saga::Compensated {
            prop_assert!(done.ends_with(&[Step::Release, Step::VoidOrRefund]));
        }
    }

    #[test]
    fn a_saga_that_dies_after_every_step_still_ends_once_the_steps_succeed(
        deaths in prop::collection::vec(any::<bool>(), 0..20),
        refused in any::<bool>(),
    ) {
        let (mut saga, mut stored) = (Saga::Placed, Saga::Placed);
        let mut deaths = deaths.into_iter();
        for _ in 0..100 {
            let Some(step) = saga.step() else { break };
            let outcome = if refused && step == Step::Authorise { Outcome::Declined } else { Outcome::Done };
            match saga.after(outcome) {
                Next::To(next) => saga = next,
                Next::Cancel(_) => saga = Saga::Cancelling,
                Next::Later => unreachable!(),
            }
            if is_stored(saga) {
                stored = saga;
            }
            if deaths.next().unwrap_or(false) {
                saga = stored;
            }
        }
        prop_assert_eq!(saga, if refused { Saga::Compensated } else { Saga::Settled });
    }
}

#[test]
fn an_order_that_is_at_the_end_rests_there() {
    for saga in Saga::VARIANTS {
        assert!(saga.step().is_some() || is_stored(*saga));
    }
}
