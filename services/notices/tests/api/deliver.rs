use jiff::SignedDuration;
use kit::events::Event;
use metrics_exporter_prometheus::PrometheusBuilder;
use notices::{delivery::ATTEMPTS, store::Store, transport::Refusal};
use serde_json::json;

use crate::app::{TestApp, event, letter};

/// Longer than any pause.
const LONG: SignedDuration = SignedDuration::from_hours(2);

#[tokio::test]
async fn a_letter_is_sent_once_however_often_its_event_comes() {
    let app = TestApp::new().await;
    let event = event(&letter("password-changed"));

    app.hear(&event).await;
    app.hear(&event).await;
    let sent = app.deliver().await;
    app.hear(&event).await;

    assert_eq!(sent, 1);
    app.clock.step(LONG);
    assert_eq!(app.deliver().await, 0);
}

#[tokio::test]
async fn events_of_other_topics_are_no_letters() {
    let app = TestApp::new().await;

    app.hear(&Event::new(
        "account.deleted",
        "key",
        &json!({ "by": "Rose" }),
    ))
    .await;

    assert_eq!(app.deliver().await, 0);
    assert_eq!(app.store.count().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn a_letter_whose_sender_died_is_sent_again_with_the_same_message_id() {
    let app = TestApp::new().await;
    let event = event(&letter("password-changed"));
    app.hear(&event).await;
    let now = app.clock.now();
    // Another process claims it, sends it perhaps, and dies.
    let until = now + SignedDuration::from_secs(120);
    app.store.claim(now, until).await.unwrap().unwrap();

    assert_eq!(app.deliver().await, 0, "it belongs to the other");
    app.clock.step(SignedDuration::from_secs(121));
    app.state.deliver().await.unwrap();

    let sent = app.post.taken().remove(0);
    let id = format!("Message-ID: <{}@terrace.example>", event.id);
    assert!(sent.contains(&id), "{sent}");
}

#[tokio::test]
async fn what_is_refused_for_now_is_sent_later_and_nothing_waits_for_it() {
    let app = TestApp::new().await;
    app.post.refuse(Refusal::ForNow("not now".into()));
    app.hear(&event(&letter("password-changed"))).await;
    assert_eq!(app.deliver().await, 0);

    app.post.refuse(None);

    assert_eq!(app.deliver().await, 0, "it waits");
    app.sent(&letter("address-changed")).await;
    app.clock.step(LONG);
    assert_eq!(app.deliver().await, 1);
}

#[tokio::test]
async fn a_server_that_takes_nothing_is_not_asked_for_every_letter() {
    let app = TestApp::new().await;
    app.post.refuse(Refusal::OfAll("gone".into()));
    for _ in 0..5 {
        app.hear(&event(&letter("password-changed"))).await;
    }

    assert_eq!(app.deliver().await, 0);

    assert_eq!(app.post.asked(), 1);
    app.post.refuse(None);
    assert_eq!(app.deliver().await, 4);
    app.clock.step(LONG);
    assert_eq!(app.deliver().await, 1);
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up_at_once_counted_and_can_be_sent_again() {
    let app = TestApp::new().await;
    app.post.refuse(Refusal::ForGood("refused: 550".into()));
    app.hear(&event(&letter("password-changed"))).await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let measuring = metrics::set_default_local_recorder(&recorder);

    app.state.deliver().await.unwrap();

    drop(measuring);
    let measured = recorder.handle().render();
    let dead = "notices_letters_total{outcome=\"dead\"} 1";
    assert!(measured.contains(dead), "{measured}");
    assert_eq!(app.dead().await, ["refused: 550"]);
    app.post.refuse(None);
    app.clock.step(LONG);
    assert_eq!(app.deliver().await, 0);
    app.store.revive(app.clock.now()).await.unwrap();
    assert_eq!(app.deliver().await, 1);
}

#[tokio::test]
async fn what_is_refused_again_and_again_is_given_up_after_a_day() {
    let app = TestApp::new().await;
    app.post.refuse(Refusal::OfAll("gone".into()));
    app.hear(&event(&letter("password-changed"))).await;

    for _ in 1..ATTEMPTS {
        app.deliver().await;
        app.clock.step(LONG);
    }

    assert_eq!(app.dead().await, [""; 0]);
    app.deliver().await;
    assert_eq!(app.dead().await, ["gone"]);
}

#[tokio::test]
async fn a_letter_that_cannot_be_read_waits_for_who_can_and_others_do_not_wait() {
    let app = TestApp::new().await;
    let foreign = Event::new("letter", "key", &json!({ "sealed": "AAAA" }));
    app.hear(&foreign).await;
    app.hear(&event(&letter("of-a-kind-that-is-newer"))).await;
    app.hear(&event(&json!({ "kind": "password-changed" })))
        .await;

    app.sent(&letter("address-changed")).await;

    let count = app.store.count().await.unwrap();
    assert_eq!((count.waiting, count.dead), (3, 0));
}
