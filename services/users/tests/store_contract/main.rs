//! What every adapter of users' store guarantees.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod departures;
mod events;
mod links;
mod people;
mod providers;
mod second_factors;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use kit::{events::Event, store::StoreUrl};
use users::{
    Error,
    address::{Address, MAX_ADDRESSES},
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
    a_token_rotates_once_and_its_reuse_ends_the_family_alone,
    a_token_gets_its_successor_again_for_a_moment,
    an_old_token_of_a_chain_gets_the_newest_for_a_moment,
    concurrent_rotations_get_one_successor,
    a_session_is_not_renewed_for_ever,
    a_clock_that_steps_ends_no_session_and_makes_no_grace_longer,
    a_family_that_ends_takes_a_rotation_under_way_along,
    a_proof_belongs_to_the_whole_family_and_to_its_user_alone,
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

async fn a_token_rotates_once_and_its_reuse_ends_the_family_alone(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let first = begin(&*store, &rose, 60).await;
    let other = begin(&*store, &rose, 60).await;
    let now = Timestamp::now();
    let later = now + GRACE + SignedDuration::from_millis(1);

    let rotated = rotate(&*store, &first, now).await;
    let reused = rotate(&*store, &first, later).await;

    assert!(matches!(&rotated, Rotation::Rotated(user, ..) if user.id == rose.id));
    assert!(matches!(reused, Rotation::Reused));
    let after = rotate(&*store, &next(rotated), later).await;
    assert!(matches!(after, Rotation::Unknown));
    let elsewhere = rotate(&*store, &other, later).await;
    assert!(matches!(elsewhere, Rotation::Rotated(..)));
}

async fn a_token_gets_its_successor_again_for_a_moment(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let first = begin(&*store, &rose, 60).await;
    let now = Timestamp::now();
    let second = next(rotate(&*store, &first, now).await);

    for moment in [now, now + GRACE] {
        let again = next(rotate(&*store, &first, moment).await);
        assert_eq!(again.secret(), second.secret());
    }

    let third = next(rotate(&*store, &second, now + GRACE).await);
    assert_ne!(third.secret(), second.secret());
}

async fn an_old_token_of_a_chain_gets_the_newest_for_a_moment(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let first = begin(&*store, &rose, 60).await;
    let now = Timestamp::now();
    let second = next(rotate(&*store, &first, now).await);
    let third = next(rotate(&*store, &second, now).await);
    let fourth = next(rotate(&*store, &third, now).await);

    for old in [&first, &second, &third] {
        let newest = next(rotate(&*store, old, now + GRACE).await);
        assert_eq!(newest.secret(), fourth.secret());
    }

    let later = now + GRACE + GRACE;
    assert!(matches!(
        rotate(&*store, &second, later).await,
        Rotation::Reused
    ));
    assert!(matches!(
        rotate(&*store, &fourth, later).await,
        Rotation::Unknown
    ));
}

async fn concurrent_rotations_get_one_successor(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    for _ in 0..10 {
        let first = begin(&*store, &rose, 60).await;
        let now = Timestamp::now();

        let rotations =
            join_all((0..8).map(|_| store.rotate_session(&first, Lives::default(), now, tell())))
                .await;

        let mut tokens: Vec<_> = rotations
            .into_iter()
            .map(|rotation| next(rotation.unwrap()).secret().to_owned())
            .collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1);
        let successor = RefreshToken::received(&tokens[0]);
        next(rotate(&*store, &successor, now).await);
    }
}

async fn a_family_that_ends_takes_a_rotation_under_way_along(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    for _ in 0..20 {
        let now = Timestamp::now();
        let later = now + GRACE + GRACE;
        let first = begin(&*store, &rose, 60).await;
        let second = next(rotate(&*store, &first, now).await);
        let other = begin(&*store, &rose, 60).await;
        let hash = other.hash();

        let (rotated, found) = tokio::join!(
            store.rotate_session(&second, Lives::default(), later, tell()),
            store.rotate_session(&first, Lives::default(), later, tell()),
        );
        let (signed_out, also_rotated) = tokio::join!(
            store.end_family_of(&hash),
            store.rotate_session(&other, Lives::default(), later, tell()),
        );

        assert!(matches!(found.unwrap(), Rotation::Reused));
        signed_out.unwrap();
        for rotation in [rotated.unwrap(), also_rotated.unwrap()] {
            assert!(!matches!(rotation, Rotation::Reused));
            if let Rotation::Rotated(_, _, token, _) = rotation {
                let after = rotate(&*store, &token, later).await;
                assert!(matches!(after, Rotation::Unknown));
            }
        }
        let after = rotate(&*store, &second, later).await;
        assert!(matches!(after, Rotation::Unknown));
    }
}

async fn a_proof_belongs_to_the_whole_family_and_to_its_user_alone(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    let now = Timestamp::now();
    let (first, other) = (
        begin(&*store, &rose, 60).await,
        begin(&*store, &rose, 60).await,
    );
    let second = next(rotate(&*store, &first, now).await);
    let newer = Proof {
        method: Method::PasswordAndCode,
        at: now + SignedDuration::from_secs(5),
    };
    let prove = async |token: &RefreshToken, user: &User| {
        let token = token.hash();
        let proven = store.prove_session(&token, user.id, newer);
        proven.await.unwrap()
    };

    assert!(!prove(&second, &lily).await);
    assert!(!prove(&RefreshToken::generate(), &rose).await);
    assert!(prove(&second, &rose).await);

    for (token, expected) in [
        (&first, Method::PasswordAndCode),
        (&second, Method::PasswordAndCode),
        (&other, Method::Password),
    ] {
        let Rotation::Rotated(_, _, _, proof) = rotate(&*store, token, now).await else {
            panic!("it is a token of now");
        };
        assert_eq!(proof.method, expected);
        let at = if token.secret() == other.secret() {
            proof.at
        } else {
            newer.at
        };
        assert_eq!(proof.at.as_millisecond(), at.as_millisecond());
    }
}

async fn an_expired_token_is_unknown_and_forgotten_with_its_like_alone(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let expired = begin(&*store, &rose, -1).await;
    let living = begin(&*store, &rose, 60).await;
    let now = Timestamp::now();

    let rotation = rotate(&*store, &expired, now).await;
    store.delete_expired_sessions(now).await.unwrap();

    assert!(matches!(rotation, Rotation::Unknown));
    let rotation = rotate(&*store, &living, now).await;
    assert!(matches!(rotation, Rotation::Rotated(..)));
}

async fn a_session_is_not_renewed_for_ever(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let began = Timestamp::now();
    let mut token = RefreshToken::generate();
    let session = Session::begin(&token, rose.id, Method::Password, Lives::default(), began);
    store.insert_session(&session).await.unwrap();
    let days = |days: i64| began + SignedDuration::from_hours(24 * days);

    for day in [29, 58, 87] {
        token = next(rotate(&*store, &token, days(day)).await);
    }

    let end = began + Lives::default().longest;
    let second = SignedDuration::from_secs(1);
    assert!(matches!(
        rotate(&*store, &token, end).await,
        Rotation::Unknown
    ));
    next(rotate(&*store, &token, end - second).await);
}

async fn a_clock_that_steps_ends_no_session_and_makes_no_grace_longer(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    for hours in [1, -1] {
        let token = RefreshToken::generate();
        let now = Timestamp::now();
        let session = Session::begin(&token, rose.id, Method::Password, Lives::default(), now);
        store.insert_session(&session).await.unwrap();
        let second = next(rotate(&*store, &token, now).await);
        let stepped = now + SignedDuration::from_hours(hours);

        let third = next(rotate(&*store, &second, stepped).await);
        next(rotate(&*store, &third, stepped).await);
        let reused = rotate(&*store, &token, stepped).await;

        assert!(matches!(reused, Rotation::Reused), "{hours}");
    }
}

async fn any_token_of_a_family_ends_it_and_again(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let first = begin(&*store, &rose, 60).await;
    let other = begin(&*store, &rose, 60).await;
    let now = Timestamp::now();
    let second = next(rotate(&*store, &first, now).await);

    for _ in 0..2 {
        store.end_family_of(&first.hash()).await.unwrap();
    }

    let ended = rotate(&*store, &second, now).await;
    let living = rotate(&*store, &other, now).await;
    assert!(matches!(ended, Rotation::Unknown));
    assert!(matches!(living, Rotation::Rotated(..)));
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
