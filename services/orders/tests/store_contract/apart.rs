//! Carts that are kept apart from the orders: what the other cases ask of a store, by two of them; and what is left
//! behind between the two when somebody dies, or the carts cannot be reached.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use async_trait::async_trait;
use orders::store::apart::{CartStep, CartSteps, CartTable, CartsApart, KeptCart};
use tokio::join;

use super::{saga::Reason, *};
use crate::table::table;

/// Both stores, and the two together.
pub(crate) struct Parts {
    orders: Arc<dyn CartSteps>,
    table: Arc<Flaky>,
    store: Arc<dyn Store>,
}

/// A table that can be out of reach.
struct Flaky {
    inner: Arc<dyn CartTable>,
    is_away: AtomicBool,
}

impl Flaky {
    fn reach(&self) -> Result<(), Error> {
        match self.is_away.load(Relaxed) {
            true => Err(Error::Unavailable("away".into())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl CartTable for Flaky {
    async fn load(&self, user_id: Uuid) -> Result<(KeptCart, u64), Error> {
        self.reach()?;
        self.inner.load(user_id).await
    }

    async fn save(&self, user_id: Uuid, cart: &KeptCart, seen: u64) -> Result<bool, Error> {
        self.reach()?;
        self.inner.save(user_id, cart, seen).await
    }

    async fn ping(&self) -> Result<(), Error> {
        self.reach()?;
        self.inner.ping().await
    }
}

/// Two replicas, for the cases of every store.
pub(crate) mod replicas {
    use super::*;

    pub(crate) async fn open(url: &StoreUrl) -> Replicas {
        let table = table().await;
        let apart = |orders| Arc::new(CartsApart::new(orders, table.clone())) as Arc<dyn Store>;
        match url {
            StoreUrl::Sqlite(path) => {
                let store = SqliteStore::open(path).unwrap().with_carts_apart();
                let store = apart(Arc::new(store));
                [store.clone(), store]
            }
            StoreUrl::Postgres(url) => {
                let one = PostgresStore::open(url).await.unwrap().with_carts_apart();
                let other = PostgresStore::open(url).await.unwrap().with_carts_apart();
                [apart(Arc::new(one)), apart(Arc::new(other))]
            }
        }
    }
}

async fn open(url: &StoreUrl) -> Parts {
    let orders: Arc<dyn CartSteps> = match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path).unwrap().with_carts_apart()),
        StoreUrl::Postgres(url) => {
            Arc::new(PostgresStore::open(url).await.unwrap().with_carts_apart())
        }
    };
    let table = Arc::new(Flaky {
        inner: table().await,
        is_away: false.into(),
    });
    Parts {
        store: Arc::new(CartsApart::new(orders.clone(), table.clone())),
        orders,
        table,
    }
}

testkit::on_every_adapter!(
    an_order_that_was_stored_before_its_placer_died_is_placed_by_whoever_claims_it,
    an_order_whose_cart_changed_before_its_lines_were_taken_is_never_seen,
    a_call_that_comes_again_finishes_what_died,
    of_many_who_finish_one_order_all_hear_the_same,
    an_order_whose_lines_cannot_be_taken_yet_waits_and_the_others_go_on,
    lines_return_when_their_cart_can_be_reached_again_and_nothing_else_waits_for_it,
    who_leaves_between_the_two_leaves_nothing_behind,
);

/// An order that was stored, and whose placer died before the cart was asked.
async fn left_behind(parts: &Parts, user_id: Uuid, items: &[Item]) -> Order {
    let order = order(user_id, items);
    let placing = place(&*parts.orders, &order, "key", &lease(-1)).await;
    assert_eq!(placing, Placing::Placed);
    assert_unseen(parts, &order).await;
    order
}

async fn filled(parts: &Parts) -> (Uuid, Item) {
    let (user_id, item) = (Uuid::now_v7(), item(2));
    parts.store.set_item(user_id, item).await.unwrap();
    (user_id, item)
}

async fn assert_unseen(Parts { store, .. }: &Parts, order: &Order) {
    let Order { id, user_id, .. } = *order;
    assert!(store.find(id).await.unwrap().is_none());
    assert!(store.find_by_key(user_id, "key").await.unwrap().is_none());
    for (user, status) in [
        (Some(user_id), None),
        (None, Some(Status::Placed)),
        (None, None),
    ] {
        let listed = store.list(user, status, None, 1_000).await.unwrap();
        assert!(listed.iter().all(|order| order.id != id));
    }
    let cancelled = cancel(&**store, user_id, id, &lease(10)).await;
    assert!(matches!(cancelled, Err(Error::NotFound)));
}

async fn claim(parts: &Parts, seconds: i64) -> Vec<Uuid> {
    let due = parts.store.claim_due(in_s(seconds), &lease(60), 9).await;
    due.unwrap().into_iter().map(|order| order.id).collect()
}

async fn an_order_that_was_stored_before_its_placer_died_is_placed_by_whoever_claims_it(
    parts: Parts,
) {
    let (user_id, item) = filled(&parts).await;
    let order = left_behind(&parts, user_id, &[item]).await;

    assert_eq!(claim(&parts, 0).await, [order.id]);

    let found = parts.store.find(order.id).await.unwrap().unwrap();
    assert_eq!(found.status, Status::Placed);
    assert!(parts.store.cart(user_id).await.unwrap().is_empty());
    // What is put in by now is another intent.
    parts.store.set_item(user_id, item).await.unwrap();
    assert!(claim(&parts, 0).await.is_empty(), "it has a driver");
    assert_eq!(parts.store.cart(user_id).await.unwrap(), [item]);
}

async fn an_order_whose_cart_changed_before_its_lines_were_taken_is_never_seen(parts: Parts) {
    let (user_id, first) = filled(&parts).await;
    let left = left_behind(&parts, user_id, &[first]).await;
    let second = item(1);
    parts.store.set_item(user_id, second).await.unwrap();

    assert!(claim(&parts, 0).await.is_empty());

    assert_unseen(&parts, &left).await;
    let cart = parts.store.cart(user_id).await.unwrap();
    assert_eq!(cart, [first, second]);
    let whole = order(user_id, &cart);
    let placing = place(&*parts.store, &whole, "key", &lease(10)).await;
    assert_eq!(placing, Placing::Placed, "the key was not used");
    assert!(parts.store.cart(user_id).await.unwrap().is_empty());
}

async fn a_call_that_comes_again_finishes_what_died(parts: Parts) {
    let (user_id, item) = filled(&parts).await;
    let left = left_behind(&parts, user_id, &[item]).await;

    let again = order(user_id, &[item]);
    let placing = place(&*parts.store, &again, "key", &lease(10)).await;

    assert_eq!(placing, Placing::KeyUsed);
    let (found, _) = parts
        .store
        .find_by_key(user_id, "key")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, left.id);
    assert!(parts.store.cart(user_id).await.unwrap().is_empty());
    assert_eq!(claim(&parts, 0).await, [left.id]);
}

async fn of_many_who_finish_one_order_all_hear_the_same(parts: Parts) {
    for changes in [false, true] {
        let (user_id, first) = filled(&parts).await;
        let left = left_behind(&parts, user_id, &[first]).await;
        let (again, by_other) = (order(user_id, &[first]), lease(10));
        let change = async {
            if changes {
                parts.store.set_item(user_id, item(1)).await.unwrap();
            }
        };

        // As it is called: when the key's order is refused meanwhile, the number looks taken, and it is placed anew.
        let placing = async {
            loop {
                match place(&*parts.store, &again, "key", &by_other).await {
                    Placing::NumberTaken => {}
                    placing => return placing,
                }
            }
        };

        let ((), claimed, placing) = join!(change, claim(&parts, 0), placing);

        let seen = parts.store.find(left.id).await.unwrap().is_some();
        let by_key = parts.store.find_by_key(user_id, "key").await.unwrap();
        let cart = parts.store.cart(user_id).await.unwrap();
        match placing {
            Placing::KeyUsed => assert!(seen && by_key.unwrap().0.id == left.id),
            Placing::CartChanged => {
                assert!(!seen && by_key.is_none() && !claimed.contains(&left.id));
            }
            // Refused at first, and the cart was as before.
            other => panic!("{other:?}"),
        }
        assert_eq!(cart.contains(&first), !seen, "taken with the order alone");
    }
}

async fn an_order_whose_lines_cannot_be_taken_yet_waits_and_the_others_go_on(parts: Parts) {
    let (user_id, item) = filled(&parts).await;
    let left = left_behind(&parts, user_id, &[item]).await;
    let other = placed(&*parts.store, &lease(-1)).await;
    parts.table.is_away.store(true, Relaxed);

    assert_eq!(claim(&parts, 0).await, [other.id]);
    assert_unseen(&parts, &left).await;
    let (again, by_other) = (order(user_id, &[item]), lease(10));
    let placing = parts.store.place(&again, "key", FINGERPRINT, &by_other);
    assert!(matches!(placing.await, Err(Error::Unavailable(_))));
    assert!(parts.store.ping().await.is_err());

    parts.table.is_away.store(false, Relaxed);
    assert!(claim(&parts, 0).await.is_empty(), "it rests for a lease");
    assert!(claim(&parts, 61).await.contains(&left.id));
    assert!(parts.store.cart(user_id).await.unwrap().is_empty());
}

async fn lines_return_when_their_cart_can_be_reached_again_and_nothing_else_waits_for_it(
    parts: Parts,
) {
    let driving = lease(10);
    let order = placed(&*parts.store, &driving).await;
    let (user_id, items) = (order.user_id, order.items());
    parts.table.is_away.store(true, Relaxed);

    let refused = order.refuse(Reason::PaymentDeclined);
    let refused = advance(&*parts.store, &driving, refused).await;

    assert_eq!(refused.status, Status::Cancelled);
    // Its driver dies: another gives the money back meanwhile.
    let (now, again) = (in_s(11), lease(60));
    let due = parts.store.claim_due(now, &again, 9).await.unwrap();
    assert_eq!(due.len(), 1);
    advance(&*parts.store, &again, voided(due[0].clone())).await;
    parts.table.is_away.store(false, Relaxed);
    assert!(parts.store.cart(user_id).await.unwrap().is_empty());

    assert!(
        claim(&parts, 61).await.is_empty(),
        "nothing is left to drive"
    );
    assert_eq!(parts.store.cart(user_id).await.unwrap(), items);
    parts.store.clear_cart(user_id).await.unwrap();
    claim(&parts, 3_600).await;
    assert!(parts.store.cart(user_id).await.unwrap().is_empty(), "once");
    parts
        .orders
        .end_cart_step(refused.id, CartStep::Take)
        .await
        .unwrap();
    parts.orders.withdraw(refused.id).await.unwrap();
    assert!(parts.store.find(refused.id).await.unwrap().is_some());
}

async fn who_leaves_between_the_two_leaves_nothing_behind(parts: Parts) {
    let (user_id, item) = filled(&parts).await;
    let left = left_behind(&parts, user_id, &[item]).await;
    let driving = lease(10);
    let refused = placed(&*parts.store, &driving).await;
    parts.table.is_away.store(true, Relaxed);
    let change = refused.clone().refuse(Reason::PaymentDeclined);
    let change = advance(&*parts.store, &driving, change).await;
    assert!(parts.store.forget_person(user_id).await.is_err());
    parts.table.is_away.store(false, Relaxed);

    for user_id in [user_id, refused.user_id] {
        for _ in 0..2 {
            parts.store.forget_person(user_id).await.unwrap();
        }
    }
    advance(&*parts.store, &driving, voided(change)).await;

    assert!(claim(&parts, 61).await.is_empty());
    assert_unseen(&parts, &left).await;
    for user_id in [user_id, refused.user_id, Uuid::nil()] {
        assert!(parts.store.cart(user_id).await.unwrap().is_empty());
    }
    let filled = parts.store.set_item(user_id, item).await;
    assert!(matches!(filled, Err(Error::AccountDeleted)));
}

/// What only DynamoDB itself can show.
#[cfg(feature = "dynamodb")]
mod dynamodb {
    use aws_sdk_dynamodb::types::AttributeValue::{N, S};
    use orders::store::apart::dynamodb::DynamoCarts;

    use super::*;
    use crate::table::dynamodb::{TABLE, carts, client, place};

    #[tokio::test]
    async fn a_cart_that_is_larger_than_an_item_may_be_is_refused_as_full() {
        let Some(place) = place() else { return };
        let (carts, client) = (carts(place.clone()).await, client(&place).await);
        let (user_id, mut cart) = (Uuid::now_v7(), KeptCart::default());
        assert!(carts.save(user_id, &cart, 0).await.unwrap());
        // An attribute of somebody else's: a cart of ours never comes near.
        let fill = client
            .update_item()
            .table_name(TABLE)
            .key("user_id", S(user_id.to_string()));
        let fill = fill
            .update_expression("set filling = :filling")
            .expression_attribute_values(":filling", S("x".repeat(409_000)));
        fill.send().await.unwrap();
        for _ in 0..orders::cart::MAX_ITEMS {
            cart.set(item(1), Timestamp::now()).unwrap();
        }

        let saved = carts.save(user_id, &cart, 1).await;

        assert!(matches!(saved, Err(Error::CartFull)), "{saved:?}");
        assert_eq!(carts.load(user_id).await.unwrap(), (KeptCart::default(), 1));
    }

    #[tokio::test]
    async fn a_cart_whose_time_is_over_is_empty_and_can_be_filled_again() {
        let Some(place) = place() else { return };
        let (carts, client) = (carts(place.clone()).await, client(&place).await);
        let (user_id, mut cart) = (Uuid::now_v7(), KeptCart::default());
        cart.set(item(1), Timestamp::now()).unwrap();
        carts.save(user_id, &cart, 0).await.unwrap();
        let end = client
            .update_item()
            .table_name(TABLE)
            .key("user_id", S(user_id.to_string()));
        let end = end
            .update_expression("set expires_at = :past")
            .expression_attribute_values(":past", N(in_s(-1).as_second().to_string()));
        end.send().await.unwrap();

        let (ended, version) = carts.load(user_id).await.unwrap();

        assert_eq!((&ended, version), (&KeptCart::default(), 1));
        assert!(!carts.save(user_id, &cart, 0).await.unwrap());
        assert!(carts.save(user_id, &cart, 1).await.unwrap());
        assert_eq!(carts.load(user_id).await.unwrap(), (cart, 2));
    }

    #[tokio::test]
    async fn a_table_that_is_missing_or_away_is_told_apart() {
        let Some(mut place) = place() else { return };
        let missing = DynamoCarts::open(place.clone(), "missing").await.unwrap();
        place.endpoint = Some("http://127.0.0.1:9");
        let away = DynamoCarts::open(place, TABLE).await.unwrap();

        assert!(matches!(missing.ping().await, Err(Error::Internal(_))));
        assert!(matches!(away.ping().await, Err(Error::Unavailable(_))));
    }
}
