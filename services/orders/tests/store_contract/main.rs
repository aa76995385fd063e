//! What every adapter of orders' store guarantees: the same cases for each of them, by two replicas
//! where it can have two.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

/// Makes the cases of a file tests of every store: with its carts, and with carts that are kept apart.
macro_rules! on_every_store {
    ($($case:ident),* $(,)?) => {
        testkit::on_every_adapter!($($case),*);

        mod carts_apart {
            use super::{$($case),*};
            use $crate::apart::replicas::open;

            testkit::on_every_adapter!($($case),*);
        }
    };
}

mod apart;
mod carts;
mod events;
mod leases;
mod people;
mod purchases;
#[path = "../shared/table.rs"]
mod table;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use kit::store::StoreUrl;
use orders::{
    Error,
    address::Address,
    cart::{Cart, Item, Quote},
    change::Change,
    money::Money,
    order::{Fingerprint, Order, Status},
    payment::{Card, PaymentStatus},
    saga,
    store::{Lease, Placing, Store, postgres::PostgresStore, sqlite::SqliteStore},
    tracking::TrackingCode,
};
use uuid::Uuid;

/// Two replicas on one database; one, twice, where a database belongs to one process.
pub(crate) type Replicas = [Arc<dyn Store>; 2];

pub(crate) async fn open(url: &StoreUrl) -> Replicas {
    match url {
        StoreUrl::Sqlite(path) => {
            let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).unwrap());
            [store.clone(), store]
        }
        StoreUrl::Postgres(url) => {
            let one = PostgresStore::open(url).await.unwrap();
            let other = PostgresStore::open(url).await.unwrap();
            [Arc::new(one), Arc::new(other)]
        }
    }
}

pub(crate) fn item(pieces: i64) -> Item {
    Item {
        product_id: Uuid::now_v7(),
        quantity: pieces.try_into().unwrap(),
    }
}

/// An order of these items, at 10.00 each.
pub(crate) fn order(user_id: Uuid, items: &[Item]) -> Order {
    let quotes = items.iter().map(|item| Quote {
        product_id: item.product_id,
        name: "Trowel".into(),
        category: Some("tools".into()),
        unit_price: Money::cents(1_000).into(),
        stock: 99,
        is_retired: false,
    });
    let cart = Cart::new(items, quotes.collect()).unwrap();
    let address = Address {
        name: "Rose Gardener".into(),
        line1: "1 Orchard Lane".into(),
        line2: None,
        city: "Portland".into(),
        region: "OR".into(),
        postal_code: "97201".into(),
        country: "US".into(),
    };
    let token = "tok_visa".to_owned().try_into().unwrap();
    Order::new(user_id, cart, address, token)
}

/// A new lease that ends in so many seconds.
pub(crate) fn lease(seconds: i64) -> Lease {
    Lease {
        owner: Uuid::now_v7(),
        until: in_s(seconds),
    }
}

pub(crate) fn in_s(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

pub(crate) const FINGERPRINT: Fingerprint = Fingerprint([7; 32]);

pub(crate) async fn place(store: &dyn Store, order: &Order, key: &str, lease: &Lease) -> Placing {
    store.place(order, key, FINGERPRINT, lease).await.unwrap()
}

/// A placed order of one item by a new shopper, under this lease.
pub(crate) async fn placed(store: &dyn Store, lease: &Lease) -> Order {
    let user_id = Uuid::now_v7();
    let item = item(2);
    store.set_item(user_id, item).await.unwrap();
    let order = order(user_id, &[item]);
    let placing = place(store, &order, "key", lease).await;
    assert_eq!(placing, Placing::Placed);
    order
}

pub(crate) fn card() -> Card {
    Card {
        brand: "visa".into(),
        last4: "4242".into(),
    }
}

/// The order, confirmed with this card.
pub(crate) fn confirmed(order: Order, card: Card) -> Change {
    let mut order = order;
    order.payment.note_card(card);
    order.confirm()
}

/// The order, compensated by a release.
pub(crate) fn voided(order: Order) -> Change {
    let mut order = order;
    order.payment.compensated(PaymentStatus::Voided);
    order.compensate()
}

/// Stores a change of an order whose lease this is.
pub(crate) async fn advance(store: &dyn Store, lease: &Lease, change: Change) -> Order {
    store.advance(change, lease).await.unwrap().unwrap()
}

/// An order that is settled.
pub(crate) async fn settled(store: &dyn Store) -> Order {
    let lease = lease(10);
    let order = placed(store, &lease).await;
    let order = advance(store, &lease, confirmed(order, card())).await;
    advance(store, &lease, order.settle()).await
}

pub(crate) async fn ship(
    store: &dyn Store,
    id: Uuid,
    code: Option<TrackingCode>,
) -> Result<Order, Error> {
    let ship = Box::new(|order: Order| order.ship(code));
    store.change(id, None, ship).await
}

pub(crate) async fn deliver(store: &dyn Store, id: Uuid) -> Result<Order, Error> {
    store.change(id, None, Box::new(Order::deliver)).await
}

pub(crate) async fn cancel(
    store: &dyn Store,
    user_id: Uuid,
    id: Uuid,
    lease: &Lease,
) -> Result<Order, Error> {
    let cancel = Box::new(move |order: Order| order.of(user_id)?.cancel());
    store.change(id, Some(*lease), cancel).await
}

pub(crate) fn code() -> TrackingCode {
    "1Z-999-AA1".to_owned().try_into().unwrap()
}

pub(crate) fn statuses(order: &Order) -> Vec<(i64, Status)> {
    let entries = order.timeline.iter();
    entries
        .map(|entry| (entry.sequence, entry.status))
        .collect()
}
