//! What every adapter of notices' store guarantees.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use jiff::{SignedDuration, Timestamp};
use kit::store::StoreUrl;
use notices::store::{Count, Due, Sealed, Store, postgres::PostgresStore, sqlite::SqliteStore};
use uuid::Uuid;

testkit::on_every_adapter!(
    a_letter_comes_back_as_it_came_and_is_taken_in_once,
    of_two_that_claim_at_once_each_gets_another_letter,
    a_claimed_letter_is_due_again_when_its_time_is_over,
    a_letter_that_was_put_off_waits_and_new_ones_do_not_wait_for_it,
    who_lost_a_letter_to_another_cannot_put_it_off_or_give_it_up,
    a_letter_that_was_given_up_rests_until_it_is_revived,
    letters_given_up_long_ago_are_deleted_and_others_are_not,
    an_account_that_is_gone_takes_its_letters_along_but_the_last,
    a_letter_and_the_end_of_its_account_at_once_leave_none,
    a_store_that_is_there_answers,
);

async fn open(url: &StoreUrl) -> Box<dyn Store> {
    match url {
        StoreUrl::Sqlite(path) => Box::new(SqliteStore::open(path).unwrap()),
        StoreUrl::Postgres(url) => Box::new(PostgresStore::open(url).await.unwrap()),
    }
}

fn letter(sealed: &str) -> Sealed {
    Sealed {
        id: Uuid::now_v7(),
        sealed: sealed.to_owned(),
        // As it is stored.
        at: Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap(),
        account: None,
    }
}

fn in_s(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

/// Claims for a minute.
async fn claim(store: &dyn Store, now: Timestamp) -> Option<Due> {
    let until = now + SignedDuration::from_secs(60);
    store.claim(now, until).await.unwrap()
}

async fn a_letter_comes_back_as_it_came_and_is_taken_in_once(store: Box<dyn Store>) {
    let letter = letter("sealed");
    let twice = [letter.clone(), letter.clone()];

    store.take_in(&twice).await.unwrap();
    store.take_in(&twice).await.unwrap();

    let due = claim(&*store, in_s(0)).await.unwrap();
    assert_eq!(due.attempts, 1);
    let found = due.letter;
    assert_eq!((found.id, found.at), (letter.id, letter.at));
    assert_eq!(found.sealed, "sealed");
    store.forget(letter.id).await.unwrap();
    store.forget(letter.id).await.unwrap();
    store.take_in(&twice).await.unwrap();
    assert!(claim(&*store, in_s(0)).await.is_none(), "it was sent");
    assert_eq!(store.count().await.unwrap(), Count::default());
}

async fn of_two_that_claim_at_once_each_gets_another_letter(store: Box<dyn Store>) {
    for _ in 0..10 {
        let letters = [letter("one"), letter("other")];
        store.take_in(&letters).await.unwrap();
        let now = in_s(0);

        let (one, other) = tokio::join!(claim(&*store, now), claim(&*store, now));

        // One that waits for the other's row may find none, but never the same.
        let claimed = [one, other].into_iter().flatten();
        let mut ids: Vec<_> = claimed.map(|due| due.letter.id).collect();
        ids.extend(claim(&*store, now).await.map(|due| due.letter.id));
        ids.sort();
        assert_eq!(ids, letters.each_ref().map(|letter| letter.id));
        for letter in letters {
            store.forget(letter.id).await.unwrap();
        }
    }
}

async fn a_claimed_letter_is_due_again_when_its_time_is_over(store: Box<dyn Store>) {
    store.take_in(&[letter("sealed")]).await.unwrap();
    claim(&*store, in_s(0)).await.unwrap();

    let early = claim(&*store, in_s(50)).await;
    let late = claim(&*store, in_s(70)).await;

    assert!(early.is_none());
    assert_eq!(late.unwrap().attempts, 2);
}

async fn a_letter_that_was_put_off_waits_and_new_ones_do_not_wait_for_it(store: Box<dyn Store>) {
    let [old, new] = [letter("old"), letter("new")];
    store.take_in(std::slice::from_ref(&old)).await.unwrap();
    let due = claim(&*store, in_s(0)).await.unwrap();

    store.put_off(&due, in_s(3600), "not now").await.unwrap();

    assert!(claim(&*store, in_s(3500)).await.is_none());
    store.take_in(std::slice::from_ref(&new)).await.unwrap();
    let count = store.count().await.unwrap();
    assert_eq!((count.waiting, count.dead), (2, 0));
    assert_eq!(count.oldest, Some(old.at));
    for expected in [new.id, old.id] {
        let due = claim(&*store, in_s(3700)).await.unwrap();
        assert_eq!(due.letter.id, expected);
    }
}

async fn who_lost_a_letter_to_another_cannot_put_it_off_or_give_it_up(store: Box<dyn Store>) {
    store.take_in(&[letter("sealed")]).await.unwrap();
    let lost = claim(&*store, in_s(0)).await.unwrap();
    let due = claim(&*store, in_s(70)).await.unwrap();

    store.put_off(&lost, in_s(0), "not now").await.unwrap();
    store.give_up(&lost, in_s(0), "never").await.unwrap();

    assert!(claim(&*store, in_s(80)).await.is_none(), "it is claimed");
    assert_eq!(store.dead(10).await.unwrap().len(), 0);
    store.give_up(&due, in_s(80), "never").await.unwrap();
    assert_eq!(store.dead(10).await.unwrap().len(), 1);
}

async fn a_letter_that_was_given_up_rests_until_it_is_revived(store: Box<dyn Store>) {
    let letter = letter("sealed");
    store.take_in(std::slice::from_ref(&letter)).await.unwrap();
    let due = claim(&*store, in_s(0)).await.unwrap();
    let now = in_s(0);

    store.give_up(&due, now, "never").await.unwrap();

    assert!(claim(&*store, in_s(100_000)).await.is_none());
    let count = store.count().await.unwrap();
    assert_eq!((count.waiting, count.oldest, count.dead), (0, None, 1));
    let dead = &store.dead(10).await.unwrap()[0];
    assert_eq!((dead.id, dead.at), (letter.id, letter.at));
    assert_eq!((dead.attempts, &*dead.reason), (1, "never"));
    assert_eq!(dead.dead_at.as_millisecond(), now.as_millisecond());
    store.take_in(&[letter]).await.unwrap();
    assert_eq!(store.revive(in_s(0)).await.unwrap(), 1);
    assert_eq!(store.revive(in_s(0)).await.unwrap(), 0);
    let due = claim(&*store, in_s(1)).await.unwrap();
    assert_eq!(due.attempts, 1);
    assert!(claim(&*store, in_s(1)).await.is_none());
}

async fn letters_given_up_long_ago_are_deleted_and_others_are_not(store: Box<dyn Store>) {
    let letters = [letter("one"), letter("other"), letter("waits")];
    store.take_in(&letters).await.unwrap();
    for dead_s in [-100, 100] {
        let due = claim(&*store, in_s(0)).await.unwrap();
        store.give_up(&due, in_s(dead_s), "never").await.unwrap();
    }

    store.bury(in_s(0)).await.unwrap();

    let dead = store.dead(10).await.unwrap();
    let dead: Vec<_> = dead.iter().map(|dead| dead.id).collect();
    assert_eq!(dead, [letters[1].id]);
    assert_eq!(store.count().await.unwrap().waiting, 1);
}

async fn a_store_that_is_there_answers(store: Box<dyn Store>) {
    store.ping().await.unwrap();
}

/// A letter about this account.
fn about(account: Uuid) -> Sealed {
    Sealed {
        account: Some(account),
        ..letter("sealed")
    }
}

async fn an_account_that_is_gone_takes_its_letters_along_but_the_last(store: Box<dyn Store>) {
    let [rose, lily] = [(); 2].map(|()| Uuid::now_v7());
    let [dead, waiting, late] = [(); 3].map(|()| about(rose));
    let other = about(lily);
    let gone = Uuid::now_v7();
    let last = about(rose);
    store.take_in(std::slice::from_ref(&dead)).await.unwrap();
    let due = claim(&*store, in_s(0)).await.unwrap();
    store.give_up(&due, in_s(0), "never").await.unwrap();
    let rest = [waiting.clone(), other.clone(), last.clone()];
    store.take_in(&rest).await.unwrap();
    let kept = store.letters_of(rose).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|it| (it.letter.id, it.is_dead)).collect();
    assert_eq!(
        kept,
        [(dead.id, true), (waiting.id, false), (last.id, false)]
    );

    for _ in 0..2 {
        store.forget_account(rose, gone).await.unwrap();
    }

    store.take_in(&[late, last.clone()]).await.unwrap();
    for (account, expected) in [(rose, &last), (lily, &other)] {
        let kept = store.letters_of(account).await.unwrap();
        let kept: Vec<_> = kept.iter().map(|it| it.letter.id).collect();
        assert_eq!(kept, [expected.id]);
    }
    let count = store.count().await.unwrap();
    assert_eq!((count.waiting, count.dead), (2, 0));
}

async fn a_letter_and_the_end_of_its_account_at_once_leave_none(store: Box<dyn Store>) {
    for _ in 0..20 {
        let account = Uuid::now_v7();
        let letters = [about(account)];
        let gone = Uuid::now_v7();

        let (taken, forgotten) =
            tokio::join!(store.take_in(&letters), store.forget_account(account, gone));

        taken.unwrap();
        forgotten.unwrap();
        assert!(store.letters_of(account).await.unwrap().is_empty());
    }
}
