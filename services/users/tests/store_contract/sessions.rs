//! Sessions: how their tokens rotate, and what ends them.

use super::*;

testkit::on_every_adapter!(
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
);

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
