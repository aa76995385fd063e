//! The service dies after each single step of each story; the next start settles the order.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use orders::driver::{Point, SagaHook};
use serde_json::Value;
use uuid::Uuid;

use crate::app::{World, check_out, fill};

/// Dies at one point, counted over all drives.
struct DiesAt {
    point: usize,
    passed: AtomicUsize,
}

impl SagaHook for DiesAt {
    fn lives(&self, _: Uuid, _: Point) -> bool {
        self.passed.fetch_add(1, Ordering::SeqCst) != self.point
    }
}

/// What the shopper does, and what must come of it.
struct Story {
    token: &'static str,
    stock: i64,
    /// Somebody else buys everything while the order is on its way to the shelf.
    sold_out: bool,
    cancels: bool,
    answer: u16,
    status: &'static str,
    payment: &'static str,
}

const BOUGHT: Story = Story {
    token: "tok_visa",
    stock: 5,
    sold_out: false,
    cancels: false,
    answer: 201,
    status: "confirmed",
    payment: "captured",
};

/// Tells the story with a death at `point`; false when it has fewer points.
async fn dies_at(point: usize, story: &Story) -> bool {
    let world = World::new();
    let hook = Arc::new(DiesAt {
        point,
        passed: AtomicUsize::new(0),
    });
    let app = world.start(hook.clone(), Duration::ZERO);
    let user = Uuid::now_v7();
    let shopper = app.service.customer(user);
    let product = app.product(story.stock);
    fill(&shopper, product, 2).await;
    if story.sold_out {
        // After the price is quoted, before the stock is set aside.
        world.catalog.sell_out_at_reservation(product);
    }

    check_out(&shopper, "key", story.token).await;
    app.state.driver().drain().await;
    if story.cancels {
        let id = first_order(&shopper.get("/v1/orders").await.ok(200))["id"].clone();
        let path = format!("/v1/orders/{}/cancel", id.as_str().unwrap());
        shopper.post(&path, &()).await.ok(200);
        app.state.driver().drain().await;
    }
    drop(app);

    // The next start, another one if that dies, and another one for what was put off.
    let mut app = world.start(hook.clone(), Duration::from_secs(10));
    for _ in 0..3 {
        app.state
            .driver()
            .resume_due(jiff::Timestamp::now())
            .await
            .unwrap();
        app = world.start(hook.clone(), Duration::from_secs(10));
    }
    let died = hook.passed.load(Ordering::SeqCst) > point;

    let shopper = app.service.customer(user);
    let order = first_order(&shopper.get("/v1/orders").await.ok(200));
    assert_eq!(order["status"], story.status, "death at {point}");
    assert_eq!(
        order["payment"]["status"], story.payment,
        "death at {point}"
    );
    let again = check_out(&shopper, "key", story.token).await;
    assert_eq!(again.status, story.answer, "death at {point}");
    let sold = story.status == "confirmed";
    let left = if story.sold_out { 0 } else { story.stock };
    assert_eq!(
        world.catalog.stock(product),
        left - if sold { 2 } else { 0 }
    );
    assert_eq!(world.payments.taken(), if sold { 2_755 } else { 0 });
    let id = order["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.catalog.is_sold(id), sold);
    let resumed = app.state.driver().resume_due(far_future()).await.unwrap();
    assert_eq!(resumed, 0, "an order is left unsettled, death at {point}");
    died
}

fn far_future() -> jiff::Timestamp {
    jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)
}

fn first_order(list: &Value) -> Value {
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    list["items"][0].clone()
}

/// Every death of the story, and at last a life without one.
async fn survives(story: Story, points: usize) {
    let mut point = 0;
    while dies_at(point, &story).await {
        point += 1;
    }
    assert_eq!(point, points, "the story has other points than thought");
}

#[tokio::test]
async fn a_purchase_survives_every_death() {
    // Four steps, two of them stored.
    survives(BOUGHT, 6).await;
}

#[tokio::test]
async fn a_declined_card_survives_every_death() {
    let story = Story {
        token: "tok_declined",
        answer: 402,
        status: "cancelled",
        payment: "declined",
        ..BOUGHT
    };
    survives(story, 5).await;
}

#[tokio::test]
async fn an_empty_shelf_survives_every_death() {
    let story = Story {
        sold_out: true,
        answer: 409,
        status: "cancelled",
        payment: "voided",
        ..BOUGHT
    };
    survives(story, 4).await;
}

#[tokio::test]
async fn an_unknown_payment_survives_every_death() {
    let story = Story {
        token: "tok_unknown",
        ..BOUGHT
    };
    // The first drive is put off after one step; the next one takes all four, two of them stored.
    survives(story, 7).await;
}

#[tokio::test]
async fn a_cancellation_survives_every_death() {
    let story = Story {
        cancels: true,
        status: "cancelled",
        payment: "refunded",
        ..BOUGHT
    };
    // A purchase that dies early is voided, not refunded: begin after the six points of it.
    for point in 6..9 {
        assert!(dies_at(point, &story).await);
    }
    assert!(!dies_at(9, &story).await);
}

#[tokio::test]
async fn a_cancellation_of_a_purchase_that_died_survives() {
    for (point, payment) in [
        (0, "voided"),
        (1, "voided"),
        (2, "voided"),
        (3, "voided"),
        (4, "refunded"),
        (5, "refunded"),
    ] {
        let story = Story {
            cancels: true,
            status: "cancelled",
            payment,
            ..BOUGHT
        };
        assert!(dies_at(point, &story).await);
    }
}
