//! The address book.

use users::address::MAX_ADDRESSES;

use super::*;

testkit::on_every_adapter!(
    addresses_come_back_oldest_first_to_their_owner_alone,
    a_book_holds_so_many_and_belongs_to_a_user,
    an_address_is_replaced_and_deleted_by_its_owner_alone,
);

async fn addresses_come_back_oldest_first_to_their_owner_alone(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    for (id, city) in [(second, "Salem"), (first, "Portland")] {
        store
            .insert_address(rose.id, id, &address(city))
            .await
            .unwrap();
    }

    let listed = store.list_addresses(rose.id).await.unwrap();
    let found = store.find_address(rose.id, first).await.unwrap().unwrap();

    let listed: Vec<_> = listed
        .iter()
        .map(|(id, a)| (*id, a.city.as_str()))
        .collect();
    assert_eq!(listed, [(first, "Portland"), (second, "Salem")]);
    assert_eq!((found.name, found.line2), ("Rose Gardener".into(), None));
    assert!(store.list_addresses(lily.id).await.unwrap().is_empty());
    assert!(store.find_address(lily.id, first).await.unwrap().is_none());
}

async fn a_book_holds_so_many_and_belongs_to_a_user(store: Box<dyn Store>) {
    let (store, portland) = (&store, &address("Portland"));
    let add = |user| async move { store.insert_address(user, Uuid::now_v7(), portland).await };
    for round in 0..5 {
        let rose = insert(&**store, &format!("rose{round}@garden.example")).await;

        let results = join_all((0..MAX_ADDRESSES + 3).map(|_| add(rose.id))).await;

        let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
        assert_eq!(refused.len(), 3);
        assert!(
            refused
                .iter()
                .all(|fault| matches!(fault, Error::TooManyAddresses))
        );
    }
    assert!(matches!(add(Uuid::now_v7()).await, Err(Error::NotFound)));
}

async fn an_address_is_replaced_and_deleted_by_its_owner_alone(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    let id = Uuid::now_v7();
    store
        .insert_address(rose.id, id, &address("Portland"))
        .await
        .unwrap();

    let stolen = store.replace_address(lily.id, id, &address("Reno")).await;
    let robbed = store.delete_address(lily.id, id).await;
    store
        .replace_address(rose.id, id, &address("Salem"))
        .await
        .unwrap();
    let replaced = store.find_address(rose.id, id).await.unwrap().unwrap();
    store.delete_address(rose.id, id).await.unwrap();
    let again = store.delete_address(rose.id, id).await;

    for refused in [stolen, robbed, again] {
        assert!(matches!(refused, Err(Error::NotFound)));
    }
    assert_eq!(replaced.city, "Salem");
    assert!(store.find_address(rose.id, id).await.unwrap().is_none());
}
