//! What every adapter of the store guarantees: the same cases for each of them.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{collections::HashMap, sync::Arc};

use catalog::{
    Error,
    product::{Details, Price, Product, Slug},
    reservation::Line,
    search::{Filter, Sort},
    store::{
        Change, NewProduct, Seen, SortKey, Store, postgres::PostgresStore, sqlite::SqliteStore,
    },
};
use jiff::{SignedDuration, Timestamp};
use kit::{http::Limit, store::StoreUrl};
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};
use testkit::postgres::database;
use uuid::Uuid;

testkit::on_every_adapter!(
    a_product_is_found_by_id_and_slug_until_it_is_retired,
    a_slug_is_taken_once,
    the_slug_of_what_is_retired_is_free,
    every_product_is_looked_at_to_be_found,
    an_unknown_category_is_refused_and_changes_nothing,
    a_change_of_another_version_is_refused,
    of_changes_of_one_version_at_once_one_is_made,
    of_counts_and_sales_at_once_no_sale_is_undone,
    a_seed_comes_whole_or_not_at_all,
    of_those_who_seed_at_once_one_does,
    a_reservation_takes_all_lines_or_none,
    a_reservation_is_made_once_for_an_order,
    a_hundred_buyers_at_once_of_ten_pieces_buy_exactly_ten,
    buyers_of_the_same_in_another_order_do_not_deadlock,
    a_hold_lapses_when_its_time_is_over,
    of_sweepers_at_once_each_gives_back_what_no_other_does,
    a_lapsed_reservation_is_sold_only_if_the_stock_is_still_there,
    a_lapsed_reservation_can_be_made_again,
    a_release_gives_back_once_and_forbids_a_later_reservation,
    an_event_is_counted_once,
    an_event_that_is_told_to_many_at_once_is_counted_once,
    an_event_older_than_a_consumer_remembers_is_not_counted,
    what_cannot_be_stored_is_not_found,
);

async fn open(url: &StoreUrl) -> Arc<dyn Store> {
    match url {
        StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path).unwrap()),
        StoreUrl::Postgres(url) => Arc::new(PostgresStore::open(url).await.unwrap()),
    }
}

/// Runs so many tasks at once; their answers.
async fn at_once<T: Send + 'static, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(task(n))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn product(name: &str, stock: i64) -> NewProduct {
    NewProduct {
        id: Uuid::now_v7(),
        slug: Slug::from_name(name),
        stock,
        rating: 4.0,
        image: "pot.svg".to_owned(),
        details: Details {
            name: name.to_owned(),
            botanical_name: None,
            summary: String::new(),
            description: String::new(),
            category: "plants".to_owned(),
            price: Price::cents(1000).unwrap(),
            care: String::new(),
            attributes: Default::default(),
        },
    }
}

/// Seeds products with this stock and returns their ids.
async fn seed<const N: usize>(store: &Arc<dyn Store>, stock: [i64; N]) -> [Uuid; N] {
    let names = ["Basil", "Fern", "Ivy"];
    let products: Vec<_> = stock
        .iter()
        .zip(names)
        .map(|(n, name)| product(name, *n))
        .collect();
    let ids = std::array::from_fn(|at| products[at].id);
    let category = ("plants".to_owned(), "Plants".to_owned(), 1);
    store.seed(vec![category], products).await.unwrap();
    ids
}

async fn stock(store: &Arc<dyn Store>, id: Uuid) -> i64 {
    store.find(&id.to_string()).await.unwrap().unwrap().stock
}

/// Whatever there is.
fn any() -> Seen {
    Box::new(|_| true)
}

fn version(seen: i64) -> Seen {
    Box::new(move |now| now.version == seen)
}

fn line(product_id: Uuid, quantity: i64) -> Vec<Line> {
    vec![Line {
        product_id,
        quantity,
    }]
}

fn soon() -> Timestamp {
    Timestamp::now() + SignedDuration::from_mins(15)
}

/// When every hold made with [`soon`] is over.
fn later() -> Timestamp {
    Timestamp::now() + SignedDuration::from_mins(16)
}

async fn a_product_is_found_by_id_and_slug_until_it_is_retired(store: Arc<dyn Store>) {
    seed(&store, []).await;
    let basil = store.insert(product("Basil", 3)).await.unwrap();

    let by_slug = store.find("basil").await.unwrap().unwrap();
    let by_id = store.find(&basil.id.to_string()).await.unwrap().unwrap();
    store.change(basil.id, any(), Change::Retire).await.unwrap();

    assert_eq!(
        (by_slug.id, by_id.slug.as_str(), by_id.stock),
        (basil.id, "basil", 3)
    );
    assert!(store.find("basil").await.unwrap().is_none());
    assert!(store.find(&basil.id.to_string()).await.unwrap().is_none());
    let quotes = store.quote(&[basil.id]).await.unwrap();
    assert_eq!((quotes[0].name.as_str(), quotes[0].stock), ("Basil", 0));
    assert!(!store.is_empty().await.unwrap());
}

async fn a_slug_is_taken_once(store: Arc<dyn Store>) {
    seed(&store, [1]).await;

    let twice = store.insert(product("Basil", 2)).await;

    assert!(matches!(twice, Err(Error::SlugTaken)));
    assert_eq!(store.find("basil").await.unwrap().unwrap().stock, 1);
}

async fn the_slug_of_what_is_retired_is_free(store: Arc<dyn Store>) {
    let [first] = seed(&store, [1]).await;

    for stock in 2..5 {
        let old = store.find("basil").await.unwrap().unwrap().id;
        store.change(old, any(), Change::Retire).await.unwrap();
        store.insert(product("Basil", stock)).await.unwrap();
        assert_eq!(store.find("basil").await.unwrap().unwrap().stock, stock);
    }

    assert!(store.find(&first.to_string()).await.unwrap().is_none());
}

async fn every_product_is_looked_at_to_be_found(store: Arc<dyn Store>) {
    seed(&store, []).await;
    let mut last = 0;
    for n in 0..201 {
        let new = store
            .insert(product(&format!("Fern {n}"), 1))
            .await
            .unwrap();
        last = new.seq;
    }

    let some = store.reindex(i64::MIN).await.unwrap().unwrap();
    let rest = store.reindex(some).await.unwrap();

    assert_eq!(rest, Some(last));
    assert_eq!(store.reindex(last).await.unwrap(), None);
    let known = store.vocabulary(20).await.unwrap();
    assert!(known.contains("fern") && known.contains("200") && !known.contains("9"));
}

async fn an_unknown_category_is_refused_and_changes_nothing(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [1]).await;
    let mut astray = product("Astray", 1);
    astray.details.category = "moon".to_owned();

    let change = Change::Details(Box::new(astray.details.clone()));
    let changed = store.change(basil, any(), change).await;
    let inserted = store.insert(astray).await;

    assert!(matches!(changed, Err(Error::UnknownCategory)));
    assert!(matches!(inserted, Err(Error::UnknownCategory)));
    assert!(store.find("astray").await.unwrap().is_none());
    assert_eq!(store.find("basil").await.unwrap().unwrap().version, 1);
}

async fn a_change_of_another_version_is_refused(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [1]).await;

    let changed = store
        .change(basil, version(1), Change::Stock(5))
        .await
        .unwrap();
    let late = store.change(basil, version(1), Change::Stock(9)).await;
    let gone = store.change(Uuid::now_v7(), any(), Change::Stock(9)).await;

    assert_eq!((changed.version, changed.stock), (2, 5));
    assert!(matches!(late, Err(Error::Changed)));
    assert!(matches!(gone, Err(Error::NotFound)));
    assert_eq!(stock(&store, basil).await, 5);
}

async fn of_changes_of_one_version_at_once_one_is_made(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [1]).await;

    let changes = at_once(8, |n| {
        let store = store.clone();
        let stock = Change::Stock(10 + n as i64);
        async move { store.change(basil, version(1), stock).await }
    });
    let changes = changes.await;

    let made = changes.iter().filter_map(|change| change.as_ref().ok());
    let made: Vec<_> = made
        .map(|product| (product.version, product.stock))
        .collect();
    assert_eq!(made, [(2, stock(&store, basil).await)]);
    let late = changes
        .iter()
        .filter(|change| matches!(change, Err(Error::Changed)));
    assert_eq!(late.count(), 7);
}

async fn of_counts_and_sales_at_once_no_sale_is_undone(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [100]).await;

    let changes = at_once(40, |n| {
        let store = store.clone();
        async move {
            if n % 4 > 0 {
                store
                    .reserve(Uuid::now_v7(), line(basil, 1), soon())
                    .await?;
                return Ok(-1);
            }
            let counted = stock(&store, basil).await;
            let seen = Box::new(move |now: &Product| now.stock == counted);
            let five_more = Change::Stock(counted + 5);
            match store.change(basil, seen, five_more).await {
                Err(Error::Changed) => Ok(0),
                made => made.map(|_| 5),
            }
        }
    });
    let changes: Result<Vec<i64>, Error> = changes.await.into_iter().collect();

    let changed: i64 = changes.unwrap().iter().sum();
    assert_eq!(stock(&store, basil).await, 100 + changed);
}

async fn a_seed_comes_whole_or_not_at_all(store: Arc<dyn Store>) {
    let category = ("plants".to_owned(), "Plants".to_owned(), 1);

    let twice = vec![product("Basil", 1), product("Basil", 1)];
    let refused = store.seed(vec![category], twice).await;

    assert!(refused.is_err());
    assert!(store.is_empty().await.unwrap());
    assert!(store.categories().await.unwrap().is_empty());
    seed(&store, [1]).await;
    assert!(!store.is_empty().await.unwrap());
}

async fn of_those_who_seed_at_once_one_does(store: Arc<dyn Store>) {
    let seeds = at_once(4, |n| {
        let store = store.clone();
        let category = ("plants".to_owned(), "Plants".to_owned(), 1);
        let products = vec![product("Basil", n as i64), product("Fern", n as i64)];
        async move { store.seed(vec![category], products).await.unwrap() }
    });
    let seeds = seeds.await;

    let seeder: Vec<_> = (0..4).filter(|n| seeds[*n]).collect();
    let basil = store.find("basil").await.unwrap().unwrap();
    assert_eq!(seeder, [basil.stock as usize]);
    assert_eq!(store.categories().await.unwrap()[0].products, 2);
}

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

async fn an_event_is_counted_once(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [5]).await;
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let popularity = async || store.find("basil").await.unwrap().unwrap().popularity;
    let before = popularity().await;

    store
        .count_sold(vec![(first, line(basil, 3)), (first, line(basil, 3))])
        .await
        .unwrap();
    store
        .count_sold(vec![(second, line(basil, 2)), (first, line(basil, 3))])
        .await
        .unwrap();

    assert_eq!(popularity().await, before + 5);
}

async fn an_event_that_is_told_to_many_at_once_is_counted_once(store: Arc<dyn Store>) {
    let [basil, fern] = seed(&store, [5, 5]).await;
    let events: Vec<Uuid> = (0..20).map(|_| Uuid::now_v7()).collect();
    let before = store.find("basil").await.unwrap().unwrap().popularity;

    let counted = at_once(4, |n| {
        let store = store.clone();
        let mut sold: Vec<_> = events
            .iter()
            .map(|event| (*event, [line(basil, 1), line(fern, 1)].concat()))
            .collect();
        if n % 2 == 0 {
            sold.reverse();
        }
        async move { store.count_sold(sold).await }
    });
    let counted = counted.await;

    assert!(counted.iter().all(Result::is_ok), "{counted:?}");
    for slug in ["basil", "fern"] {
        let popularity = store.find(slug).await.unwrap().unwrap().popularity;
        assert_eq!(popularity, before + 20);
    }
}

async fn an_event_older_than_a_consumer_remembers_is_not_counted(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [5]).await;
    let days_ago = |days: i64| {
        let at = Timestamp::now() - SignedDuration::from_hours(24 * days);
        let ms = at.as_millisecond().try_into().unwrap();
        uuid::Builder::from_unix_timestamp_millis(ms, &[1; 10]).into_uuid()
    };
    let before = store.find("basil").await.unwrap().unwrap().popularity;

    for (event, pieces) in [(days_ago(31), 100), (days_ago(29), 1)] {
        store
            .count_sold(vec![(event, line(basil, pieces))])
            .await
            .unwrap();
    }

    let after = store.find("basil").await.unwrap().unwrap().popularity;
    assert_eq!(after, before + 1);
}

async fn what_cannot_be_stored_is_not_found(store: Arc<dyn Store>) {
    seed(&store, [5]).await;
    let filter = Filter {
        category: Some("plants\0".to_owned()),
        ..Filter::default()
    };

    assert!(store.find("basil\0").await.unwrap().is_none());
    let listed = store.list(&filter, None, Limit::default()).await.unwrap();
    assert!(listed.is_empty());
    let filter = Filter {
        sort: Sort::Name,
        ..Filter::default()
    };
    let after = Some((SortKey::Text("a\0".to_owned()), 0));
    let listed = store.list(&filter, after, Limit::default()).await.unwrap();
    assert_eq!(listed.len(), 1);
}

/// One thing that happens to one of a few orders.
#[derive(Clone, Debug)]
enum Step {
    Reserve(usize, Vec<(usize, i64)>),
    Commit(usize),
    Release(usize),
    ExpireAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lines = prop::collection::btree_map(0..3_usize, 1..5_i64, 1..3);
    let step = prop_oneof![
        4 => (0..6_usize, lines)
            .prop_map(|(order, lines)| Step::Reserve(order, lines.into_iter().collect())),
        2 => (0..6_usize).prop_map(Step::Commit),
        2 => (0..6_usize).prop_map(Step::Release),
        1 => Just(Step::ExpireAll),
    ];
    prop::collection::vec(step, 1..60)
}

/// What the rules say about an order, without a database.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Held,
    Sold,
    Released,
    Lapsed,
}

/// The shop as the rules tell it: free stock, and where every order stands.
struct Model {
    stock: [i64; 3],
    orders: HashMap<usize, (Stage, Vec<(usize, i64)>)>,
}

impl Model {
    fn take(&mut self, lines: &[(usize, i64)]) -> bool {
        let enough = lines.iter().all(|(product, n)| self.stock[*product] >= *n);
        if enough {
            lines
                .iter()
                .for_each(|(product, n)| self.stock[*product] -= n);
        }
        enough
    }

    fn give_back(&mut self, lines: &[(usize, i64)]) {
        lines
            .iter()
            .for_each(|(product, n)| self.stock[*product] += n);
    }

    /// Whether the step succeeds.
    fn apply(&mut self, step: &Step) -> bool {
        match step {
            Step::Reserve(order, lines) => match self.orders.get(order) {
                Some((Stage::Released, _)) => false,
                Some((_, known)) if known != lines => false,
                Some((Stage::Held | Stage::Sold, _)) => true,
                Some((Stage::Lapsed, _)) | None => {
                    let taken = self.take(lines);
                    if taken {
                        self.orders.insert(*order, (Stage::Held, lines.clone()));
                    }
                    taken
                }
            },
            Step::Commit(order) => match self.orders.get(order).cloned() {
                Some((Stage::Held | Stage::Sold, lines)) => {
                    self.orders.insert(*order, (Stage::Sold, lines));
                    true
                }
                Some((Stage::Lapsed, lines)) if self.take(&lines) => {
                    self.orders.insert(*order, (Stage::Sold, lines));
                    true
                }
                _ => false,
            },
            Step::Release(order) => {
                if let Some((Stage::Held | Stage::Sold, lines)) = self.orders.get(order).cloned() {
                    self.give_back(&lines);
                }
                let entry = self
                    .orders
                    .entry(*order)
                    .or_insert((Stage::Released, vec![]));
                entry.0 = Stage::Released;
                true
            }
            Step::ExpireAll => {
                let held = self
                    .orders
                    .values_mut()
                    .filter(|(stage, _)| *stage == Stage::Held);
                let mut back = Vec::new();
                for (stage, lines) in held {
                    *stage = Stage::Lapsed;
                    back.extend_from_slice(lines);
                }
                self.give_back(&back);
                true
            }
        }
    }
}

async fn act(store: &dyn Store, step: &Step, orders: &[Uuid], products: [Uuid; 3]) -> bool {
    let result = match step {
        Step::Reserve(order, lines) => {
            let lines = lines.iter().map(|(product, quantity)| Line {
                product_id: products[*product],
                quantity: *quantity,
            });
            store.reserve(orders[*order], lines.collect(), soon()).await
        }
        Step::Commit(order) => store.commit(orders[*order]).await,
        Step::Release(order) => store.release(orders[*order]).await,
        Step::ExpireAll => store.expire(later()).await.map(drop),
    };
    assert!(!matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    result.is_ok()
}

const START: [i64; 3] = [8, 5, 3];

/// Takes the steps on an empty store, and compares it with the model after each.
async fn follows_the_rules(store: Arc<dyn Store>, steps: &[Step]) -> Result<(), TestCaseError> {
    let products = seed(&store, START).await;
    let orders: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    let mut model = Model {
        stock: START,
        orders: HashMap::new(),
    };

    for step in steps {
        let done = act(&*store, step, &orders, products).await;

        prop_assert_eq!(done, model.apply(step), "{:?}", step);
        let mut free = START;
        for (at, id) in products.into_iter().enumerate() {
            free[at] = stock(&store, id).await;
        }
        prop_assert_eq!(free, model.stock, "{:?}", step);
        let mut all = free;
        for (stage, lines) in model.orders.values() {
            if matches!(stage, Stage::Held | Stage::Sold) {
                lines.iter().for_each(|(product, n)| all[*product] += n);
            }
        }
        prop_assert_eq!(all, START);
    }
    Ok(())
}

/// Whatever happens in which order, no piece is made or lost.
fn no_piece_is_made_or_lost(
    cases: u32,
    follow: impl AsyncFn(&[Step]) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases));
    let result = runner.run(&steps(), |steps| runtime.block_on(follow(&steps)));
    result.unwrap();
}

#[test]
fn no_piece_is_made_or_lost_in_sqlite() {
    no_piece_is_made_or_lost(48, async |steps| {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("catalog.db"));
        follows_the_rules(open(&url).await, steps).await
    });
}

#[test]
fn no_piece_is_made_or_lost_in_postgres() {
    no_piece_is_made_or_lost(16, async |steps| {
        let database = database().await;
        follows_the_rules(open(&database.url()).await, steps).await
    });
}
