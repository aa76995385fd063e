//! Over a card network that keeps holds of its own, as a real one does, whatever breaks when.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use payments::{
    Error,
    network::{CardNetwork, Outcome},
    payment::{Action, Payment},
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{TestApp, hold, order, path};

/// A network outside this process: idempotent by order, it remembers, and it can be slow.
#[derive(Default)]
struct Outside {
    cards: Mutex<HashMap<Uuid, Card>>,
    /// While set, an authorisation acts and then does not answer until told.
    slow: Mutex<bool>,
    acted: Notify,
    answer: Notify,
    /// While set, nothing gets through.
    gone: Mutex<bool>,
}

#[derive(Clone, Copy, Default, Debug, PartialEq)]
struct Card {
    held: i64,
    taken: i64,
    given_back: i64,
    holds: u32,
}

impl Outside {
    fn card(&self, order: Uuid) -> Card {
        self.cards
            .lock()
            .unwrap()
            .get(&order)
            .copied()
            .unwrap_or_default()
    }
}

#[async_trait]
impl CardNetwork for Outside {
    fn keeps_holds(&self) -> bool {
        true
    }

    async fn authorise(&self, payment: &Payment) -> Outcome {
        if *self.gone.lock().unwrap() {
            return Outcome::Unknown;
        }
        {
            let mut cards = self.cards.lock().unwrap();
            let card = cards.entry(payment.order_id).or_default();
            if card.holds == 0 {
                card.held = payment.amount.minor();
                card.holds = 1;
            }
        }
        if *self.slow.lock().unwrap() {
            self.acted.notify_one();
            self.answer.notified().await;
        }
        Outcome::Approved
    }

    async fn settle(&self, payment: &Payment, action: Action) -> Result<(), Error> {
        if *self.gone.lock().unwrap() {
            return Err(Error::Unavailable("gone".into()));
        }
        let mut cards = self.cards.lock().unwrap();
        let card = cards.entry(payment.order_id).or_default();
        match action {
            Action::Capture => card.taken += std::mem::take(&mut card.held),
            Action::Void => card.held = 0,
            Action::Refund => card.given_back = card.taken,
        }
        Ok(())
    }
}

async fn app() -> (Arc<Outside>, TestApp) {
    let network = Arc::new(Outside::default());
    let app = TestApp::over(network.clone(), tempfile::tempdir().unwrap()).await;
    (network, app)
}

/// Authorises until the network has acted, and dies before its answer is stored.
async fn die_after_the_network_acted(network: &Arc<Outside>, app: TestApp, order: Uuid) -> TestApp {
    *network.slow.lock().unwrap() = true;
    let orders = app.orders();
    let request =
        tokio::spawn(async move { orders.put(&path(order), &hold("tok_visa", 800)).await });
    network.acted.notified().await;
    request.abort();
    request.await.unwrap_err();
    *network.slow.lock().unwrap() = false;

    let TestApp { service, dir } = app;
    drop(service);
    TestApp::over(network.clone(), dir).await
}

#[tokio::test]
async fn a_hold_made_before_a_crash_is_known_of_and_not_made_twice() {
    let (network, app) = app().await;
    let order = order();

    let app = die_after_the_network_acted(&network, app, order).await;

    assert_eq!(app.payment(order).await.ok(200)["status"], "unknown");
    let again = app.authorise(order, "tok_visa", 800).await.ok(200);
    assert_eq!(again["status"], "authorised");
    assert_eq!(
        network.card(order),
        Card {
            held: 800,
            holds: 1,
            ..Card::default()
        }
    );
}

#[tokio::test]
async fn a_hold_made_before_a_crash_is_released_by_a_void() {
    let (network, app) = app().await;
    let order = order();
    let app = die_after_the_network_acted(&network, app, order).await;

    app.act(order, "void").await.ok(200);

    assert_eq!(network.card(order).held, 0);
}

#[tokio::test]
async fn after_a_crash_another_amount_is_refused() {
    let (network, app) = app().await;
    let order = order();
    let app = die_after_the_network_acted(&network, app, order).await;

    let other = app.authorise(order, "tok_visa", 900).await;

    other.refused(422, "key-reused");
    assert_eq!(network.card(order).held, 800);
}

#[tokio::test]
async fn an_approval_that_comes_after_the_void_is_released() {
    let (network, app) = app().await;
    let order = order();
    *network.slow.lock().unwrap() = true;
    let orders = app.orders();
    let late = tokio::spawn(async move { orders.put(&path(order), &hold("tok_visa", 800)).await });
    network.acted.notified().await;

    app.act(order, "void").await.ok(200);
    // As if the network had heard of the void first.
    network.cards.lock().unwrap().get_mut(&order).unwrap().held = 800;
    network.answer.notify_one();

    late.await.unwrap().refused(409, "wrong-state");
    assert_eq!(network.card(order).held, 0);
}

#[tokio::test]
async fn a_voided_order_is_never_put_before_the_network() {
    let (network, app) = app().await;
    let order = order();
    app.act(order, "void").await.ok(200);

    let late = app.authorise(order, "tok_visa", 1).await;

    late.refused(409, "wrong-state");
    assert_eq!(network.card(order).holds, 0);
}

#[tokio::test]
async fn while_the_network_is_gone_nothing_is_claimed_and_afterwards_all_goes_on() {
    let (network, app) = app().await;
    let (held, new) = (order(), order());
    app.authorise(held, "tok_visa", 300).await.ok(200);
    *network.gone.lock().unwrap() = true;

    let asked = app.authorise(new, "tok_visa", 200).await.ok(200);
    let capture = app.act(held, "capture").await;

    assert_eq!(asked["status"], "unknown");
    capture.refused(503, "unavailable");
    assert_eq!(app.payment(held).await.ok(200)["status"], "authorised");

    *network.gone.lock().unwrap() = false;
    app.act(held, "capture").await.ok(200);
    let asked = app.authorise(new, "tok_visa", 200).await.ok(200);
    assert_eq!(asked["status"], "authorised");
    assert_eq!(network.card(held).taken, 300);
    assert_eq!(app.moved(held).await, Some((300, 0)));
}

#[tokio::test]
async fn who_does_not_wait_for_a_slow_network_does_not_hold_up_others() {
    let (network, app) = app().await;
    *network.slow.lock().unwrap() = true;
    let orders = app.orders();
    let slow = tokio::spawn(async move { orders.put(&path(order()), &hold("tok_visa", 1)).await });
    network.acted.notified().await;
    *network.slow.lock().unwrap() = false;

    let other = app.authorise(order(), "tok_visa", 1);
    let other = tokio::time::timeout(Duration::from_secs(5), other).await;

    assert_eq!(other.unwrap().ok(200)["status"], "authorised");
    network.answer.notify_one();
    slow.await.unwrap().ok(200);
}
