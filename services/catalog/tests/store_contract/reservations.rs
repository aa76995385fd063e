//! Stock that is reserved, sold and given back.

use std::sync::Arc;

use catalog::{Error, store::Store};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{at_once, later, line, open, seed, soon, stock};

testkit::on_every_adapter!(
    a_reservation_takes_all_lines_or_none,
    a_reservation_is_made_once_for_an_order,
    a_hundred_buyers_at_once_of_ten_pieces_buy_exactly_ten,
    buyers_of_the_same_in_another_order_do_not_deadlock,
    a_hold_lapses_when_its_time_is_over,
    of_sweepers_at_once_each_gives_back_what_no_other_does,
    a_lapsed_reservation_is_sold_only_if_the_stock_is_still_there,
    a_lapsed_reservation_can_be_made_again,
    a_release_gives_back_once_and_forbids_a_later_reservation,
);

async fn a_reservation_takes_all_lines_or_none(store: Arc<dyn Store>) {
    let [basil, fern, ivy] = seed(&store, [5, 1, 5]).await;
    let lines = [line(basil, 2), line(fern, 2), line(ivy, 5)].concat();

    let refused = store.reserve(Uuid::now_v7(), lines, soon()).await;
    let both = [line(basil, 2), line(ivy, 5)].concat();
    store.reserve(Uuid::now_v7(), both, soon()).await.unwrap();

    assert!(matches!(refused, Err(Error::OutOfStock(missing)) if missing == [1]));
    for (id, left) in [(basil, 3), (fern, 1), (ivy, 0)] {
        assert_eq!(stock(&store, id).await, left);
    }
}

async fn a_reservation_is_made_once_for_an_order(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [5]).await;
    let order = Uuid::now_v7();

    store.reserve(order, line(basil, 2), soon()).await.unwrap();
    store.reserve(order, line(basil, 2), soon()).await.unwrap();
    let other = store.reserve(order, line(basil, 1), soon()).await;

    assert!(matches!(other, Err(Error::KeyReused)));
    assert_eq!(stock(&store, basil).await, 3);
}

async fn a_hundred_buyers_at_once_of_ten_pieces_buy_exactly_ten(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [10]).await;

    let buyers = (0..100).map(|_| {
        let store = store.clone();
        let buy = async move { store.reserve(Uuid::now_v7(), line(basil, 1), soon()).await };
        tokio::spawn(buy)
    });
    let mut sold = 0;
    for buyer in buyers.collect::<Vec<_>>() {
        match buyer.await.unwrap() {
            Ok(()) => sold += 1,
            Err(refused) => assert!(matches!(refused, Error::OutOfStock(_))),
        }
    }

    assert_eq!((sold, stock(&store, basil).await), (10, 0));
}

async fn buyers_of_the_same_in_another_order_do_not_deadlock(store: Arc<dyn Store>) {
    let [basil, fern, ivy] = seed(&store, [100, 100, 100]).await;

    let buyers = at_once(60, |n| {
        let store = store.clone();
        let mut lines = [line(basil, 1), line(fern, 1), line(ivy, 1)];
        lines.rotate_left(n % 3);
        if n % 2 == 0 {
            lines.reverse();
        }
        let order = Uuid::now_v7();
        async move {
            store.reserve(order, lines.concat(), soon()).await?;
            match n % 3 {
                0 => store.release(order).await,
                1 => {
                    store
                        .count_sold(vec![(Uuid::now_v7(), lines.concat())])
                        .await
                }
                _ => store.commit(order).await,
            }
        }
    });
    let bought = buyers.await;

    assert!(bought.iter().all(Result::is_ok), "{bought:?}");
    for id in [basil, fern, ivy] {
        assert_eq!(stock(&store, id).await, 60);
    }
}

async fn a_hold_lapses_when_its_time_is_over(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [5]).await;
    let sold = Uuid::now_v7();
    store.reserve(sold, line(basil, 1), soon()).await.unwrap();
    store.commit(sold).await.unwrap();
    store
        .reserve(Uuid::now_v7(), line(basil, 2), soon())
        .await
        .unwrap();

    let early = store.expire(Timestamp::now()).await.unwrap();
    let before = stock(&store, basil).await;
    let lapsed = store.expire(later()).await.unwrap();
    let again = store.expire(later()).await.unwrap();

    assert_eq!((early, before), (0, 2));
    assert_eq!((lapsed, again), (1, 0));
    assert_eq!(stock(&store, basil).await, 4);
}

async fn of_sweepers_at_once_each_gives_back_what_no_other_does(store: Arc<dyn Store>) {
    let [basil, fern] = seed(&store, [500, 500]).await;
    for _ in 0..130 {
        let lines = [line(fern, 2), line(basil, 1)].concat();
        store.reserve(Uuid::now_v7(), lines, soon()).await.unwrap();
    }

    let swept = at_once(4, |_| {
        let store = store.clone();
        async move { store.expire(later()).await.unwrap() }
    });
    let swept = swept.await;

    assert_eq!(swept.iter().sum::<usize>(), 130, "{swept:?}");
    assert_eq!(
        (stock(&store, basil).await, stock(&store, fern).await),
        (500, 500)
    );
}

async fn a_lapsed_reservation_is_sold_only_if_the_stock_is_still_there(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [3]).await;
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    for order in [first, second] {
        store.reserve(order, line(basil, 2), soon()).await.unwrap();
        store.expire(later()).await.unwrap();
    }

    store.commit(first).await.unwrap();
    let gone = store.commit(second).await;

    assert!(matches!(gone, Err(Error::OutOfStock(missing)) if missing == [0]));
    assert_eq!(stock(&store, basil).await, 1);
    store.release(second).await.unwrap();
    assert_eq!(stock(&store, basil).await, 1, "it held nothing any more");
}

async fn a_lapsed_reservation_can_be_made_again(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [3]).await;
    let order = Uuid::now_v7();
    store.reserve(order, line(basil, 2), soon()).await.unwrap();
    store.expire(later()).await.unwrap();

    let other = store.reserve(order, line(basil, 1), soon()).await;
    store.reserve(order, line(basil, 2), soon()).await.unwrap();

    assert!(matches!(other, Err(Error::KeyReused)));
    assert_eq!(stock(&store, basil).await, 1);
    assert_eq!(
        store.expire(Timestamp::now()).await.unwrap(),
        0,
        "its hold is a new one"
    );
}

async fn a_release_gives_back_once_and_forbids_a_later_reservation(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [5]).await;
    let [held, sold, none] = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
    store.reserve(held, line(basil, 1), soon()).await.unwrap();
    store.reserve(sold, line(basil, 2), soon()).await.unwrap();
    store.commit(sold).await.unwrap();

    for order in [held, sold, none, held, sold, none] {
        store.release(order).await.unwrap();
    }

    assert_eq!(stock(&store, basil).await, 5);
    for order in [held, sold, none] {
        let late = store.reserve(order, line(basil, 1), soon()).await;
        assert!(matches!(late, Err(Error::WrongState)));
        assert!(matches!(store.commit(order).await, Err(Error::WrongState)));
    }
    assert!(matches!(
        store.commit(Uuid::now_v7()).await,
        Err(Error::NotFound)
    ));
}
