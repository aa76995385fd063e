use orders::{
    order::Status,
    payment::PaymentStatus,
    saga::{Outcome, Reason, Saga, Step},
};
use serde::de::DeserializeOwned;
use serde_json::json;
use strum::VariantArray;

/// Running databases hold these names, and dashboards ask for them.
#[test]
fn the_names_of_the_store_and_of_the_metrics_are_these() {
    fn names<T: Copy + Into<&'static str>>(all: &[T]) -> Vec<&'static str> {
        all.iter().map(|one| (*one).into()).collect()
    }
    fn stored<T: DeserializeOwned>(names: &[&str]) -> Vec<T> {
        let stored = names.iter().map(|name| serde_json::from_value(json!(name)));
        stored.collect::<Result<_, _>>().unwrap()
    }

    let sagas = "placed reserved confirmed committed settled cancelling released undone";
    let steps = "reserve authorise commit capture release give_back";
    let statuses = "placed confirmed shipped delivered cancelled";
    let payments = "pending authorised captured declined voided refunded";
    let words = |text: &'static str| text.split(' ').collect::<Vec<_>>();
    assert_eq!(names(Saga::VARIANTS), words(sagas));
    assert_eq!(stored::<Saga>(&words(sagas)), Saga::VARIANTS);
    assert_eq!(names(Step::VARIANTS), words(steps));

    let document = serde_json::to_value(orders::openapi()).unwrap();
    let described = |name: &str| &document["components"]["schemas"][name]["enum"];
    assert_eq!(described("OrderStatus"), &json!(words(statuses)));
    assert_eq!(names(&stored::<Status>(&words(statuses))), words(statuses));
    assert_eq!(described("PaymentStatus"), &json!(words(payments)));
    assert_eq!(
        names(&stored::<PaymentStatus>(&words(payments))),
        words(payments)
    );

    let products = vec![uuid::Uuid::nil()];
    let out_of_stock = json!({ "out-of-stock": products });
    for (reason, name, stored) in [
        (
            Reason::PaymentDeclined,
            "payment-declined",
            json!("payment-declined"),
        ),
        (Reason::OutOfStock(products), "out-of-stock", out_of_stock),
        (Reason::Shopper, "shopper", json!("shopper")),
    ] {
        assert_eq!(<&str>::from(&reason), name);
        assert_eq!(serde_json::to_value(&reason).unwrap(), name);
        assert_eq!(serde_json::from_value::<Reason>(stored).unwrap(), reason);
    }
    for (outcome, name) in [
        (Outcome::Done, "done"),
        (Outcome::OutOfStock(Vec::new()), "out_of_stock"),
        (Outcome::Declined, "declined"),
        (Outcome::Unknown, "unknown"),
    ] {
        assert_eq!(<&str>::from(&outcome), name);
    }
}
