//! What every adapter of users' store guarantees.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod addresses;
mod departures;
mod events;
mod links;
mod people;
mod providers;
mod second_factors;
mod sessions;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kit::{events::Event, store::StoreUrl};
use users::{
    Error,
    address::Address,
    proof::{Method, Proof},
    session::{GRACE, Lives, RefreshToken, Session},
    store::{Rotation, Store, Tell, postgres::PostgresStore, sqlite::SqliteStore},
    user::{Email, Name, User},
};
use uuid::Uuid;

testkit::on_every_adapter!(
    a_user_comes_back_as_stored_by_id_and_by_address,
    an_address_has_one_account_whoever_comes_first,
    a_user_is_renamed_and_others_are_not,
    a_user_gets_another_password_and_others_do_not,
    a_row_of_somebody_who_is_kept_elsewhere_follows_and_its_address_is_its_alone,
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
async fn begin(store: &dyn Store, user: &User, ends_in_s: i64) -> RefreshToken {
    let token = RefreshToken::generate();
    let mut session = Session::begin(
        &token,
        user.id,
        Method::Password,
        Lives::default(),
        Timestamp::now(),
    );
    session.expires_at = Timestamp::now() + SignedDuration::from_secs(ends_in_s);
    store.insert_session(&session).await.unwrap();
    token
}

async fn rotate(store: &dyn Store, token: &RefreshToken, now: Timestamp) -> Rotation {
    store
        .rotate_session(token, Lives::default(), now, tell())
        .await
        .unwrap()
}

fn tell() -> Tell {
    Box::new(|user| Event::new(&format!("told {}", user.id), user.id, &()))
}

/// The token that follows, when it is used now.
#[track_caller]
fn next(rotation: Rotation) -> RefreshToken {
    match rotation {
        Rotation::Rotated(_, _, next, _) => next,
        other => panic!("{other:?}"),
    }
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

async fn a_user_gets_another_password_and_others_do_not(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;

    store
        .set_password(&rose.email, "another hash")
        .await
        .unwrap();

    for (user, hash) in [(rose, "another hash"), (lily, "hash")] {
        let found = store.find_credentials(&user.email).await.unwrap();
        assert_eq!(found.unwrap().1, hash);
    }
}

async fn a_row_of_somebody_who_is_kept_elsewhere_follows_and_its_address_is_its_alone(
    store: Box<dyn Store>,
) {
    let rose = user("rose@garden.example");
    let kept = store.keep_user(&rose).await.unwrap();
    assert_eq!((kept.id, kept.groups().len()), (rose.id, 1));
    let rosa = Name::parse("Rosa").unwrap();
    store.rename_user(rose.id, &rosa).await.unwrap();

    let changed = User {
        email: Email::parse("rosa@garden.example").unwrap(),
        is_staff: true,
        is_manager: true,
        ..rose.clone()
    };
    let kept = store.keep_user(&changed).await.unwrap();

    assert_eq!(
        (kept.email.as_str(), kept.name.as_str()),
        ("rosa@garden.example", "Rosa")
    );
    assert_eq!(kept.groups(), ["customer", "staff", "manager"]);
    let anew = user("rosa@garden.example");
    store.keep_user(&anew).await.unwrap();
    let old = store.find_user(rose.id).await.unwrap().unwrap();
    assert!(
        old.email.as_str().ends_with("@moved.invalid"),
        "{}",
        old.email.as_str()
    );
    let found = store.find_credentials(&anew.email).await.unwrap();
    let (found, hash) = found.unwrap();
    assert_eq!((found.id, &*hash), (anew.id, ""));
}

async fn a_store_that_is_there_answers(store: Box<dyn Store>) {
    store.ping().await.unwrap();
}
