//! Identities at other providers.

use users::provider::Linked;

use super::{second_factors::notice, *};

testkit::on_every_adapter!(
    an_identity_comes_back_to_its_user_and_it_is_noted_when,
    a_user_that_comes_by_a_provider_has_no_password_and_a_proven_address,
    of_many_first_sign_ins_at_once_one_makes_the_account,
    of_many_links_at_once_one_counts_and_tells,
    one_identity_of_many_users_is_linked_to_one_of_them,
    a_link_belongs_to_a_user_that_there_is,
    the_last_way_in_stays,
    a_passkey_or_a_password_is_another_way_in,
);

const ISSUER: &str = "https://id.example";

fn linked(user: &User, subject: &str) -> Linked {
    Linked {
        user_id: user.id,
        provider: "example".into(),
        issuer: ISSUER.into(),
        subject: subject.into(),
        linked_at: Timestamp::from_millisecond(1000).unwrap(),
        used_at: None,
    }
}

fn event(topic: &str) -> Event {
    Event::new(topic, Uuid::now_v7(), &())
}

async fn link(store: &dyn Store, user: &User, subject: &str) -> Result<bool, Error> {
    let event = event("linked");
    store.link_provider(&linked(user, subject), event).await
}

/// Makes the account of somebody who comes by the provider.
async fn insert_linked(store: &dyn Store, user: &User) {
    let linked = linked(user, "1");
    store.insert_linked_user(user, &linked).await.unwrap();
}

async fn unlink(store: &dyn Store, user: &User) -> Result<(), Error> {
    let event = event("unlinked");
    store.unlink_provider(user.id, "example", event).await
}

async fn owner(store: &dyn Store, subject: &str) -> Option<Uuid> {
    let found = store.use_linked(ISSUER, subject, Timestamp::now()).await;
    found.unwrap().map(|user| user.id)
}

async fn an_identity_comes_back_to_its_user_and_it_is_noted_when(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let lily = insert(&*store, "lily@garden.example").await;
    let now = Timestamp::from_millisecond(5000).unwrap();
    assert!(link(&*store, &rose, "1").await.unwrap());
    assert!(link(&*store, &lily, "2").await.unwrap());

    let found = store.use_linked(ISSUER, "1", now).await.unwrap();

    assert_eq!(found.unwrap().email, rose.email);
    let listed = store.list_linked(rose.id).await.unwrap();
    let [only] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!(
        (&*only.provider, &*only.issuer, &*only.subject),
        ("example", ISSUER, "1")
    );
    assert_eq!(only.linked_at.as_millisecond(), 1000);
    assert_eq!(only.used_at, Some(now));
    assert_eq!(store.list_linked(lily.id).await.unwrap()[0].used_at, None);
    assert_eq!(owner(&*store, "3").await, None);
    let elsewhere = store.use_linked("https://evil.example", "1", now).await;
    assert!(elsewhere.unwrap().is_none());
}

async fn a_user_that_comes_by_a_provider_has_no_password_and_a_proven_address(
    store: Box<dyn Store>,
) {
    let rose = user("rose@garden.example");
    insert_linked(&*store, &rose).await;

    let (_, hash) = store.find_credentials(&rose.email).await.unwrap().unwrap();
    assert_eq!(hash, "");
    assert!(store.has_proven_address(rose.id).await.unwrap());
    let (again, other) = (user("rose@garden.example"), user("lily@garden.example"));
    let taken = store.insert_linked_user(&again, &linked(&again, "2")).await;
    assert!(matches!(taken, Err(Error::EmailTaken)));
    let taken = store.insert_linked_user(&other, &linked(&other, "1")).await;
    assert!(matches!(taken, Err(Error::ProviderTaken)));
    for gone in [again, other] {
        assert!(store.find_user(gone.id).await.unwrap().is_none());
    }
    assert_eq!(owner(&*store, "1").await, Some(rose.id));
    assert_eq!(owner(&*store, "2").await, None);
}

async fn of_many_first_sign_ins_at_once_one_makes_the_account(store: Box<dyn Store>) {
    let all = (0..8).map(|_| user("rose@garden.example"));
    let store = &*store;

    let made = join_all(all.map(|rose| async move {
        let linked = linked(&rose, "1");
        store.insert_linked_user(&rose, &linked).await
    }));
    let made = made.await;

    assert_eq!(made.iter().filter(|it| it.is_ok()).count(), 1);
    assert!(owner(store, "1").await.is_some());
}

async fn of_many_links_at_once_one_counts_and_tells(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;

    let all = join_all((0..8).map(|_| link(&*store, &rose, "1"))).await;

    let counted = all.into_iter().filter(|it| *it.as_ref().unwrap());
    assert_eq!(counted.count(), 1);
    assert_eq!(store.list_linked(rose.id).await.unwrap().len(), 1);
    let second = link(&*store, &rose, "2").await;
    assert!(
        matches!(second, Err(Error::ProviderTaken)),
        "one at each provider"
    );
}

async fn one_identity_of_many_users_is_linked_to_one_of_them(store: Box<dyn Store>) {
    let mut users = Vec::new();
    for n in 0..6 {
        users.push(insert(&*store, &format!("rose{n}@garden.example")).await);
    }

    let all = join_all(users.iter().map(|user| link(&*store, user, "1"))).await;

    assert_eq!(all.iter().filter(|it| matches!(it, Ok(true))).count(), 1);
    let taken = all
        .iter()
        .filter(|it| matches!(it, Err(Error::ProviderTaken)));
    assert_eq!(taken.count(), 5);
}

async fn a_link_belongs_to_a_user_that_there_is(store: Box<dyn Store>) {
    let nobody = user("rose@garden.example");

    let refused = link(&*store, &nobody, "1").await;

    assert!(matches!(refused, Err(Error::NotFound)));
    let refused = unlink(&*store, &nobody).await;
    assert!(matches!(refused, Err(Error::NotFound)));
}

async fn the_last_way_in_stays(store: Box<dyn Store>) {
    let rose = user("rose@garden.example");
    insert_linked(&*store, &rose).await;

    let refused = unlink(&*store, &rose).await;

    assert!(matches!(refused, Err(Error::LastWayIn)));
    assert_eq!(owner(&*store, "1").await, Some(rose.id));
    store.set_password(&rose.email, "hash").await.unwrap();
    unlink(&*store, &rose).await.unwrap();
    assert_eq!(owner(&*store, "1").await, None);
    let again = unlink(&*store, &rose).await;
    assert!(matches!(again, Err(Error::NotFound)));
    assert!(
        link(&*store, &rose, "2").await.unwrap(),
        "another may follow"
    );
}

async fn a_passkey_or_a_password_is_another_way_in(store: Box<dyn Store>) {
    let rose = user("rose@garden.example");
    insert_linked(&*store, &rose).await;
    let passkey = second_factors::passkey(&rose, 0);
    store.insert_passkey(&passkey, &[], notice()).await.unwrap();

    unlink(&*store, &rose).await.unwrap();

    assert_eq!(owner(&*store, "1").await, None);
}
