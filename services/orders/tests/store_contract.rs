//! What every adapter of orders' store guarantees: the same cases for each of them, by two replicas
//! where it can have two.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kit::{
    events::{Consumer, Event, Fault},
    store::StoreUrl,
};
use orders::{
    Error,
    address::Address,
    cart::{Cart, Item, MAX_ITEMS, Quote, same_basket},
    change::Change,
    money::Money,
    order::{Fingerprint, Order, Status},
    payment::{Card, PaymentStatus},
    saga::{Reason, Saga},
    store::{Lease, Placing, Store, postgres::PostgresStore, sqlite::SqliteStore},
    tracking::TrackingCode,
};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use testkit::postgres::database;
use uuid::Uuid;

/// Two replicas on one database; one, twice, where a database belongs to one process.
type Replicas = [Arc<dyn Store>; 2];

testkit::on_every_adapter!(
    a_cart_keeps_the_order_of_adding_and_the_last_quantity,
    a_cart_holds_a_hundred_products_however_many_come_at_once,
    an_order_comes_back_as_it_was_placed,
    of_those_who_place_with_one_key_one_places_and_the_others_find_its_order,
    of_two_orders_of_one_cart_one_is_placed,
    a_cart_that_changed_is_not_ordered,
    what_is_added_while_an_order_is_placed_stays_in_the_cart,
    a_number_is_given_once,
    lists_go_from_new_to_old_page_by_page,
    two_claimers_never_have_one_order,
    an_order_is_due_when_its_lease_or_its_pause_is_over,
    who_lost_the_lease_changes_nothing,
    a_purchase_leaves_a_timeline_and_its_events,
    a_refused_order_returns_its_lines_to_the_cart,
    a_refused_order_returns_no_more_than_the_cart_has_room_for,
    a_cancellation_and_a_driver_at_once_leave_a_cancelled_order,
    an_order_is_cancelled_by_its_owner_until_it_is_shipped,
    a_status_changes_once_and_from_the_one_before_alone,
    a_tracking_code_that_is_known_stays_when_none_comes,
    two_relays_at_once_deliver_all_and_keep_the_order_of_each_key,
    what_a_consumer_refuses_stays_in_the_outbox,
    a_store_that_is_there_answers,
);

async fn open(url: &StoreUrl) -> Replicas {
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

fn item(pieces: i64) -> Item {
    Item {
        product_id: Uuid::now_v7(),
        quantity: pieces.try_into().unwrap(),
    }
}

/// An order of these items, at 10.00 each.
fn order(user_id: Uuid, items: &[Item]) -> Order {
    let quotes = items.iter().map(|item| Quote {
        product_id: item.product_id,
        name: "Trowel".into(),
        unit_price: Money::cents(1_000).into(),
        stock: 99,
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
fn lease(seconds: i64) -> Lease {
    Lease {
        owner: Uuid::now_v7(),
        until: in_s(seconds),
    }
}

fn in_s(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

const FINGERPRINT: Fingerprint = Fingerprint([7; 32]);

async fn place(store: &dyn Store, order: &Order, key: &str, lease: &Lease) -> Placing {
    store.place(order, key, FINGERPRINT, lease).await.unwrap()
}

/// A placed order of one item by a new shopper, under this lease.
async fn placed(store: &dyn Store, lease: &Lease) -> Order {
    let user_id = Uuid::now_v7();
    let item = item(2);
    store.set_item(user_id, item).await.unwrap();
    let order = order(user_id, &[item]);
    let placing = place(store, &order, "key", lease).await;
    assert_eq!(placing, Placing::Placed);
    order
}

fn card() -> Card {
    Card {
        brand: "visa".into(),
        last4: "4242".into(),
    }
}

/// The order, confirmed with this card.
fn confirmed(order: Order, card: Card) -> Change {
    let mut order = order;
    order.payment.note_card(card);
    order.confirm()
}

/// The order, compensated by a release.
fn voided(order: Order) -> Change {
    let mut order = order;
    order.payment.compensated(PaymentStatus::Voided);
    order.compensate()
}

/// Stores a change of an order whose lease this is.
async fn advance(store: &dyn Store, lease: &Lease, change: Change) -> Order {
    store.advance(change, lease).await.unwrap().unwrap()
}

/// An order that is settled.
async fn settled(store: &dyn Store) -> Order {
    let lease = lease(10);
    let order = placed(store, &lease).await;
    let order = advance(store, &lease, confirmed(order, card())).await;
    advance(store, &lease, order.settle()).await
}

async fn ship(store: &dyn Store, id: Uuid, code: Option<TrackingCode>) -> Result<Order, Error> {
    let ship = Box::new(|order: Order| order.ship(code));
    store.change(id, None, ship).await
}

async fn deliver(store: &dyn Store, id: Uuid) -> Result<Order, Error> {
    store.change(id, None, Box::new(Order::deliver)).await
}

async fn cancel(store: &dyn Store, user_id: Uuid, id: Uuid, lease: &Lease) -> Result<Order, Error> {
    let cancel = Box::new(move |order: Order| order.of(user_id)?.cancel());
    store.change(id, Some(*lease), cancel).await
}

fn code() -> TrackingCode {
    "1Z-999-AA1".to_owned().try_into().unwrap()
}

fn statuses(order: &Order) -> Vec<(i64, Status)> {
    let entries = order.timeline.iter();
    entries
        .map(|entry| (entry.sequence, entry.status))
        .collect()
}

async fn a_cart_keeps_the_order_of_adding_and_the_last_quantity([store, _]: Replicas) {
    let (shopper, other) = (Uuid::now_v7(), Uuid::now_v7());
    let (first, second) = (item(1), item(2));
    let more = Item {
        quantity: 9.try_into().unwrap(),
        ..first
    };

    for item in [second, first, more] {
        store.set_item(shopper, item).await.unwrap();
    }
    store.set_item(other, first).await.unwrap();

    assert_eq!(store.cart(shopper).await.unwrap(), [second, more]);
    for _ in 0..2 {
        store.remove_item(shopper, second.product_id).await.unwrap();
    }
    assert_eq!(store.cart(shopper).await.unwrap(), [more]);
    for _ in 0..2 {
        store.clear_cart(shopper).await.unwrap();
    }
    assert!(store.cart(shopper).await.unwrap().is_empty());
    assert_eq!(store.cart(other).await.unwrap(), [first]);
}

async fn a_cart_holds_a_hundred_products_however_many_come_at_once(replicas: Replicas) {
    let shopper = Uuid::now_v7();
    let room = 5;
    let first = item(1);
    replicas[0].set_item(shopper, first).await.unwrap();
    for _ in 1..MAX_ITEMS - room {
        replicas[0].set_item(shopper, item(1)).await.unwrap();
    }

    let adding = (0..20).map(|n| {
        let store = replicas[n % 2].clone();
        tokio::spawn(async move { store.set_item(shopper, item(1)).await })
    });
    let added = join_all(adding.collect::<Vec<_>>()).await;

    let added: Vec<_> = added.into_iter().map(Result::unwrap).collect();
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), room);
    let refused = added.into_iter().filter_map(Result::err);
    assert!(
        refused
            .into_iter()
            .all(|fault| matches!(fault, Error::CartFull))
    );
    assert_eq!(replicas[1].cart(shopper).await.unwrap().len(), MAX_ITEMS);
    replicas[1].set_item(shopper, first).await.unwrap();
}

async fn an_order_comes_back_as_it_was_placed([store, other]: Replicas) {
    let user_id = Uuid::now_v7();
    let items = [item(3), item(1)];
    for item in items {
        store.set_item(user_id, item).await.unwrap();
    }
    let order = order(user_id, &items);

    place(&*store, &order, "key", &lease(10)).await;

    let by_id = other.find(order.id).await.unwrap().unwrap();
    let (by_key, fingerprint) = other.find_by_key(user_id, "key").await.unwrap().unwrap();
    assert_eq!(fingerprint, FINGERPRINT);
    for found in [by_id, by_key] {
        assert_eq!((found.id, found.user_id), (order.id, user_id));
        assert_eq!(found.number, order.number);
        assert_eq!((found.status, found.saga), (Status::Placed, Saga::Placed));
        assert_eq!(found.lines, order.lines);
        let totals = |order: &Order| [order.subtotal, order.shipping, order.tax, order.total];
        assert_eq!(totals(&found), totals(&order));
        assert!(found.address == order.address);
        assert!(found.payment.token == order.payment.token);
        assert_eq!(found.payment.status, PaymentStatus::Pending);
        assert_eq!(found.reason, None);
        let placed_ms = order.placed_at.as_millisecond();
        assert_eq!(found.placed_at.as_millisecond(), placed_ms);
        assert_eq!(statuses(&found), [(1, Status::Placed)]);
    }
    assert!(store.cart(user_id).await.unwrap().is_empty());
    assert!(store.find(Uuid::now_v7()).await.unwrap().is_none());
    assert!(store.find_by_key(user_id, "other").await.unwrap().is_none());
    assert!(
        store
            .find_by_key(Uuid::now_v7(), "key")
            .await
            .unwrap()
            .is_none()
    );
}

async fn of_those_who_place_with_one_key_one_places_and_the_others_find_its_order(
    replicas: Replicas,
) {
    let user_id = Uuid::now_v7();
    let item = item(1);
    replicas[0].set_item(user_id, item).await.unwrap();

    let placing = (0..8).map(|n| {
        let store = replicas[n % 2].clone();
        let order = order(user_id, &[item]);
        tokio::spawn(async move {
            let placing = place(&*store, &order, "key", &lease(10)).await;
            let found = store.find_by_key(user_id, "key").await.unwrap().unwrap();
            (order.id, placing, found)
        })
    });
    let outcomes = join_all(placing.collect::<Vec<_>>()).await;

    let (stored, _) = replicas[0]
        .find_by_key(user_id, "key")
        .await
        .unwrap()
        .unwrap();
    let mut placed = 0;
    for outcome in outcomes {
        let (id, placing, (found, fingerprint)) = outcome.unwrap();
        assert_eq!((found.id, fingerprint), (stored.id, FINGERPRINT));
        match placing {
            Placing::Placed => {
                placed += 1;
                assert_eq!(id, stored.id);
            }
            other => assert_eq!(other, Placing::KeyUsed),
        }
    }
    assert_eq!(placed, 1);
}

async fn of_two_orders_of_one_cart_one_is_placed(replicas: Replicas) {
    for _ in 0..10 {
        let user_id = Uuid::now_v7();
        let item = item(1);
        replicas[0].set_item(user_id, item).await.unwrap();

        let placing = ["one", "other"]
            .into_iter()
            .zip(&replicas)
            .map(|(key, store)| {
                let (store, order) = (store.clone(), order(user_id, &[item]));
                tokio::spawn(async move { place(&*store, &order, key, &lease(10)).await })
            });
        let outcomes = join_all(placing.collect::<Vec<_>>()).await;

        let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
        let placed = outcomes.iter().filter(|it| matches!(it, Placing::Placed));
        let refused = outcomes
            .iter()
            .filter(|it| matches!(it, Placing::CartChanged));
        assert_eq!((placed.count(), refused.count()), (1, 1), "{outcomes:?}");
        let stored = replicas[0]
            .list(Some(user_id), None, None, 9)
            .await
            .unwrap();
        assert_eq!(stored.len(), 1);
    }
}

async fn a_cart_that_changed_is_not_ordered([store, _]: Replicas) {
    let user_id = Uuid::now_v7();
    let (ordered, added) = (item(1), item(1));
    for item in [ordered, added] {
        store.set_item(user_id, item).await.unwrap();
    }
    let order = order(user_id, &[ordered]);

    let placing = place(&*store, &order, "key", &lease(10)).await;

    assert!(matches!(placing, Placing::CartChanged));
    assert_eq!(store.cart(user_id).await.unwrap(), [ordered, added]);
    assert!(store.find(order.id).await.unwrap().is_none());
    assert!(store.find_by_key(user_id, "key").await.unwrap().is_none());
}

async fn what_is_added_while_an_order_is_placed_stays_in_the_cart(replicas: Replicas) {
    for _ in 0..20 {
        let user_id = Uuid::now_v7();
        let (ordered, added) = (item(1), item(1));
        replicas[0].set_item(user_id, ordered).await.unwrap();
        let order = order(user_id, &[ordered]);

        let [one, other] = replicas.clone();
        let placing = tokio::spawn(async move { place(&*one, &order, "key", &lease(10)).await });
        let adding = tokio::spawn(async move { other.set_item(user_id, added).await });
        adding.await.unwrap().unwrap();

        let cart = match placing.await.unwrap() {
            Placing::Placed => vec![added],
            Placing::CartChanged => vec![ordered, added],
            other => panic!("{other:?}"),
        };
        assert_eq!(replicas[0].cart(user_id).await.unwrap(), cart);
    }
}

async fn a_number_is_given_once([store, _]: Replicas) {
    let first = placed(&*store, &lease(10)).await;
    let user_id = Uuid::now_v7();
    let item = item(1);
    store.set_item(user_id, item).await.unwrap();
    let second = Order {
        number: first.number.clone(),
        ..order(user_id, &[item])
    };

    let placing = place(&*store, &second, "key", &lease(10)).await;

    assert!(matches!(placing, Placing::NumberTaken));
    assert_eq!(store.cart(user_id).await.unwrap(), [item]);
}

async fn lists_go_from_new_to_old_page_by_page([store, _]: Replicas) {
    let (rose, lily) = (Uuid::now_v7(), Uuid::now_v7());
    let mut ids = Vec::new();
    for (position, user_id) in [rose, lily, rose, rose, lily].into_iter().enumerate() {
        let item = item(1);
        store.set_item(user_id, item).await.unwrap();
        let (order, lease) = (order(user_id, &[item]), lease(10));
        place(&*store, &order, &position.to_string(), &lease).await;
        if position < 3 {
            advance(&*store, &lease, order.clone().confirm()).await;
        }
        ids.push(order.id);
    }

    let confirmed = Some(Status::Confirmed);
    for (user, status, before, limit, expected) in [
        (None, None, None, 9, &[4, 3, 2, 1, 0][..]),
        (None, None, None, 2, &[4, 3]),
        (None, None, Some(3), 2, &[2, 1]),
        (Some(rose), None, None, 9, &[3, 2, 0]),
        (Some(rose), None, Some(3), 1, &[2]),
        (Some(rose), confirmed, None, 9, &[2, 0]),
        (None, confirmed, None, 9, &[2, 1, 0]),
        (None, confirmed, Some(2), 9, &[1, 0]),
        (None, Some(Status::Shipped), None, 9, &[]),
        (Some(Uuid::now_v7()), None, None, 9, &[]),
    ] {
        let before = before.map(|position: usize| ids[position]);
        let listed = store.list(user, status, before, limit).await.unwrap();
        let listed: Vec<Uuid> = listed.iter().map(|order| order.id).collect();
        let expected: Vec<Uuid> = expected
            .iter()
            .map(|position: &usize| ids[*position])
            .collect();
        assert_eq!(listed, expected, "{user:?} {status:?} {before:?}");
    }
}

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

/// Remembers what it is told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    fn consumers(&self) -> Vec<Arc<dyn Consumer>> {
        vec![Arc::new(self.clone())]
    }

    fn topics(&self) -> Vec<String> {
        let events = self.0.lock().unwrap();
        events.iter().map(|event| event.topic.clone()).collect()
    }
}

#[async_trait::async_trait]
impl Consumer for Told {
    fn name(&self) -> &'static str {
        "a test"
    }

    async fn consume(&self, events: &[Event]) -> Result<(), Fault> {
        // Others may take their turn meanwhile.
        tokio::task::yield_now().await;
        self.0.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
}

async fn a_purchase_leaves_a_timeline_and_its_events([store, other]: Replicas) {
    let lease = lease(10);
    let order = placed(&*store, &lease).await;

    let confirmed = advance(&*store, &lease, confirmed(order.clone(), card())).await;
    let settled = advance(&*store, &lease, confirmed.clone().settle()).await;
    let shipped = ship(&*other, order.id, Some(code())).await.unwrap();
    let delivered = deliver(&*store, order.id).await.unwrap();

    assert_eq!(
        (confirmed.status, confirmed.saga),
        (Status::Confirmed, Saga::Confirmed)
    );
    assert_eq!(confirmed.payment.status, PaymentStatus::Authorised);
    assert!(confirmed.payment.token.is_none(), "the card has answered");
    assert_eq!(
        (settled.status, settled.saga),
        (Status::Confirmed, Saga::Settled)
    );
    assert_eq!(settled.payment.status, PaymentStatus::Captured);
    let found = other.find(order.id).await.unwrap().unwrap();
    assert_eq!(found.payment.status, PaymentStatus::Captured);
    let shown = (
        found.payment.brand.as_deref(),
        found.payment.last4.as_deref(),
    );
    assert_eq!(shown, (Some("visa"), Some("4242")));
    assert!(found.payment.token.is_none(), "the card has answered");
    let all = [
        (1, Status::Placed),
        (2, Status::Confirmed),
        (3, Status::Shipped),
        (4, Status::Delivered),
    ];
    assert_eq!(statuses(&confirmed), all[..2]);
    assert_eq!(statuses(&settled), all[..2]);
    assert_eq!(statuses(&shipped), all[..3]);
    assert_eq!(statuses(&delivered), all);
    assert_eq!(settled.tracking_code, None);
    assert_eq!(found.timeline, delivered.timeline);
    for told in [shipped, delivered.clone(), found] {
        assert_eq!(told.tracking_code, Some(code()));
    }
    let told = Told::default();
    while store.outbox().dispatch(&told.consumers()).await.unwrap() > 0 {}
    assert_eq!(
        told.topics(),
        ["order.confirmed", "order.shipped", "order.delivered"]
    );
    let event = told.0.lock().unwrap()[0].clone();
    assert_eq!(event.key, order.id.to_string());
    let facts: Value = event.facts().unwrap();
    let line = &facts["lines"][0];
    assert_eq!(line["product_id"], order.lines[0].product_id.to_string());
    assert_eq!(
        (&facts["status"], &line["quantity"]),
        (&"confirmed".into(), &2.into())
    );
}

async fn a_refused_order_returns_no_more_than_the_cart_has_room_for([store, other]: Replicas) {
    let user_id = Uuid::now_v7();
    let items = [item(1), item(2), item(3), item(4)];
    for item in items {
        store.set_item(user_id, item).await.unwrap();
    }
    let (order, lease) = (order(user_id, &items), lease(10));
    place(&*store, &order, "key", &lease).await;
    let again = Item {
        quantity: 9.try_into().unwrap(),
        ..items[0]
    };
    other.set_item(user_id, again).await.unwrap();
    let room = 2;
    for _ in 1..MAX_ITEMS - room {
        other.set_item(user_id, item(1)).await.unwrap();
    }

    let refused = order.refuse(Reason::PaymentDeclined);
    let refused = advance(&*store, &lease, refused).await;

    assert_eq!(refused.status, Status::Cancelled);
    let cart = other.cart(user_id).await.unwrap();
    assert_eq!(cart.len(), MAX_ITEMS);
    let returned = items.map(|item| cart.contains(&item));
    assert_eq!(returned, [false, true, true, false]);
    assert!(cart.contains(&again));
}

async fn a_refused_order_returns_its_lines_to_the_cart([store, _]: Replicas) {
    let user_id = Uuid::now_v7();
    let items = [item(1), item(2)];
    for item in items {
        store.set_item(user_id, item).await.unwrap();
    }
    let (order, lease) = (order(user_id, &items), lease(10));
    place(&*store, &order, "key", &lease).await;
    let meanwhile = Item {
        quantity: 9.try_into().unwrap(),
        ..items[1]
    };
    store.set_item(user_id, meanwhile).await.unwrap();

    let missing = Reason::OutOfStock(vec![items[0].product_id]);
    let refused = advance(&*store, &lease, order.refuse(missing.clone())).await;
    advance(&*store, &lease, voided(refused.clone())).await;
    let undone = store.find(refused.id).await.unwrap().unwrap();

    assert_eq!(
        (refused.status, refused.saga),
        (Status::Cancelled, Saga::Cancelling)
    );
    assert_eq!(refused.payment.status, PaymentStatus::Pending);
    assert_eq!(
        (undone.saga, &undone.reason),
        (Saga::Compensated, &Some(missing))
    );
    assert_eq!(undone.payment.status, PaymentStatus::Voided);
    assert_eq!(
        statuses(&undone),
        [(1, Status::Placed), (2, Status::Cancelled)]
    );
    let cart = store.cart(user_id).await.unwrap();
    assert!(same_basket(&cart, &[items[0], meanwhile]), "{cart:?}");
    let due = store.claim_due(in_s(3_600), &lease, 9).await.unwrap();
    assert!(due.is_empty(), "nothing is left to do");
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

async fn an_order_is_cancelled_by_its_owner_until_it_is_shipped([store, _]: Replicas) {
    let order = settled(&*store).await;
    let cancel = async |user_id, id| cancel(&*store, user_id, id, &lease(10)).await;
    let stranger = cancel(Uuid::now_v7(), order.id).await;
    let unknown = cancel(order.user_id, Uuid::now_v7()).await;
    let gone = settled(&*store).await;
    ship(&*store, gone.id, None).await.unwrap();

    let shipped = cancel(gone.user_id, gone.id).await;
    let cancelled = cancel(order.user_id, order.id).await.unwrap();
    let again = cancel(order.user_id, order.id).await;

    assert!(matches!(stranger, Err(Error::NotFound)));
    assert!(matches!(unknown, Err(Error::NotFound)));
    assert!(matches!(shipped, Err(Error::WrongState)));
    assert!(matches!(again, Err(Error::WrongState)));
    assert_eq!(
        (cancelled.status, cancelled.saga),
        (Status::Cancelled, Saga::Cancelling)
    );
    assert!(store.cart(order.user_id).await.unwrap().is_empty());
}

async fn a_status_changes_once_and_from_the_one_before_alone(replicas: Replicas) {
    let store = &*replicas[0];
    let settling = lease(10);
    let placed = placed(store, &settling).await;
    let id = placed.id;
    let shipping = async |id| ship(store, id, None).await;
    assert!(matches!(shipping(id).await, Err(Error::WrongState)));
    advance(store, &settling, placed.confirm()).await;
    assert!(matches!(shipping(id).await, Err(Error::Settling)));
    let unknown = shipping(Uuid::now_v7()).await;
    assert!(matches!(unknown, Err(Error::NotFound)));
    let order = settled(store).await;

    let shipping = (0..4).map(|n| {
        let (store, id) = (replicas[n % 2].clone(), order.id);
        tokio::spawn(async move { ship(&*store, id, None).await })
    });
    let shipped = join_all(shipping.collect::<Vec<_>>()).await;

    let shipped: Vec<_> = shipped.into_iter().map(Result::unwrap).collect();
    assert_eq!(shipped.iter().filter(|shipped| shipped.is_ok()).count(), 1);
    let refused = shipped.into_iter().filter_map(Result::err);
    assert!(
        refused
            .into_iter()
            .all(|fault| matches!(fault, Error::WrongState))
    );
    let delivered = deliver(store, order.id);
    assert_eq!(delivered.await.unwrap().timeline.len(), 4);
}

async fn a_tracking_code_that_is_known_stays_when_none_comes([store, other]: Replicas) {
    let order = settled(&*store).await;
    let with_code = Box::new(|order: Order| {
        Ok(Change {
            order: Order {
                tracking_code: Some(code()),
                ..order
            },
            is_of_status: false,
            returns_to_cart: false,
        })
    });
    store.change(order.id, None, with_code).await.unwrap();

    let shipped = ship(&*other, order.id, None).await.unwrap();

    let found = store.find(order.id).await.unwrap().unwrap();
    for order in [shipped, found] {
        assert_eq!(order.status, Status::Shipped);
        assert_eq!(order.tracking_code, Some(code()));
    }
}

async fn two_relays_at_once_deliver_all_and_keep_the_order_of_each_key(replicas: Replicas) {
    let mut ids = Vec::new();
    for _ in 0..15 {
        let order = settled(&*replicas[0]).await;
        ship(&*replicas[1], order.id, None).await.unwrap();
        deliver(&*replicas[1], order.id).await.unwrap();
        ids.push(order.id.to_string());
    }

    let told = Told::default();
    let relays = replicas.clone().map(|store| {
        let consumers = told.consumers();
        let told = told.clone();
        tokio::spawn(async move {
            let outbox = store.outbox();
            // None delivered means that the other relay is at the rest, or that there is none.
            while told.0.lock().unwrap().len() < 15 * 3 {
                outbox.dispatch(&consumers).await.unwrap();
            }
        })
    });
    for relay in relays {
        relay.await.unwrap();
    }

    let mut topics: HashMap<String, Vec<String>> = HashMap::new();
    for event in told.0.lock().unwrap().drain(..) {
        topics.entry(event.key).or_default().push(event.topic);
    }
    assert_eq!(topics.len(), 15);
    for id in ids {
        assert_eq!(
            topics[&id],
            ["order.confirmed", "order.shipped", "order.delivered"]
        );
    }
    let left = replicas[0]
        .outbox()
        .dispatch(&told.consumers())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// Takes nothing.
struct Refuses;

#[async_trait::async_trait]
impl Consumer for Refuses {
    fn name(&self) -> &'static str {
        "who refuses"
    }

    async fn consume(&self, _: &[Event]) -> Result<(), Fault> {
        Err("not now".into())
    }
}

async fn what_a_consumer_refuses_stays_in_the_outbox([store, other]: Replicas) {
    settled(&*store).await;
    let told = Told::default();
    let consumers = [told.consumers(), vec![Arc::new(Refuses)]].concat();

    let refused = store.outbox().dispatch(&consumers).await.unwrap_err();
    let delivered = other.outbox().dispatch(&told.consumers()).await.unwrap();

    assert_eq!(refused.to_string(), "consumer who refuses: not now");
    assert_eq!(delivered, 1);
    assert_eq!(
        told.topics(),
        ["order.confirmed", "order.confirmed"],
        "at least once"
    );
}

async fn a_store_that_is_there_answers(replicas: Replicas) {
    for store in replicas {
        store.ping().await.unwrap();
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

#[tokio::test]
async fn what_one_replica_does_the_other_hears_of() {
    let database = database().await;
    let [store, other] = open(&database.url()).await;
    let (telling, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let outbox = other.outbox();
    let listening = tokio::spawn(async move {
        let heard = move |key: Option<&str>| telling.send(key.map(str::to_owned)).unwrap();
        outbox.listen(&heard).await
    });
    assert_eq!(
        heard.recv().await.unwrap(),
        None,
        "before, anything may have happened"
    );

    let lease = lease(10);
    let order = placed(&*store, &lease).await;
    let (id, user_id) = (order.id, order.user_id);
    let mut hears = async |id: Uuid, what: &str| {
        assert_eq!(heard.recv().await.unwrap(), Some(id.to_string()), "{what}");
    };

    let order = advance(&*store, &lease, order.confirm()).await;
    hears(id, "a confirmation").await;
    advance(&*store, &lease, order.settle()).await;
    hears(id, "a settlement").await;
    ship(&*store, id, None).await.unwrap();
    hears(id, "a shipping").await;
    let next = placed(&*store, &lease).await;
    store.put_off(next.id, lease.owner, in_s(1)).await.unwrap();
    hears(next.id, "a putting off").await;
    cancel(&*store, next.user_id, next.id, &lease)
        .await
        .unwrap();
    hears(next.id, "a cancellation").await;
    assert!(cancel(&*store, user_id, id, &lease).await.is_err());
    assert!(heard.try_recv().is_err(), "nothing happened");
    listening.abort();
}
