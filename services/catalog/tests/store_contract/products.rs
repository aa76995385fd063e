//! Products: found, added, changed and retired.

use std::sync::Arc;

use catalog::{
    Error,
    product::Product,
    search::{Filter, Sort},
    store::{Change, SortKey, Store},
};
use kit::http::Limit;
use uuid::Uuid;

use crate::{any, at_once, line, open, product, seed, soon, stock, version};

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
    what_cannot_be_stored_is_not_found,
);

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
