//! What may become of an order, and what others hear of it.

use jiff::{SignedDuration, Timestamp};
use orders::{
    Error,
    cart::{Cart, Item, Quote},
    money::Money,
    order::{Order, Status},
    payment::PaymentStatus,
    saga::Reason,
};
use uuid::Uuid;

fn placed() -> Order {
    let item = Item {
        product_id: Uuid::now_v7(),
        quantity: 2.try_into().unwrap(),
    };
    let quote = Quote {
        product_id: item.product_id,
        name: "Trowel".into(),
        category: Some("tools".into()),
        unit_price: Money::cents(1_000).into(),
        stock: 5,
        is_retired: false,
    };
    let cart = Cart::new(&[item], vec![quote]).unwrap();
    let address = serde_json::json!({
        "name": "Rose Gardener", "line1": "1 Orchard Lane", "line2": null, "city": "Portland",
        "region": "OR", "postal_code": "97201", "country": "US",
    });
    let address = serde_json::from_value(address).unwrap();
    let token = "tok_visa".to_owned().try_into().unwrap();
    Order::new(Uuid::now_v7(), cart, address, token)
}

fn confirmed() -> Order {
    placed().confirm().order
}

fn settled() -> Order {
    confirmed().settle().order
}

fn shipped() -> Order {
    settled().ship(None).unwrap().order
}

#[test]
fn a_timeline_never_goes_back_although_the_clock_does() {
    let mut placed = placed();
    let an_hour_ahead = Timestamp::now() + SignedDuration::from_hours(1);
    placed.timeline[0].at = an_hour_ahead;

    let confirmed = placed.confirm();

    assert_eq!(confirmed.entry().unwrap().at, an_hour_ahead);
    assert_eq!(confirmed.entry().unwrap().sequence, 2);
}

#[test]
fn a_purchase_is_confirmed_settled_shipped_and_delivered() {
    let confirmed = placed().confirm();
    assert!(confirmed.is_of_status && confirmed.order.is_answerable());
    assert!(
        confirmed.order.payment.token.is_none(),
        "the card has answered"
    );
    let settled = confirmed.order.settle();
    assert!(!settled.is_of_status && settled.order.is_settled());
    assert_eq!(settled.order.payment.status, PaymentStatus::Captured);

    let delivered = settled.order.ship(None).unwrap().order.deliver().unwrap();

    let statuses = delivered.order.timeline.iter();
    let statuses: Vec<_> = statuses
        .map(|entry| (entry.sequence, entry.status))
        .collect();
    assert_eq!(
        statuses,
        [
            (1, Status::Placed),
            (2, Status::Confirmed),
            (3, Status::Shipped),
            (4, Status::Delivered)
        ]
    );
}

#[test]
fn an_order_may_be_cancelled_until_it_is_shipped() {
    for order in [placed(), confirmed(), settled()] {
        let change = order.cancel().unwrap();
        assert_eq!(change.order.reason, Some(Reason::Shopper));
        assert!(!change.returns_to_cart);
        assert!(matches!(change.order.cancel(), Err(Error::WrongState)));
    }
    assert!(matches!(shipped().cancel(), Err(Error::WrongState)));
    let delivered = shipped().deliver().unwrap().order;
    assert!(matches!(delivered.cancel(), Err(Error::WrongState)));
}

#[test]
fn an_order_may_be_shipped_once_it_is_settled() {
    assert!(matches!(placed().ship(None), Err(Error::WrongState)));
    assert!(matches!(confirmed().ship(None), Err(Error::Settling)));
    assert!(matches!(shipped().ship(None), Err(Error::WrongState)));
    assert!(matches!(settled().deliver(), Err(Error::WrongState)));
}

#[test]
fn a_tracking_code_that_is_known_is_not_forgotten() {
    let [first, second] = ["FIRST", "SECOND"].map(|code| Some(code.to_owned().try_into().unwrap()));
    let known = Order {
        tracking_code: first.clone(),
        ..settled()
    };

    let without = known.clone().ship(None).unwrap().order;
    let with = known.ship(second.clone()).unwrap().order;

    assert_eq!((without.tracking_code, with.tracking_code), (first, second));
}

#[test]
fn a_refusal_returns_the_lines_to_the_cart_and_stays_a_refusal() {
    let mut refused = placed().refuse(Reason::PaymentDeclined);
    assert!(refused.returns_to_cart && !refused.order.is_answerable());
    refused.order.payment.compensated(PaymentStatus::Voided);

    let compensated = refused.order.compensate();

    assert!(compensated.order.is_answerable() && compensated.event().is_none());
    assert_eq!(compensated.order.status, Status::Cancelled);
    assert_eq!(compensated.order.payment.status, PaymentStatus::Declined);
}

#[test]
fn a_change_of_status_is_told_with_what_was_bought() {
    let change = placed().confirm();

    let event = change.event().unwrap();

    assert_eq!(event.topic, "order.confirmed");
    assert_eq!(event.key, change.order.id.to_string());
    let facts: serde_json::Value = event.facts().unwrap();
    assert_eq!(facts["status"], "confirmed");
    assert_eq!(facts["lines"][0]["quantity"], 2);
}
