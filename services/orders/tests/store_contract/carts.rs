//! Carts, and what an order takes out of one and returns to it.

use futures::future::join_all;
use orders::{
    Error,
    cart::{Item, MAX_ITEMS, same_basket},
    order::Status,
    payment::PaymentStatus,
    saga::{Reason, Saga},
    store::Placing,
};
use uuid::Uuid;

use crate::{Replicas, advance, in_s, item, lease, open, order, place, statuses, voided};

on_every_store!(
    a_cart_keeps_the_order_of_adding_and_the_last_quantity,
    a_cart_keeps_the_order_of_adding_although_the_clock_was_set_back,
    a_cart_holds_a_hundred_products_however_many_come_at_once,
    of_what_twenty_do_at_one_cart_nothing_is_lost,
    a_refused_order_returns_no_more_than_the_cart_has_room_for,
    a_refused_order_returns_its_lines_to_the_cart,
    what_is_added_while_an_order_is_placed_stays_in_the_cart,
    a_cart_that_changed_is_not_ordered,
);

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

async fn a_cart_keeps_the_order_of_adding_although_the_clock_was_set_back([store, _]: Replicas) {
    let shopper = Uuid::now_v7();
    let (returned, added) = (item(1), item(2));
    store.set_item(shopper, returned).await.unwrap();
    let mut order = order(shopper, &[returned]);
    order.placed_at = in_s(3_600);
    let lease = lease(10);
    place(&*store, &order, "key", &lease).await;
    advance(&*store, &lease, order.refuse(Reason::PaymentDeclined)).await;

    store.set_item(shopper, added).await.unwrap();

    assert_eq!(store.cart(shopper).await.unwrap(), [returned, added]);
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

async fn of_what_twenty_do_at_one_cart_nothing_is_lost(replicas: Replicas) {
    let shopper = Uuid::now_v7();
    let old: Vec<Item> = (0..10).map(|_| item(1)).collect();
    for item in &old {
        replicas[0].set_item(shopper, *item).await.unwrap();
    }
    let new: Vec<Item> = (0..10).map(|_| item(2)).collect();

    let removing = old.iter().zip(0..).map(|(item, n)| {
        let (store, product_id) = (replicas[n % 2].clone(), item.product_id);
        tokio::spawn(async move { store.remove_item(shopper, product_id).await })
    });
    let adding = new.iter().zip(0..).map(|(item, n)| {
        let (store, item) = (replicas[n % 2].clone(), *item);
        tokio::spawn(async move { store.set_item(shopper, item).await })
    });
    let all = removing.chain(adding).collect::<Vec<_>>();
    for done in join_all(all).await {
        done.unwrap().unwrap();
    }

    let cart = replicas[1].cart(shopper).await.unwrap();
    assert!(same_basket(&cart, &new), "{cart:?}");
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
