//! What every adapter of users' store guarantees.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kit::store::StoreUrl;
use users::{
    Error,
    address::{Address, MAX_ADDRESSES},
    session::{RefreshToken, Session, TokenHash},
    store::{Rotation, Store, postgres::PostgresStore, sqlite::SqliteStore},
    user::{Email, Name, User},
};
use uuid::Uuid;

testkit::on_every_adapter!(
    a_user_comes_back_as_stored_by_id_and_by_address,
    an_address_has_one_account_whoever_comes_first,
    a_user_is_renamed_and_others_are_not,
    a_user_becomes_one_of_the_staff_and_others_do_not,
    a_token_rotates_once_and_its_reuse_ends_the_family_alone,
    of_concurrent_rotations_one_wins,
    a_family_that_ends_takes_a_rotation_under_way_along,
    an_expired_token_is_unknown_and_forgotten_with_its_like_alone,
    any_token_of_a_family_ends_it_and_again,
    addresses_come_back_oldest_first_to_their_owner_alone,
    a_book_holds_so_many_and_belongs_to_a_user,
    an_address_is_replaced_and_deleted_by_its_owner_alone,
    a_store_that_is_there_answers,
);

async fn open(url: &StoreUrl) -> Box<dyn Store> {
    match url {
        StoreUrl::Sqlite(path) => Box::new(SqliteStore::open(path).unwrap()),
        StoreUrl::Postgres(url) => Box::new(PostgresStore::open(url).await.unwrap()),
    }
}

fn user(email: &str) -> User {
    User::new(Email::parse(email).unwrap(), Name::parse("Rose").unwrap())
}

async fn insert(store: &dyn Store, email: &str) -> User {
    let user = user(email);
    store.insert_user(&user, "hash").await.unwrap();
    user
}

/// Begins a session that ends after so many seconds.
async fn begin(store: &dyn Store, user: &User, ends_in_s: i64) -> TokenHash {
    let mut session = Session::new(&RefreshToken::generate(), Uuid::now_v7(), user.id);
    session.expires_at = Timestamp::now() + SignedDuration::from_secs(ends_in_s);
    store.insert_session(&session).await.unwrap();
    session.token
}

fn token() -> TokenHash {
    RefreshToken::generate().hash()
}

fn address(city: &str) -> Address {
    Address {
        name: "Rose Gardener".into(),
        line1: "1 Orchard Lane".into(),
        line2: None,
        city: city.into(),
        region: "OR".into(),
        postal_code: "97201".into(),
        country: "US".into(),
    }
}

async fn a_user_comes_back_as_stored_by_id_and_by_address(store: Box<dyn Store>) {
    let mut staff = user("rose@garden.example");
    staff.is_staff = true;
    store.insert_user(&staff, "the hash").await.unwrap();

    let by_id = store.find_user(staff.id).await.unwrap().unwrap();
    let (by_email, hash) = store.find_credentials(&staff.email).await.unwrap().unwrap();

    assert_eq!(hash, "the hash");
    for found in [by_id, by_email] {
        assert_eq!((found.id, &found.email), (staff.id, &staff.email));
        assert_eq!((found.name.as_str(), found.is_staff), ("Rose", true));
        let stored_ms = staff.created_at.as_millisecond();
        assert_eq!(found.created_at.as_millisecond(), stored_ms);
    }
    assert!(store.find_user(Uuid::now_v7()).await.unwrap().is_none());
    let unknown = Email::parse("lily@garden.example").unwrap();
    assert!(store.find_credentials(&unknown).await.unwrap().is_none());
}

async fn an_address_has_one_account_whoever_comes_first(store: Box<dyn Store>) {
    let users: Vec<_> = (0..8).map(|_| user("rose@garden.example")).collect();

    let results = join_all(users.iter().map(|user| store.insert_user(user, "hash"))).await;

    let made = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(made, 1);
    let refused = results.into_iter().filter_map(Result::err);
    assert!(
        refused
            .into_iter()
            .all(|fault| matches!(fault, Error::EmailTaken))
    );
}

async fn a_user_is_renamed_and_others_are_not(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    let name = Name::parse("Rosa").unwrap();

    let renamed = store.rename_user(rose.id, &name).await.unwrap().unwrap();
    let nobody = store.rename_user(Uuid::now_v7(), &name).await.unwrap();

    assert_eq!((renamed.id, renamed.name.as_str()), (rose.id, "Rosa"));
    assert!(nobody.is_none());
    let lily = store.find_user(lily.id).await.unwrap().unwrap();
    assert_eq!(lily.name.as_str(), "Rose");
}

async fn a_user_becomes_one_of_the_staff_and_others_do_not(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;

    assert!(store.make_staff(&rose.email).await.unwrap());
    let nobody = Email::parse("nobody@garden.example").unwrap();
    assert!(!store.make_staff(&nobody).await.unwrap());

    for (user, is_staff) in [(rose, true), (lily, false)] {
        let user = store.find_user(user.id).await.unwrap().unwrap();
        assert_eq!(user.is_staff, is_staff);
    }
}

async fn a_token_rotates_once_and_its_reuse_ends_the_family_alone(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let (first, second) = (begin(&*store, &rose, 60).await, token());
    let other = begin(&*store, &rose, 60).await;

    let rotated = store.rotate_session(&first, &second).await.unwrap();
    let reused = store.rotate_session(&first, &token()).await.unwrap();
    let after = store.rotate_session(&second, &token()).await.unwrap();
    let elsewhere = store.rotate_session(&other, &token()).await.unwrap();

    assert!(matches!(rotated, Rotation::Rotated(user) if user.id == rose.id));
    assert!(matches!(reused, Rotation::Reused));
    assert!(matches!(after, Rotation::Unknown));
    assert!(matches!(elsewhere, Rotation::Rotated(_)));
}

async fn of_concurrent_rotations_one_wins(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    for _ in 0..10 {
        let first = begin(&*store, &rose, 60).await;
        let new: Vec<_> = (0..8).map(|_| token()).collect();

        let results = join_all(new.iter().map(|new| store.rotate_session(&first, new))).await;

        let won = results
            .iter()
            .filter(|result| matches!(result, Ok(Rotation::Rotated(_))));
        assert_eq!(won.count(), 1);
        for token in new {
            let after = store.rotate_session(&token, &self::token()).await.unwrap();
            assert!(matches!(after, Rotation::Unknown));
        }
    }
}

async fn a_family_that_ends_takes_a_rotation_under_way_along(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    for _ in 0..20 {
        let (first, second, third) = (begin(&*store, &rose, 60).await, token(), token());
        store.rotate_session(&first, &second).await.unwrap();
        let (other, next) = (begin(&*store, &rose, 60).await, token());
        let reused = token();

        let (rotated, found) = tokio::join!(
            store.rotate_session(&second, &third),
            store.rotate_session(&first, &reused),
        );
        let (signed_out, also_rotated) = tokio::join!(
            store.end_family_of(&other),
            store.rotate_session(&other, &next),
        );

        assert!(matches!(found.unwrap(), Rotation::Reused));
        assert!(!matches!(rotated.unwrap(), Rotation::Reused));
        signed_out.unwrap();
        assert!(!matches!(also_rotated.unwrap(), Rotation::Reused));
        for token in [second, third, next] {
            let after = store.rotate_session(&token, &self::token()).await.unwrap();
            assert!(matches!(after, Rotation::Unknown));
        }
    }
}

async fn an_expired_token_is_unknown_and_forgotten_with_its_like_alone(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let expired = begin(&*store, &rose, -1).await;
    let living = begin(&*store, &rose, 60).await;

    let rotation = store.rotate_session(&expired, &token()).await.unwrap();
    let now = Timestamp::now();
    store.delete_expired_sessions(now).await.unwrap();

    assert!(matches!(rotation, Rotation::Unknown));
    let rotation = store.rotate_session(&living, &token()).await.unwrap();
    assert!(matches!(rotation, Rotation::Rotated(_)));
}

async fn any_token_of_a_family_ends_it_and_again(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let (first, second) = (begin(&*store, &rose, 60).await, token());
    let other = begin(&*store, &rose, 60).await;
    store.rotate_session(&first, &second).await.unwrap();

    for _ in 0..2 {
        store.end_family_of(&first).await.unwrap();
    }

    let ended = store.rotate_session(&second, &token()).await.unwrap();
    let living = store.rotate_session(&other, &token()).await.unwrap();
    assert!(matches!(ended, Rotation::Unknown));
    assert!(matches!(living, Rotation::Rotated(_)));
}

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

async fn a_store_that_is_there_answers(store: Box<dyn Store>) {
    store.ping().await.unwrap();
}
