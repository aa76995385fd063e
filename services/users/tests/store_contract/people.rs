//! What every adapter guarantees to those who look after accounts.

use users::{
    audit::{Action, CONSOLE, Entry, Reason},
    group::Group,
    people::Search,
    recovery::CodeHash,
    session::ENDED,
};

use super::{events::told, second_factors::add_app, *};

testkit::on_every_adapter!(
    people_are_found_by_how_an_address_or_a_name_begins,
    people_are_found_page_by_page,
    what_is_done_is_in_the_log_and_what_changes_nothing_is_not,
    a_group_that_is_taken_ends_the_sessions_of_that_person_alone,
    second_factors_are_reset_with_a_letter_and_those_of_others_stay,
    whoever_is_no_manager_by_now_changes_nothing,
    one_manager_is_left_however_many_take_each_others_group,
    the_log_keeps_ids_and_shows_nobody_in_logs,
);

/// Something that the console does.
fn entry(action: Action, person: Uuid) -> Entry {
    Entry {
        id: Uuid::now_v7(),
        at: Timestamp::now(),
        actor: None,
        action,
        person,
        network: CONSOLE.to_owned(),
        reason: None,
    }
}

/// Something that a manager does.
fn by(actor: &User, action: Action, person: &User) -> Entry {
    Entry {
        actor: Some(actor.id),
        network: "203.0.113.0/24".to_owned(),
        reason: Some(Reason::parse("She asked for it").unwrap()),
        ..entry(action, person.id)
    }
}

async fn manager(store: &dyn Store, email: &str) -> User {
    let user = insert(store, email).await;
    let given = entry(Action::Give(Group::Manager), user.id);
    assert!(store.carry_out(&given, None).await.unwrap());
    store.find_user(user.id).await.unwrap().unwrap()
}

async fn groups(store: &dyn Store, user: &User) -> &'static [&'static str] {
    let user = store.find_user(user.id).await.unwrap();
    user.unwrap().groups()
}

async fn people_are_found_by_how_an_address_or_a_name_begins(store: Box<dyn Store>) {
    let named = |email: &str, name: &str| {
        let email = Email::parse(email).unwrap();
        User::new(email, Name::parse(name).unwrap())
    };
    for user in [
        named("rose@garden.example", "Élodie Rose"),
        named("r_se@garden.example", "50% Gardener"),
        named("lily@gärten.example", "rosemary"),
    ] {
        store.insert_user(&user, "hash").await.unwrap();
    }
    let renamed = insert(&*store, "zoe@garden.example").await;
    let name = Name::parse("ÖZGE").unwrap();
    store.rename_user(renamed.id, &name).await.unwrap();
    let kept = named("mirror@garden.example", "Ünal");
    store.keep_user(&kept).await.unwrap();

    for (text, found) in [
        ("rose", &["rose@garden.example", "lily@gärten.example"][..]),
        (" ROSE@Garden.example ", &["rose@garden.example"]),
        ("rose@garden.example.", &[]),
        ("élodie", &["rose@garden.example"]),
        ("E\u{301}LODIE R", &["rose@garden.example"]),
        ("lily@xn--grten-gra.example", &["lily@gärten.example"]),
        ("lily@GÄR", &["lily@gärten.example"]),
        ("özge", &["zoe@garden.example"]),
        ("ünal", &["mirror@garden.example"]),
        ("garden", &[]),
        // None of these stands for anything else.
        ("r_", &["r_se@garden.example"]),
        ("50%", &["r_se@garden.example"]),
        ("%", &[]),
        ("_", &[]),
        ("\\", &[]),
        ("'", &[]),
        ("*", &[]),
    ] {
        let search = Search::parse(text).unwrap();
        let users = store.find_people(&search, None, 10).await.unwrap();
        let emails: Vec<_> = users.iter().map(|user| user.email.as_str()).collect();
        assert_eq!(emails, found, "{text}");
    }
    for text in ["", " ", "a\0", &"a".repeat(255)] {
        assert!(Search::parse(text).is_err(), "{text:?}");
    }
}

async fn people_are_found_page_by_page(store: Box<dyn Store>) {
    let mut all = Vec::new();
    for n in 0..5 {
        all.push(insert(&*store, &format!("rose{n}@garden.example")).await.id);
    }
    let search = Search::parse("ROSE").unwrap();

    let first = store.find_people(&search, None, 3).await.unwrap();
    let after = first.last().map(|user| user.id);
    let second = store.find_people(&search, after, 3).await.unwrap();

    let found: Vec<_> = first.iter().chain(&second).map(|user| user.id).collect();
    assert_eq!(first.len(), 3);
    assert_eq!(found, all);
}

async fn what_is_done_is_in_the_log_and_what_changes_nothing_is_not(store: Box<dyn Store>) {
    let mara = manager(&*store, "mara@garden.example").await;
    let rose = insert(&*store, "rose@garden.example").await;
    let give = by(&mara, Action::Give(Group::Staff), &rose);
    let again = by(&mara, Action::Give(Group::Staff), &rose);
    let end = by(&mara, Action::EndSessions, &rose);
    let take = by(&mara, Action::Take(Group::Manager), &rose);

    assert!(store.carry_out(&give, Some(tell())).await.unwrap());
    assert!(!store.carry_out(&again, Some(tell())).await.unwrap());
    assert!(store.carry_out(&end, None).await.unwrap());
    assert!(!store.carry_out(&take, Some(tell())).await.unwrap());
    let nobody = entry(Action::EndSessions, Uuid::now_v7());
    let nobody = store.carry_out(&nobody, None).await;

    assert!(matches!(nobody, Err(Error::NotFound)));
    assert_eq!(groups(&*store, &rose).await, ["customer", "staff"]);
    let log = store.list_audit(Some(rose.id), None, 10).await.unwrap();
    let ids: Vec<_> = log.iter().map(|it| it.entry.id).collect();
    assert_eq!(ids, [end.id, give.id]);
    let found = &log[1];
    assert_eq!(found.entry.action, Action::Give(Group::Staff));
    assert_eq!(found.entry.actor, Some(mara.id));
    assert_eq!(found.entry.person, rose.id);
    assert_eq!(found.entry.network, "203.0.113.0/24");
    let at_ms = found.entry.at.as_millisecond();
    assert_eq!(at_ms, give.at.as_millisecond());
    let reason = found.entry.reason.as_ref().map(Reason::as_str);
    assert_eq!(reason, Some("She asked for it"));
    let names = [&found.actor, &found.person].map(|name| name.as_ref().map(Name::as_str));
    assert_eq!(names, [Some("Rose"); 2]);
    let all = store.list_audit(None, None, 10).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(
        (&*all[2].entry.network, all[2].entry.actor),
        (CONSOLE, None)
    );
    let before = store.list_audit(None, Some(end.id), 1).await.unwrap();
    assert_eq!(before[0].entry.id, give.id);
    let letter = format!("told {}", rose.id);
    assert_eq!(told(&*store, 1).await, [[letter.clone()], [letter]]);
}

async fn a_group_that_is_taken_ends_the_sessions_of_that_person_alone(store: Box<dyn Store>) {
    let mara = manager(&*store, "mara@garden.example").await;
    let stella = manager(&*store, "stella@garden.example").await;
    let gone = begin(&*store, &stella, 60).await;
    let stays = begin(&*store, &mara, 60).await;

    let take = by(&mara, Action::Take(Group::Manager), &stella);
    assert!(store.carry_out(&take, Some(tell())).await.unwrap());

    let now = Timestamp::now();
    assert!(matches!(
        rotate(&*store, &gone, now).await,
        Rotation::Unknown
    ));
    next(rotate(&*store, &stays, now).await);
    assert_eq!(groups(&*store, &stella).await, ["customer", "staff"]);
    let letter = format!("told {}", stella.id);
    let events = [ENDED.to_owned(), letter];
    assert_eq!(told(&*store, 2).await, [events.clone(), events]);
    let take = by(&mara, Action::Take(Group::Staff), &stella);
    assert!(store.carry_out(&take, None).await.unwrap());
    assert_eq!(groups(&*store, &stella).await, ["customer"]);
}

async fn second_factors_are_reset_with_a_letter_and_those_of_others_stay(store: Box<dyn Store>) {
    let mara = manager(&*store, "mara@garden.example").await;
    let rose = insert(&*store, "rose@garden.example").await;
    let codes = [CodeHash(vec![1]), CodeHash(vec![2])];
    for user in [&mara, &rose] {
        add_app(&*store, user, &codes).await.unwrap();
    }

    let reset = by(&mara, Action::ResetFactors, &rose);
    assert!(store.carry_out(&reset, Some(tell())).await.unwrap());
    let again = by(&mara, Action::ResetFactors, &rose);
    assert!(!store.carry_out(&again, Some(tell())).await.unwrap());

    let left = store.list_factors(rose.id).await.unwrap();
    assert!(left.totp_added_at.is_none() && left.recovery_codes == 0);
    assert!(store.has_second_factor(mara.id).await.unwrap());
    let letter = format!("told {}", rose.id);
    for mut told in told(&*store, 2 + 1).await {
        told.retain(|topic| topic != "notice");
        assert_eq!(told, [&*letter]);
    }
}

async fn whoever_is_no_manager_by_now_changes_nothing(store: Box<dyn Store>) {
    let mara = manager(&*store, "mara@garden.example").await;
    let stella = manager(&*store, "stella@garden.example").await;
    let rose = insert(&*store, "rose@garden.example").await;
    let session = begin(&*store, &rose, 60).await;
    let take = by(&mara, Action::Take(Group::Manager), &stella);
    assert!(store.carry_out(&take, None).await.unwrap());

    for action in [
        Action::Give(Group::Manager),
        Action::Take(Group::Staff),
        Action::EndSessions,
        Action::ResetFactors,
    ] {
        let refused = store.carry_out(&by(&stella, action, &rose), None).await;
        assert!(matches!(refused, Err(Error::NotManager)), "{action:?}");
    }

    next(rotate(&*store, &session, Timestamp::now()).await);
    assert_eq!(groups(&*store, &rose).await, ["customer"]);
    assert!(
        store
            .list_audit(Some(rose.id), None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn one_manager_is_left_however_many_take_each_others_group(store: Box<dyn Store>) {
    let mut managers = Vec::new();
    for n in 0..4 {
        managers.push(manager(&*store, &format!("mara{n}@garden.example")).await);
    }
    let pairs: Vec<_> = managers
        .iter()
        .flat_map(|actor| managers.iter().map(move |person| (actor, person)))
        .filter(|(actor, person)| actor.id != person.id)
        .collect();
    let takes: Vec<_> = pairs
        .into_iter()
        .map(|(actor, person)| by(actor, Action::Take(Group::Staff), person))
        .collect();

    let taken = join_all(takes.iter().map(|entry| store.carry_out(entry, None))).await;

    let done = taken.iter().filter(|it| matches!(it, Ok(true))).count();
    assert_eq!(done, 3, "{taken:?}");
    let refused = |it: &Result<bool, Error>| {
        let known = [Error::NotManager, Error::LastManager].map(|it| it.to_string());
        match it {
            Ok(_) => true,
            Err(fault) => known.contains(&fault.to_string()),
        }
    };
    assert!(taken.iter().all(refused), "{taken:?}");
    let mut left = Vec::new();
    for user in &managers {
        let user = store.find_user(user.id).await.unwrap().unwrap();
        left.extend(user.is_manager.then_some(user.id));
    }
    assert_eq!(left.len(), 1);
    for group in [Group::Manager, Group::Staff] {
        let last = store
            .carry_out(&entry(Action::Take(group), left[0]), None)
            .await;
        assert!(matches!(last, Err(Error::LastManager)));
    }
    let end = entry(Action::EndSessions, left[0]);
    assert!(store.carry_out(&end, None).await.unwrap());
}

async fn the_log_keeps_ids_and_shows_nobody_in_logs(store: Box<dyn Store>) {
    let rose = insert(&*store, "rose@garden.example").await;
    let end = entry(Action::EndSessions, rose.id);
    store.carry_out(&end, None).await.unwrap();

    let log = store.list_audit(None, None, 10).await.unwrap();

    let shown = format!("{log:?}");
    assert!(
        !shown.contains("rose") && !shown.contains("Rose"),
        "{shown}"
    );
    assert!(shown.contains(&rose.id.to_string()));
}
