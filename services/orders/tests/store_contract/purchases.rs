//! Orders: placed once a key and a cart, found, listed, and changed by one at a time.

use futures::future::join_all;
use orders::{
    Error,
    change::Change,
    order::{Order, Status},
    payment::PaymentStatus,
    saga::{Reason, Saga},
    store::Placing,
};
use uuid::Uuid;

use crate::{
    FINGERPRINT, Replicas, advance, cancel, code, deliver, in_s, item, lease, open, order, place,
    placed, settled, ship, statuses,
};

on_every_store!(
    an_order_comes_back_as_it_was_placed,
    of_those_who_place_with_one_key_one_places_and_the_others_find_its_order,
    of_two_orders_of_one_cart_one_is_placed,
    a_number_is_given_once,
    lists_go_from_new_to_old_page_by_page,
    the_declined_cards_of_one_user_are_found_for_a_while,
    an_order_is_cancelled_by_its_owner_until_it_is_shipped,
    a_status_changes_once_and_from_the_one_before_alone,
    a_tracking_code_that_is_known_stays_when_none_comes,
    a_store_that_is_there_answers,
);

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

async fn the_declined_cards_of_one_user_are_found_for_a_while([store, other]: Replicas) {
    let (user_id, item, lease) = (Uuid::now_v7(), item(1), lease(10));
    store.set_item(user_id, item).await.unwrap();
    let mut times = Vec::new();
    for (key, reason) in ["1", "2", "3", "4", "5", "6", "7"].into_iter().zip(
        [Reason::Shopper]
            .into_iter()
            .chain(std::iter::repeat(Reason::PaymentDeclined)),
    ) {
        let order = order(user_id, &[item]);
        place(&*store, &order, key, &lease).await;
        times.insert(0, order.placed_at);
        advance(&*store, &lease, order.refuse(reason)).await;
    }

    let declined = async |user_id, now| other.declined(user_id, now).await.unwrap();

    assert_eq!(declined(user_id, in_s(0)).await, times[..5]);
    assert_eq!(declined(Uuid::now_v7(), in_s(0)).await, []);
    assert_eq!(declined(user_id, in_s(301)).await, []);
    let before = in_s(-3_600);
    assert_eq!(
        declined(user_id, before).await,
        [],
        "the clock was set back"
    );
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

async fn a_store_that_is_there_answers(replicas: Replicas) {
    for store in replicas {
        store.ping().await.unwrap();
    }
}
