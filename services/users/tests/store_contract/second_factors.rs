//! What every adapter guarantees of second factors.

use users::{
    passkey::{MAX_PASSKEYS, Passkey},
    recovery::CodeHash,
    totp::App,
};

use super::{events::told, *};

testkit::on_every_adapter!(
    a_code_of_an_app_works_once_however_many_send_it,
    a_recovery_code_works_once_however_many_send_it,
    recovery_codes_come_with_the_first_factor_and_go_with_the_last,
    a_passkey_counts_upwards_and_belongs_to_its_owner,
    a_user_has_so_many_passkeys,
    a_challenge_is_answered_once_and_forgotten_when_it_is_over,
    the_owner_is_told_of_what_changed_and_of_nothing_that_did_not,
);

fn hashes(letter: u8) -> Vec<CodeHash> {
    (0..10).map(|n| CodeHash(vec![letter, n])).collect()
}

pub(crate) fn passkey(user: &User, counter: u32) -> Passkey {
    Passkey {
        id: Uuid::now_v7(),
        user_id: user.id,
        credential_id: Uuid::now_v7().as_bytes().to_vec(),
        credential: "{}".into(),
        counter,
        name: Name::parse("Phone").unwrap(),
        added_at: Timestamp::now(),
        used_at: None,
    }
}

pub(super) fn notice() -> Event {
    Event::new("notice", "rose", &())
}

async fn add(store: &dyn Store, passkey: &Passkey) -> Result<bool, Error> {
    store.insert_passkey(passkey, &hashes(1), notice()).await
}

pub(super) async fn add_app(
    store: &dyn Store,
    user: &User,
    codes: &[CodeHash],
) -> Result<bool, Error> {
    let app = App {
        user_id: user.id,
        secret: b"sealed".to_vec(),
        last_step: 7,
        added_at: Timestamp::now(),
    };
    store.set_totp(app, codes, notice()).await
}

async fn a_code_of_an_app_works_once_however_many_send_it(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    for user in [&rose, &lily] {
        add_app(&*store, user, &hashes(1)).await.unwrap();
    }

    let used = join_all((0..8).map(|_| store.use_totp_step(rose.id, 8))).await;

    assert_eq!(
        used.iter().filter(|used| *used.as_ref().unwrap()).count(),
        1
    );
    assert!(!store.use_totp_step(rose.id, 7).await.unwrap());
    assert!(store.use_totp_step(rose.id, 9).await.unwrap());
    assert!(store.use_totp_step(lily.id, 8).await.unwrap());
    let secret = store.find_totp(rose.id).await.unwrap();
    assert_eq!(secret.as_deref(), Some(&b"sealed"[..]));
}

async fn a_recovery_code_works_once_however_many_send_it(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    for user in [&rose, &lily] {
        assert!(add_app(&*store, user, &hashes(1)).await.unwrap());
    }
    let [code, other, ..] = &hashes(1)[..] else {
        panic!("there are ten");
    };

    let used = join_all((0..8).map(|_| store.use_recovery_code(rose.id, code))).await;

    assert_eq!(
        used.iter().filter(|used| *used.as_ref().unwrap()).count(),
        1
    );
    let codes = hashes(2);
    let anew = store.replace_recovery_codes(rose.id, &codes, notice());
    anew.await.unwrap();
    assert!(!store.use_recovery_code(rose.id, other).await.unwrap());
    let left = async |user: &User| store.list_factors(user.id).await.unwrap().recovery_codes;
    assert_eq!((left(&rose).await, left(&lily).await), (10, 10));
}

async fn recovery_codes_come_with_the_first_factor_and_go_with_the_last(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let codes = hashes(1);
    let none = store.replace_recovery_codes(rose.id, &codes, notice());
    let none = none.await;
    assert!(matches!(none, Err(Error::NotFound)));
    assert!(!store.has_second_factor(rose.id).await.unwrap());
    let phone = passkey(&rose, 0);

    assert!(add(&*store, &phone).await.unwrap());
    assert!(!add_app(&*store, &rose, &hashes(2)).await.unwrap());
    let deleted = store.delete_passkey(rose.id, phone.id, notice());
    deleted.await.unwrap();

    let factors = store.list_factors(rose.id).await.unwrap();
    assert_eq!((factors.recovery_codes, factors.passkeys.len()), (10, 0));
    assert!(factors.totp_added_at.is_some());
    store.delete_totp(rose.id, notice()).await.unwrap();
    assert_eq!(store.list_factors(rose.id).await.unwrap().recovery_codes, 0);
    assert!(!store.has_second_factor(rose.id).await.unwrap());
    let again = store.delete_totp(rose.id, notice()).await;
    assert!(matches!(again, Err(Error::NotFound)));
}

async fn a_passkey_counts_upwards_and_belongs_to_its_owner(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    let (phone, uncounted) = (passkey(&rose, 3), passkey(&rose, 0));
    for passkey in [&phone, &uncounted] {
        add(&*store, passkey).await.unwrap();
    }
    assert!(add(&*store, &phone).await.is_err());
    let now = Timestamp::now();
    let use_now = async |passkey: &Passkey, counter| {
        store.use_passkey(passkey.id, counter, now).await.unwrap()
    };

    let used = join_all((0..8).map(|_| use_now(&phone, 4))).await;

    assert_eq!(used.iter().filter(|used| **used).count(), 1);
    assert!(!use_now(&phone, 3).await && !use_now(&phone, 0).await);
    assert!(use_now(&phone, u32::MAX).await);
    assert!(use_now(&uncounted, 0).await && use_now(&uncounted, 0).await);
    let found = store.find_passkey(&phone.credential_id).await.unwrap();
    let found = found.unwrap();
    assert_eq!((found.id, found.user_id), (phone.id, rose.id));
    assert_eq!((found.counter, found.name.as_str()), (u32::MAX, "Phone"));
    assert!(found.used_at.is_some());
    let name = Name::parse("Laptop").unwrap();
    let renamed = store.rename_passkey(lily.id, phone.id, &name).await;
    let deleted = store.delete_passkey(lily.id, phone.id, notice()).await;
    for refused in [renamed, deleted] {
        assert!(matches!(refused, Err(Error::NotFound)));
    }
    store
        .rename_passkey(rose.id, phone.id, &name)
        .await
        .unwrap();
    let listed = store.list_factors(rose.id).await.unwrap().passkeys;
    let names: Vec<_> = listed.iter().map(|passkey| passkey.name.as_str()).collect();
    assert_eq!(names, ["Laptop", "Phone"]);
}

async fn a_user_has_so_many_passkeys(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;

    let all: Vec<_> = (0..MAX_PASSKEYS + 4).map(|_| passkey(&rose, 0)).collect();
    let added = join_all(all.iter().map(|passkey| add(&*store, passkey))).await;

    let (kept, refused): (Vec<_>, Vec<_>) = added.into_iter().partition(Result::is_ok);
    assert_eq!(i64::try_from(kept.len()).unwrap(), MAX_PASSKEYS);
    let mut refused = refused.into_iter().filter_map(Result::err);
    assert!(refused.all(|fault| matches!(fault, Error::TooManyPasskeys)));
    let with_codes = kept.iter().filter(|kept| matches!(kept, Ok(true)));
    assert_eq!(with_codes.count(), 1);
}

async fn a_challenge_is_answered_once_and_forgotten_when_it_is_over(store: Box<dyn Store>) {
    let until = Timestamp::now() + SignedDuration::from_mins(5);

    let used = join_all((0..8).map(|_| store.use_challenge(b"hash", until))).await;

    assert_eq!(
        used.iter().filter(|used| *used.as_ref().unwrap()).count(),
        1
    );
    let second = SignedDuration::from_secs(1);
    store
        .delete_expired_challenges(until - second)
        .await
        .unwrap();
    assert!(!store.use_challenge(b"hash", until).await.unwrap());
    store
        .delete_expired_challenges(until + second)
        .await
        .unwrap();
    assert!(store.use_challenge(b"hash", until).await.unwrap());
}

async fn the_owner_is_told_of_what_changed_and_of_nothing_that_did_not(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let phone = passkey(&rose, 0);
    let codes = hashes(2);

    // Nothing is there to change.
    let replaced = store.replace_recovery_codes(rose.id, &codes, notice());
    replaced.await.unwrap_err();
    let removed = store.delete_passkey(rose.id, phone.id, notice());
    removed.await.unwrap_err();
    store.delete_totp(rose.id, notice()).await.unwrap_err();
    add(&*store, &phone).await.unwrap();
    add(&*store, &phone).await.unwrap_err();
    add_app(&*store, &rose, &codes).await.unwrap();
    let replaced = store.replace_recovery_codes(rose.id, &codes, notice());
    replaced.await.unwrap();
    store.delete_totp(rose.id, notice()).await.unwrap();
    let removed = store.delete_passkey(rose.id, phone.id, notice());
    removed.await.unwrap();

    // Of one key, so that it comes last.
    let end = Event::new("end", "rose", &());
    store.append_events(&[end]).await.unwrap();
    for told in told(&*store, 6).await {
        assert_eq!(
            told[..],
            ["notice", "notice", "notice", "notice", "notice", "end"]
        );
    }
}
