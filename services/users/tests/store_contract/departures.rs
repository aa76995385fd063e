//! People who leave, and all that goes with them.

use tokio::join;
use users::{
    link::{Link, LinkToken, Purpose},
    passkey::Passkey,
    recovery::CodeHash,
    session::ENDED,
    store::{DELETED, Managers},
};

use super::{
    events::told,
    second_factors::{add_app, notice},
    *,
};

testkit::on_every_adapter!(
    a_deleted_account_takes_along_all_that_hangs_on_it_and_nothing_else,
    of_those_who_delete_an_account_at_once_one_finds_it,
    the_last_manager_stays_whoever_comes_first,
    who_signs_in_while_the_account_goes_has_no_session,
    what_is_added_to_an_account_while_it_goes_goes_too,
);

async fn delete(store: &dyn Store, id: Uuid) -> Result<(), Error> {
    store.delete_user(id, Managers::OneStays, tell()).await
}

/// Hangs everything on an account that there is.
async fn furnish(store: &dyn Store, user: &User) -> RefreshToken {
    let token = begin(store, user, 60).await;
    let id = Uuid::now_v7();
    store
        .insert_address(user.id, id, &address("Portland"))
        .await
        .unwrap();
    let codes: Vec<_> = (0..10).map(|n| CodeHash(vec![n])).collect();
    let now = Timestamp::now();
    assert!(add_app(store, user, &codes).await.unwrap());
    let passkey = Passkey {
        id: Uuid::now_v7(),
        user_id: user.id,
        credential_id: Uuid::now_v7().as_bytes().to_vec(),
        credential: "{}".into(),
        counter: 1,
        name: Name::parse("Phone").unwrap(),
        added_at: now,
        used_at: None,
    };
    store.insert_passkey(&passkey, &[], notice()).await.unwrap();
    let next = Email::parse(&format!("next-{}", user.email.as_str())).unwrap();
    for (purpose, owner, email) in [
        (Purpose::ResetPassword, Some(user.id), user.email.clone()),
        (Purpose::ProveAddress, Some(user.id), next),
    ] {
        let link = Link::new(&LinkToken::generate(), purpose, owner, email, now);
        store.replace_link(&link, &[]).await.unwrap();
    }
    token
}

async fn a_deleted_account_takes_along_all_that_hangs_on_it_and_nothing_else(
    store: Box<dyn Store>,
) {
    let [rose, lily] = ["rose@garden.example", "lily@garden.example"];
    let [rose, lily] = [insert(&*store, rose).await, insert(&*store, lily).await];
    let session = furnish(&*store, &rose).await;
    let lilys = furnish(&*store, &lily).await;
    assert_eq!(store.links_of(rose.id).await.unwrap().len(), 2);

    delete(&*store, rose.id).await.unwrap();

    assert!(store.find_user(rose.id).await.unwrap().is_none());
    let now = Timestamp::now();
    for (user, expected) in [(&rose, 0), (&lily, 1)] {
        assert_eq!(store.list_addresses(user.id).await.unwrap().len(), expected);
        assert_eq!(
            store.list_places(user.id, now).await.unwrap().len(),
            expected
        );
        let factors = store.list_factors(user.id).await.unwrap();
        assert_eq!(factors.passkeys.len(), expected);
        assert_eq!(factors.totp_added_at.is_some(), expected == 1);
        assert_eq!(factors.recovery_codes, 10 * expected as i64);
        assert_eq!(store.links_of(user.id).await.unwrap().len(), 2 * expected);
    }
    assert!(matches!(
        rotate(&*store, &session, now).await,
        Rotation::Unknown
    ));
    next(rotate(&*store, &lilys, now).await);
    // Beside the notices of both, of what they were furnished with.
    for mut told in told(&*store, 4 + 3).await {
        told.retain(|topic| topic != "notice");
        assert_eq!(told, [ENDED, DELETED, &format!("told {}", rose.id)]);
    }
    let again = insert(&*store, "rose@garden.example").await;
    assert_ne!(again.id, rose.id);
    assert!(store.list_addresses(again.id).await.unwrap().is_empty());
}

async fn of_those_who_delete_an_account_at_once_one_finds_it(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    furnish(&*store, &rose).await;

    let deleted = join_all((0..6).map(|_| delete(&*store, rose.id))).await;

    assert_eq!(deleted.iter().filter(|it| it.is_ok()).count(), 1);
    let rest = deleted.into_iter().filter_map(Result::err);
    assert!(rest.into_iter().all(|it| matches!(it, Error::NotFound)));
    let end = Event::new("end", rose.id, &());
    store.append_events(&[end]).await.unwrap();
    for told in told(&*store, 2 + 4).await {
        assert_eq!(told.iter().filter(|it| *it == DELETED).count(), 1);
    }
}

async fn the_last_manager_stays_whoever_comes_first(store: Box<dyn Store>) {
    let mut managers = Vec::new();
    for name in ["mara", "mats", "mila"] {
        let manager = User {
            is_staff: true,
            is_manager: true,
            ..user(&format!("{name}@garden.example"))
        };
        store.insert_user(&manager, "hash").await.unwrap();
        managers.push(manager.id);
    }
    let customer = insert(&*store, "rose@garden.example").await;

    let gone = join_all(managers.iter().map(|id| delete(&*store, *id))).await;

    let refused = gone.iter().filter_map(|it| it.as_ref().err());
    let refused: Vec<_> = refused.collect();
    assert_eq!(refused.len(), 1, "{gone:?}");
    assert!(matches!(refused[0], Error::LastManager));
    delete(&*store, customer.id).await.unwrap();
    let mut left = None;
    for id in managers {
        left = left.or(store.find_user(id).await.unwrap());
    }
    let left = left.unwrap();
    let elsewhere = store.delete_user(left.id, Managers::AllMayGo, tell());
    elsewhere.await.unwrap();
}

async fn who_signs_in_while_the_account_goes_has_no_session(store: Box<dyn Store>) {
    for n in 0..20 {
        let rose = insert(&*store, &format!("rose{n}@garden.example")).await;
        let token = RefreshToken::generate();
        let (lives, now) = (Lives::default(), Timestamp::now());
        let session = Session::begin(&token, rose.id, Method::Password, lives, now);

        let (begun, deleted) = join!(store.insert_session(&session), delete(&*store, rose.id));

        deleted.unwrap();
        assert!(matches!(begun, Ok(()) | Err(Error::WrongCredentials)));
        assert!(matches!(
            rotate(&*store, &token, now).await,
            Rotation::Unknown
        ));
    }
}

async fn what_is_added_to_an_account_while_it_goes_goes_too(store: Box<dyn Store>) {
    for n in 0..20 {
        let rose = insert(&*store, &format!("rose{n}@garden.example")).await;
        let now = Timestamp::now();
        let next = Email::parse(&format!("next{n}@garden.example")).unwrap();
        let purpose = Purpose::ProveAddress;
        let link = Link::new(&LinkToken::generate(), purpose, Some(rose.id), next, now);
        let codes = [CodeHash(vec![1])];
        let (id, address) = (Uuid::now_v7(), address("Portland"));

        let (link, totp, address, deleted) = join!(
            store.replace_link(&link, &[]),
            add_app(&*store, &rose, &codes),
            store.insert_address(rose.id, id, &address),
            delete(&*store, rose.id)
        );

        deleted.unwrap();
        for added in [link, totp.map(drop), address] {
            assert!(matches!(added, Ok(()) | Err(Error::NotFound)), "{added:?}");
        }
        assert!(store.links_of(rose.id).await.unwrap().is_empty());
        assert!(store.list_addresses(rose.id).await.unwrap().is_empty());
        let factors = store.list_factors(rose.id).await.unwrap();
        assert!(factors.totp_added_at.is_none() && factors.recovery_codes == 0);
    }
}
