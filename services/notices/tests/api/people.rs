//! `GET /internal/people/{user_id}/letters`, and letters about accounts that are gone.

use http::Method;
use kit::events::Event;
use notices::transport::Refusal;
use serde_json::json;
use uuid::Uuid;

use crate::app::{TestApp, event, letter};

/// The event by which users tell of a letter about this account.
fn about(account: Uuid, kind: &str) -> Event {
    let mut letter = letter(kind);
    letter["token"] = json!("zmarkz");
    Event {
        key: account.to_string(),
        ..event(&letter)
    }
}

#[tokio::test]
async fn users_are_told_which_letters_of_one_person_are_not_sent() {
    let app = TestApp::new().await;
    let [rose, lily] = [(); 2].map(|()| Uuid::now_v7());
    app.post.refuse(Refusal::ForNow("refused: 451".to_owned()));
    app.hear(&about(rose, "reset-password")).await;
    app.hear(&about(lily, "password-changed")).await;
    app.deliver().await;
    let users = app.service.neighbour("users");

    let path = format!("/internal/people/{rose}/letters?limit=100");
    let told = users.get(&path).await.ok(200);

    let letters = told["items"].as_array().unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["subject"], "Choose a new password");
    assert_eq!(letters[0]["to"], "rose@garden.example");
    assert_eq!(letters[0]["attempts"], 1);
    assert_eq!(letters[0]["is_given_up"], false);
    assert!(!told.to_string().contains("zmarkz"), "{told}");
    for stranger in [
        app.service.untrusted(),
        app.service.customer(rose),
        app.service.neighbour("orders"),
    ] {
        let answer = stranger.bare(Method::GET, &path).await;
        answer.refused(401, "untrusted-caller");
    }
}

#[tokio::test]
async fn the_last_letter_is_sent_and_none_from_before() {
    let app = TestApp::new().await;
    let rose = Uuid::now_v7();
    app.post.refuse(Refusal::ForNow("refused: 451".to_owned()));
    let early = about(rose, "password-changed");
    let late = about(rose, "recovery-codes-made");
    let deleted = Event::new("user.deleted", rose, &json!({ "user_id": rose }));
    let last = about(rose, "account-deleted");
    app.hear(&early).await;
    app.deliver().await;
    app.post.refuse(None);

    let events = [deleted, last, late];
    app.state.consumer().consume(&events).await.unwrap();
    app.clock.step(jiff::SignedDuration::from_hours(2));
    app.state.deliver().await.unwrap();

    let sent = app.post.taken();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains("Your account was deleted"), "{}", sent[0]);
}
