//! The resumer takes up what nobody drives, and only that.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::{TestApp, World, cart_quantities, check_out, fill};

/// A service whose drivers die before they store anything.
fn dead(world: &World) -> TestApp {
    world.start_with(Duration::ZERO, |_, deed| deed != "reserve")
}

/// A service that counts who did what to which order.
fn counting(world: &World, counts: &Arc<Mutex<HashMap<(Uuid, &'static str), usize>>>) -> TestApp {
    let counts = counts.clone();
    world.start_with(Duration::ZERO, move |order, deed| {
        *counts.lock().unwrap().entry((order, deed)).or_default() += 1;
        true
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_resumers_never_drive_one_order_twice() {
    let world = World::new();
    let dead = dead(&world);
    for _ in 0..50 {
        let shopper = dead.customer();
        fill(&shopper, dead.product(1), 1).await;
        check_out(&shopper, "key", "tok_visa").await;
    }
    dead.state.driver.drain().await;
    let counts = Arc::default();
    let [one, other] = [(); 2].map(|()| counting(&world, &counts));

    let resume = |app: &TestApp| {
        let driver = app.state.driver.clone();
        tokio::spawn(async move { while driver.resume_due(Timestamp::now()).await.unwrap() > 0 {} })
    };
    for done in join_all([resume(&one), resume(&other)]).await {
        done.unwrap();
    }

    let counts = counts.lock().unwrap();
    assert_eq!(counts.len(), 50 * 6);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}

#[tokio::test]
async fn an_order_that_is_being_driven_is_left_alone() {
    let world = World::new();
    let dead = dead(&world);
    let shopper = dead.customer();
    fill(&shopper, dead.product(1), 1).await;
    check_out(&shopper, "key", "tok_visa").await.ok(202);
    dead.state.driver.drain().await;

    let now = Timestamp::now();

    let driver = &dead.state.driver;
    assert_eq!(driver.resume_due(now).await.unwrap(), 0);
    let after_the_lease = now + SignedDuration::from_secs(11);
    assert_eq!(driver.resume_due(after_the_lease).await.unwrap(), 1);
}

#[tokio::test]
async fn a_neighbour_that_stays_away_is_asked_less_and_less_often() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(1), 1).await;
    app.world.payments.set_gone(true);
    check_out(&shopper, "key", "tok_visa").await.ok(202);
    app.state.driver.drain().await;
    let driver = &app.state.driver;

    // Put off for 1 s, then for 2 s.
    let in_s = |seconds| Timestamp::now() + SignedDuration::from_millis(seconds);
    assert_eq!(driver.resume_due(in_s(0)).await.unwrap(), 0);
    assert_eq!(driver.resume_due(in_s(1_001)).await.unwrap(), 1);
    assert_eq!(driver.resume_due(in_s(1_001)).await.unwrap(), 0);
    assert_eq!(driver.resume_due(in_s(2_001)).await.unwrap(), 1);
}

#[tokio::test]
async fn an_order_whose_payment_is_unknown_goes_on_although_the_clock_was_set_back() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(1), 1).await;
    let order = check_out(&shopper, "key", "tok_unknown").await.ok(202);
    app.state.driver.drain().await;

    let an_hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
    app.state.driver.resume_due(an_hour_ago).await.unwrap();

    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(shopper.get(&path).await.ok(200)["status"], "confirmed");
}

#[tokio::test]
async fn a_confirmed_order_whose_hold_is_lost_is_cancelled() {
    let app = TestApp::new();
    let shopper = app.customer();
    let product = app.product(5);
    fill(&shopper, product, 2).await;
    app.world.catalog.refuse_commits(true);
    let order = check_out(&shopper, "key", "tok_visa").await.ok(201);
    app.state.driver.drain().await;
    let id = order["id"].as_str().unwrap();
    app.world.payments.lose_hold(id.parse().unwrap());
    app.world.catalog.refuse_commits(false);

    let later = Timestamp::now() + SignedDuration::from_secs(2);
    app.state.driver.resume_due(later).await.unwrap();

    let order = shopper.get(&format!("/v1/orders/{id}")).await.ok(200);
    assert_eq!(order["status"], "cancelled");
    assert_eq!(order["payment"]["status"], "declined");
    assert_eq!(app.world.catalog.stock(product), 5);
    assert_eq!(cart_quantities(&shopper).await, [2]);
    let later = Timestamp::now() + SignedDuration::from_hours(24);
    let left = app.state.driver.resume_due(later).await.unwrap();
    assert_eq!(left, 0, "it is asked no more");
}

#[tokio::test]
async fn a_resumer_that_is_told_to_stop_takes_up_no_more() {
    let world = World::new();
    let dead = dead(&world);
    let batch = 32;
    for _ in 0..=batch {
        let shopper = dead.customer();
        fill(&shopper, dead.product(1), 1).await;
        check_out(&shopper, "key", "tok_visa").await;
    }
    dead.state.driver.drain().await;
    let stop = CancellationToken::new();
    let told = stop.clone();
    let app = world.start_with(Duration::ZERO, move |_, _| {
        told.cancel();
        true
    });

    app.state.driver.clone().resume(stop).await;

    let left = app.state.driver.resume_due(Timestamp::now()).await;
    assert_eq!(left.unwrap(), 1);
}

#[tokio::test]
async fn the_background_settles_at_its_start_and_tells_the_consumers() {
    let world = World::new();
    let dead = dead(&world);
    let shopper = dead.customer();
    let product = dead.product(3);
    fill(&shopper, product, 2).await;
    check_out(&shopper, "key", "tok_visa").await.ok(202);
    dead.state.driver.drain().await;
    let app = world.start_with(Duration::ZERO, |_, _| true);
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let stop = CancellationToken::new();

    let background = app
        .state
        .spawn_background(stop.clone(), vec![Arc::new(Told(told))]);

    let event = heard.recv().await.unwrap();
    assert_eq!(event.topic, "order.confirmed");
    let facts: Value = event.facts().unwrap();
    assert_eq!(facts["order_id"], event.key);
    assert_eq!(facts["lines"][0]["product_id"], product.to_string());
    assert_eq!(facts["lines"][0]["quantity"], 2);
    stop.cancel();
    background.await.unwrap();
}

struct Told(tokio::sync::mpsc::UnboundedSender<kit::events::Event>);

#[async_trait::async_trait]
impl kit::events::Consumer for Told {
    fn name(&self) -> &'static str {
        "a test"
    }

    async fn consume(
        &self,
        events: &[kit::events::Event],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        events
            .iter()
            .try_for_each(|event| self.0.send(event.clone()))?;
        Ok(())
    }
}
