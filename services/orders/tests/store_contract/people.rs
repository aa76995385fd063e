//! People who leave: what their orders keep, and until when.

use orders::{
    cart::Item,
    order::Number,
    saga::{Reason, Saga},
};
use tokio::join;

use super::*;

on_every_store!(
    an_order_that_is_over_loses_its_person_and_keeps_what_the_law_asks_for,
    an_order_that_is_under_way_keeps_its_address_until_it_is_over,
    a_cancelled_order_keeps_its_address_until_the_money_is_back,
    who_has_left_places_nothing_and_fills_no_cart,
    leaving_while_an_order_is_placed_leaves_no_order_behind,
    leaving_while_an_order_ends_leaves_no_person_behind,
);

/// A settled order that has arrived.
async fn delivered(store: &dyn Store) -> Order {
    let order = settled(store).await;
    ship(store, order.id, Some(code())).await.unwrap();
    deliver(store, order.id).await.unwrap()
}

async fn found(store: &dyn Store, order: &Order) -> Order {
    store.find(order.id).await.unwrap().unwrap()
}

/// Everything of an order that says whose it was is gone, and all else is as it was.
async fn assert_nobodys(store: &dyn Store, before: &Order) {
    let after = found(store, before).await;
    assert_eq!(after.user_id, Uuid::nil());
    let address = &after.address;
    for gone in [
        &address.name,
        &address.line1,
        &address.city,
        &address.postal_code,
    ] {
        assert_eq!(gone, "");
    }
    assert_eq!(address.line2, None);
    assert_eq!(
        (&*address.region, &*address.country),
        (&*before.address.region, &*before.address.country)
    );
    assert!(after.payment.token.is_none() && after.tracking_code.is_none());
    assert_eq!((&after.payment.brand, &after.payment.last4), (&None, &None));
    let number = after.number.as_str();
    let by_key = store.find_by_key(Uuid::nil(), number).await.unwrap();
    assert_eq!(by_key.unwrap().1, Fingerprint([0; 32]));
    let kept = |order: &Order| {
        let amounts = [order.subtotal, order.shipping, order.tax, order.total];
        let times = order.timeline.clone();
        (
            Number::clone(&order.number),
            order.lines.clone(),
            amounts.map(|it| it.minor()),
            times,
            order.placed_at,
        )
    };
    assert_eq!(kept(&after), kept(before));
    let own = store.list(Some(before.user_id), None, None, 10).await;
    assert!(own.unwrap().iter().all(|order| order.id != before.id));
    let page = store.list(None, Some(after.status), None, 1_000).await;
    assert!(page.unwrap().iter().any(|order| order.id == before.id));
}

async fn an_order_that_is_over_loses_its_person_and_keeps_what_the_law_asks_for(
    [store, _]: Replicas,
) {
    let [rose, lily] = [delivered(&*store).await, delivered(&*store).await];

    for _ in 0..2 {
        store.forget_person(rose.user_id).await.unwrap();
    }

    assert_nobodys(&*store, &rose).await;
    let lily_after = found(&*store, &lily).await;
    assert_eq!(lily_after.user_id, lily.user_id);
    assert!(lily_after.address == lily.address && lily_after.payment.brand.is_some());
    store.forget_person(lily.user_id).await.unwrap();
    assert_nobodys(&*store, &lily).await;
}

async fn an_order_that_is_under_way_keeps_its_address_until_it_is_over([store, _]: Replicas) {
    let lease = lease(10);
    let order = placed(&*store, &lease).await;
    store.forget_person(order.user_id).await.unwrap();

    let order = advance(&*store, &lease, confirmed(order, card())).await;
    let order = advance(&*store, &lease, order.settle()).await;
    ship(&*store, order.id, Some(code())).await.unwrap();

    let under_way = found(&*store, &order).await;
    assert!(under_way.address == order.address);
    let own = store.list(Some(order.user_id), None, None, 10).await;
    assert_eq!(own.unwrap().len(), 1);
    let order = deliver(&*store, order.id).await.unwrap();
    assert_nobodys(&*store, &order).await;
}

async fn a_cancelled_order_keeps_its_address_until_the_money_is_back([store, _]: Replicas) {
    let lease = lease(10);
    let order = settled(&*store).await;
    let user_id = order.user_id;
    store.forget_person(user_id).await.unwrap();

    let order = cancel(&*store, user_id, order.id, &lease).await.unwrap();

    assert!(found(&*store, &order).await.address == order.address);
    let order = advance(&*store, &lease, voided(order)).await;
    assert_nobodys(&*store, &order).await;
}

async fn who_has_left_places_nothing_and_fills_no_cart([store, other]: Replicas) {
    let lease = lease(10);
    let refused = placed(&*store, &lease).await;
    let (user_id, item) = (refused.user_id, item(1));
    store.set_item(user_id, item).await.unwrap();
    store.forget_person(user_id).await.unwrap();

    let filled = other.set_item(user_id, item).await;
    let placing = place(&*other, &order(user_id, &[item]), "late", &lease).await;
    let nothing = place(&*other, &order(user_id, &[]), "nothing", &lease).await;
    let refused = advance(&*store, &lease, refused.refuse(Reason::PaymentDeclined)).await;
    let refused = advance(&*store, &lease, voided(refused)).await;

    assert!(matches!(filled, Err(Error::AccountDeleted)), "{filled:?}");
    assert_eq!(placing, Placing::AccountDeleted);
    assert_ne!(nothing, Placing::Placed);
    assert!(other.cart(user_id).await.unwrap().is_empty());
    assert_eq!(refused.saga, Saga::Compensated);
    assert_nobodys(&*store, &refused).await;
}

async fn leaving_while_an_order_is_placed_leaves_no_order_behind([store, other]: Replicas) {
    let mut outcomes = [0; 2];
    for n in 0..40 {
        let user_id = Uuid::now_v7();
        let (item, lease) = (item(1), lease(10));
        let more = Item {
            quantity: 2.try_into().unwrap(),
            ..item
        };
        store.set_item(user_id, item).await.unwrap();
        let order = order(user_id, &[item]);
        // The last one has left when the order is placed.
        let head_start = std::time::Duration::from_micros(if n == 39 { 500_000 } else { n * 50 });
        let filling = async {
            if n % 2 == 0 {
                let _ = other.set_item(user_id, more).await;
            }
        };

        let placing = place(&*store, &order, "key", &lease);
        let leaving = async {
            tokio::time::sleep(head_start).await;
            other.forget_person(user_id).await.unwrap();
        };
        let (placing, (), ()) = join!(placing, leaving, filling);

        assert!(store.cart(user_id).await.unwrap().is_empty());
        let own = store.list(Some(user_id), None, None, 10).await.unwrap();
        match placing {
            Placing::Placed => {
                outcomes[0] += 1;
                assert_eq!(own.len(), 1, "it is on its way");
                let refused = advance(
                    &*store,
                    &lease,
                    found(&*store, &order).await.refuse(Reason::PaymentDeclined),
                );
                let refused = advance(&*store, &lease, voided(refused.await)).await;
                assert_nobodys(&*store, &refused).await;
                assert!(store.cart(user_id).await.unwrap().is_empty());
            }
            _ => {
                outcomes[1] += 1;
                assert!(own.is_empty());
            }
        }
    }
    assert!(outcomes[0] > 0, "nothing was ever placed");
}

async fn leaving_while_an_order_ends_leaves_no_person_behind([store, other]: Replicas) {
    for _ in 0..20 {
        let order = settled(&*store).await;
        ship(&*store, order.id, None).await.unwrap();
        let (lease, refused) = (lease(10), order.user_id);

        let (delivered, left) = join!(
            deliver(&*store, order.id),
            other.forget_person(order.user_id)
        );

        left.unwrap();
        assert_nobodys(&*store, &delivered.unwrap()).await;
        // And one whose lines return to the cart while its shopper leaves.
        let order = placed(&*store, &lease).await;
        assert_ne!(order.user_id, refused);
        let declined = order.clone().refuse(Reason::PaymentDeclined);
        let (declined, left) = join!(
            store.advance(declined, &lease),
            other.forget_person(order.user_id)
        );
        left.unwrap();
        let declined = declined.unwrap().unwrap();
        assert!(store.cart(order.user_id).await.unwrap().is_empty());
        let over = advance(&*store, &lease, voided(declined)).await;
        assert_nobodys(&*store, &over).await;
    }
}
