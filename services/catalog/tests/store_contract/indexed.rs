//! What an index that is kept elsewhere has to know: which products it does not have as they are.

use std::collections::BTreeMap;

use catalog::store::Change;

use crate::*;

testkit::on_every_adapter!(
    what_a_search_sees_is_to_be_indexed_until_it_is,
    whoever_indexes_late_or_again_hides_no_change,
    all_products_are_indexed_page_by_page_and_those_that_are_sold_are_found,
);

/// The products that are to be indexed, each with its version.
async fn due(store: &Arc<dyn Store>) -> BTreeMap<Uuid, i64> {
    let due = store.unindexed(10).await.unwrap();
    due.iter().map(|it| (it.product.id, it.version)).collect()
}

async fn index(store: &Arc<dyn Store>) {
    let versions = due(store).await.into_iter().collect();
    store.note_indexed(versions).await.unwrap();
    assert!(due(store).await.is_empty());
}

async fn what_a_search_sees_is_to_be_indexed_until_it_is(store: Arc<dyn Store>) {
    let [basil, fern] = seed(&store, [2, 5]).await;
    assert_eq!(due(&store).await.len(), 2, "all that is new");
    index(&store).await;
    let change = async |id, change| store.change(id, any(), change).await.unwrap();
    let is_due = async |id, reason: &str| {
        let due: Vec<_> = due(&store).await.into_keys().collect();
        assert_eq!(due, [id], "{reason}");
        index(&store).await;
    };

    let mut details = product("Sweet basil", 2).details;
    change(basil, Change::Details(Box::new(details.clone()))).await;
    is_due(basil, "another name").await;
    details.price = Price::cents(7).unwrap();
    change(basil, Change::Details(Box::new(details))).await;
    is_due(basil, "another price").await;
    let order = Uuid::now_v7();
    store.reserve(order, line(basil, 1), soon()).await.unwrap();
    assert!(due(&store).await.is_empty(), "it can still be bought");
    change(basil, Change::Image("basil.svg".to_owned())).await;
    assert!(due(&store).await.is_empty(), "a search sees no picture");
    let last = Uuid::now_v7();
    store.reserve(last, line(basil, 1), soon()).await.unwrap();
    is_due(basil, "sold out").await;
    store.release(last).await.unwrap();
    is_due(basil, "back").await;
    change(fern, Change::Stock(0)).await;
    is_due(fern, "none left").await;
    change(fern, Change::Retire).await;
    let retired = store.unindexed(10).await.unwrap();
    assert!(retired.len() == 1 && retired[0].is_retired);
    assert_eq!(retired[0].category, "Plants");
}

async fn whoever_indexes_late_or_again_hides_no_change(store: Arc<dyn Store>) {
    let [basil] = seed(&store, [2]).await;
    let before = due(&store).await[&basil];
    store.change(basil, any(), Change::Stock(0)).await.unwrap();
    let after = due(&store).await[&basil];
    assert!(before < after);

    store.note_indexed(vec![(basil, before)]).await.unwrap();

    assert_eq!(due(&store).await[&basil], after);
    for version in [after, before, after] {
        store.note_indexed(vec![(basil, version)]).await.unwrap();
        assert!(due(&store).await.is_empty());
    }
}

async fn all_products_are_indexed_page_by_page_and_those_that_are_sold_are_found(
    store: Arc<dyn Store>,
) {
    let [basil, fern, ivy] = seed(&store, [2, 0, 5]).await;
    store.change(fern, any(), Change::Retire).await.unwrap();

    let first = store.indexable(i64::MIN, 2).await.unwrap();
    let rest = store.indexable(first[1].product.seq, 2).await.unwrap();

    let ids = |some: &[catalog::store::Indexable]| -> Vec<_> {
        some.iter()
            .map(|it| (it.product.id, it.is_retired))
            .collect()
    };
    assert_eq!(ids(&first), [(basil, false), (fern, true)]);
    assert_eq!(ids(&rest), [(ivy, false)]);
    let found = store.find_all(&[ivy, Uuid::now_v7(), fern, basil]).await;
    let mut found: Vec<_> = found.unwrap().into_iter().map(|it| it.id).collect();
    found.sort_unstable();
    let mut sold = [ivy, basil];
    sold.sort_unstable();
    assert_eq!(found, sold);
}
