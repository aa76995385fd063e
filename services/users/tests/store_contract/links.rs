//! Links in letters, and what is done by them.

use users::link::{Link, LinkToken, Purpose};

use super::*;

testkit::on_every_adapter!(
    a_link_resets_the_password_once_and_ends_all_sessions,
    of_many_who_use_a_link_at_once_one_does,
    a_link_that_is_old_replaced_unknown_or_for_something_else_does_nothing,
    a_link_of_nobody_is_stored_and_does_nothing,
    an_address_is_proven_or_taken_in_place_of_another_whose_owner_is_told,
    an_address_that_another_account_has_by_now_is_refused_and_the_link_stays,
    expired_links_are_forgotten_and_others_are_not,
);

const RESET: Purpose = Purpose::ResetPassword;
const PROVE: Purpose = Purpose::ProveAddress;

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

async fn link(store: &dyn Store, user: &User, purpose: Purpose, to: &str) -> LinkToken {
    let token = LinkToken::generate();
    let link = Link::new(&token, purpose, Some(user.id), email(to), Timestamp::now());
    store.replace_link(&link, &[]).await.unwrap();
    token
}

fn tell() -> users::store::Tell {
    Box::new(|user: &User| Event::new(user.email.as_str(), user.id, &()))
}

async fn reset(store: &dyn Store, token: &LinkToken, now: Timestamp) -> Option<User> {
    let token = token.hash();
    let reset = store.reset_password(&token, "another hash", now, tell());
    reset.await.unwrap()
}

async fn prove(store: &dyn Store, token: &LinkToken) -> Result<Option<User>, Error> {
    let now = Timestamp::now();
    store.prove_address(&token.hash(), now, tell()).await
}

async fn a_link_resets_the_password_once_and_ends_all_sessions(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    let (session, others) = (
        begin(&*store, &rose, 60).await,
        begin(&*store, &lily, 60).await,
    );
    let now = Timestamp::now();
    let token = link(&*store, &rose, RESET, "rose@garden.example").await;
    assert!(store.has_link(&token.hash(), RESET, now).await.unwrap());
    assert!(!store.has_proven_address(rose.id).await.unwrap());

    let first = reset(&*store, &token, now).await;
    let second = reset(&*store, &token, now).await;

    assert_eq!(first.map(|user| user.id), Some(rose.id));
    assert!(second.is_none());
    for (user, hash) in [(&rose, "another hash"), (&lily, "hash")] {
        let found = store.find_credentials(&user.email).await.unwrap();
        assert_eq!(found.unwrap().1, hash);
    }
    assert!(store.has_proven_address(rose.id).await.unwrap());
    assert!(matches!(
        rotate(&*store, &session, now).await,
        Rotation::Unknown
    ));
    next(rotate(&*store, &others, now).await);
}

async fn of_many_who_use_a_link_at_once_one_does(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let token = link(&*store, &rose, RESET, "rose@garden.example").await;
    let now = Timestamp::now();

    let all = join_all((0..8).map(|_| reset(&*store, &token, now))).await;

    assert_eq!(all.iter().flatten().count(), 1);
}

async fn a_link_that_is_old_replaced_unknown_or_for_something_else_does_nothing(
    store: Box<dyn Store>,
) {
    let rose = insert(&*store, "rose@garden.example").await;
    let now = Timestamp::now();
    let replaced = link(&*store, &rose, RESET, "rose@garden.example").await;
    let token = link(&*store, &rose, RESET, "rose@garden.example").await;
    let another = link(&*store, &rose, PROVE, "rose@garden.example").await;

    for token in [&replaced, &another, &LinkToken::generate()] {
        assert!(!store.has_link(&token.hash(), RESET, now).await.unwrap());
        assert!(reset(&*store, token, now).await.is_none());
    }
    let too_late = now + RESET.life() + SignedDuration::from_secs(1);
    assert!(
        !store
            .has_link(&token.hash(), RESET, too_late)
            .await
            .unwrap()
    );
    assert!(reset(&*store, &token, too_late).await.is_none());
    assert!(reset(&*store, &token, now).await.is_some());
}

async fn a_link_of_nobody_is_stored_and_does_nothing(store: Box<dyn Store>) {
    let (token, now) = (LinkToken::generate(), Timestamp::now());
    let link = Link::new(&token, RESET, None, email("nobody@garden.example"), now);
    store.replace_link(&link, &[]).await.unwrap();

    assert!(!store.has_link(&token.hash(), RESET, now).await.unwrap());
    assert!(reset(&*store, &token, now).await.is_none());
}

async fn an_address_is_proven_or_taken_in_place_of_another_whose_owner_is_told(
    store: Box<dyn Store>,
) {
    let rose = insert(&*store, "rose@garden.example").await;
    let own = link(&*store, &rose, PROVE, "rose@garden.example").await;
    prove(&*store, &own).await.unwrap().unwrap();
    assert!(store.has_proven_address(rose.id).await.unwrap());

    let other = link(&*store, &rose, PROVE, "rosa@garden.example").await;
    let proven = prove(&*store, &other).await.unwrap().unwrap();

    assert_eq!(proven.email.as_str(), "rosa@garden.example");
    assert!(store.find_credentials(&rose.email).await.unwrap().is_none());
    let found = store.find_user(rose.id).await.unwrap().unwrap();
    assert_eq!(found.email, proven.email);
    let end = Event::new("end", rose.id, &());
    store.append_events(&[end]).await.unwrap();
    for told in events::told(&*store, 2).await {
        assert_eq!(
            told,
            ["rose@garden.example", "end"],
            "told once, the old one"
        );
    }
}

async fn an_address_that_another_account_has_by_now_is_refused_and_the_link_stays(
    store: Box<dyn Store>,
) {
    let rose = insert(&*store, "rose@garden.example").await;
    let token = link(&*store, &rose, PROVE, "lily@garden.example").await;
    insert(&*store, "lily@garden.example").await;

    for _ in 0..2 {
        let refused = prove(&*store, &token).await;
        assert!(matches!(refused, Err(Error::EmailTaken)), "{refused:?}");
    }
    let found = store.find_user(rose.id).await.unwrap().unwrap();
    assert_eq!(found.email, rose.email);
}

async fn expired_links_are_forgotten_and_others_are_not(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let now = Timestamp::now();
    let reset_link = link(&*store, &rose, RESET, "rose@garden.example").await;
    let proof = link(&*store, &rose, PROVE, "rose@garden.example").await;

    let later = now + RESET.life() + SignedDuration::from_secs(1);
    store.delete_expired_links(later).await.unwrap();

    assert!(reset(&*store, &reset_link, now).await.is_none());
    assert!(prove(&*store, &proof).await.unwrap().is_some());
}
