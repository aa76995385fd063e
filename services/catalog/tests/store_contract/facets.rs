//! Counts by category, price and stock: of what is sold now.

use catalog::search::{Facets, Filter};
use catalog::store::Change;

use crate::*;

testkit::on_every_adapter!(what_is_counted_follows_each_write);

/// How many there are in all, of the one category, to be had now, and in each price band that has some.
fn counts(facets: &Facets) -> (i64, i64, i64, Vec<i64>) {
    let prices = facets.of_prices().map(|(_, count)| count);
    (
        facets.total,
        facets.of_category("plants"),
        facets.in_stock,
        prices.filter(|count| *count > 0).collect(),
    )
}

async fn what_is_counted_follows_each_write(store: Arc<dyn Store>) {
    let [basil, fern] = seed(&store, [2, 5]).await;
    let change = async |id, change| store.change(id, any(), change).await.unwrap();
    let counted = async || counts(&store.facets(&Filter::default()).await.unwrap());

    assert_eq!(counted().await, (2, 2, 2, vec![2]));
    let order = Uuid::now_v7();
    store.reserve(order, line(basil, 2), soon()).await.unwrap();
    assert_eq!(counted().await, (2, 2, 1, vec![2]), "one is sold out");
    store.release(order).await.unwrap();
    assert_eq!(counted().await, (2, 2, 2, vec![2]), "it is back");
    let mut details = product("Basil", 2).details;
    details.price = Price::cents(9_999_999).unwrap();
    change(basil, Change::Details(Box::new(details))).await;
    assert_eq!(counted().await, (2, 2, 2, vec![1, 1]), "it is dearer");
    change(fern, Change::Retire).await;
    assert_eq!(counted().await, (1, 1, 1, vec![1]), "one is sold no more");
}
