use orders::{
    order::Status,
    payment::PaymentStatus,
    saga::{Outcome, Reason, Saga, Step},
};
use strum::VariantArray;

/// Running databases hold these names, and dashboards ask for them.
#[test]
fn the_names_of_the_store_and_of_the_metrics_are_these() {
    fn names<T: Copy + Into<&'static str>>(all: &[T]) -> Vec<&'static str> {
        all.iter().map(|one| (*one).into()).collect()
    }

    let sagas = "placed reserved confirmed committed settled cancelling released undone";
    let steps = "reserve authorise commit capture release give_back";
    let statuses = "placed confirmed shipped delivered cancelled";
    let payments = "pending authorised captured declined voided refunded";
    let words = |text: &'static str| text.split(' ').collect::<Vec<_>>();
    assert_eq!(names(Saga::VARIANTS), words(sagas));
    assert_eq!(names(Step::VARIANTS), words(steps));
    assert_eq!(names(Status::VARIANTS), words(statuses));
    assert_eq!(names(PaymentStatus::VARIANTS), words(payments));
    for (saga, name) in Saga::VARIANTS.iter().zip(words(sagas)) {
        assert_eq!(name.parse(), Ok(*saga));
    }
    for (status, name) in Status::VARIANTS.iter().zip(words(statuses)) {
        assert_eq!(serde_json::to_value(status).unwrap(), name);
        assert_eq!(name.parse(), Ok(*status));
    }
    for (status, name) in PaymentStatus::VARIANTS.iter().zip(words(payments)) {
        assert_eq!(serde_json::to_value(status).unwrap(), name);
        assert_eq!(name.parse(), Ok(*status));
    }
    for (reason, name) in [
        (Reason::PaymentDeclined, "payment-declined"),
        (Reason::OutOfStock(Vec::new()), "out-of-stock"),
        (Reason::Shopper, "shopper"),
    ] {
        assert_eq!(reason.name(), name);
        assert_eq!(name.parse(), Ok(reason));
    }
    for (outcome, name) in [
        (Outcome::Done, "done"),
        (Outcome::OutOfStock(Vec::new()), "out_of_stock"),
        (Outcome::Declined, "declined"),
        (Outcome::Unknown, "unknown"),
    ] {
        assert_eq!(outcome.name(), name);
    }
}
