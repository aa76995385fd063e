//! What every adapter of nursery's store guarantees.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use kit::store::StoreUrl;
use nursery::{
    seedling::{Name, Seedling},
    store::{Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use uuid::Uuid;

testkit::on_every_adapter!(
    a_seedling_comes_back_as_it_was_added,
    of_two_by_the_same_key_at_once_both_get_the_first,
    seedlings_are_listed_newest_first_from_where_one_says,
    what_is_removed_is_gone,
    a_store_that_is_there_answers,
);

async fn open(url: &StoreUrl) -> Box<dyn Store> {
    match url {
        StoreUrl::Sqlite(path) => Box::new(SqliteStore::open(path).unwrap()),
        StoreUrl::Postgres(url) => Box::new(PostgresStore::open(url).await.unwrap()),
    }
}

fn seedling(name: &str) -> Seedling {
    Seedling::new(Name::parse(name).unwrap())
}

async fn a_seedling_comes_back_as_it_was_added(store: Box<dyn Store>) {
    let fern = seedling("Fern");

    let added = store.add(&fern, "one").await.unwrap();

    assert_eq!(added, fern);
    assert_eq!(store.find(fern.id).await.unwrap(), Some(fern));
    assert_eq!(store.find(Uuid::now_v7()).await.unwrap(), None);
}

async fn of_two_by_the_same_key_at_once_both_get_the_first(store: Box<dyn Store>) {
    for n in 0..20 {
        let (one, other) = (seedling("One"), seedling("Other"));
        let key = format!("key {n}");

        let both = tokio::join!(store.add(&one, &key), store.add(&other, &key));

        let (first, second) = (both.0.unwrap(), both.1.unwrap());
        assert_eq!(first, second);
        assert!([one, other].contains(&first));
    }
}

async fn seedlings_are_listed_newest_first_from_where_one_says(store: Box<dyn Store>) {
    let all = ["One", "Two", "Three"].map(seedling);
    for (n, each) in all.iter().enumerate() {
        store.add(each, &n.to_string()).await.unwrap();
    }
    let [one, two, three] = all;

    let first = store.list(None, 2).await.unwrap();
    let rest = store.list(Some(two.id), 2).await.unwrap();

    assert_eq!(first, [three, two]);
    assert_eq!(rest, [one]);
}

async fn what_is_removed_is_gone(store: Box<dyn Store>) {
    let fern = store.add(&seedling("Fern"), "one").await.unwrap();

    assert!(store.remove(fern.id).await.unwrap());

    assert!(!store.remove(fern.id).await.unwrap());
    assert_eq!(store.find(fern.id).await.unwrap(), None);
}

async fn a_store_that_is_there_answers(store: Box<dyn Store>) {
    store.ping().await.unwrap();
}
