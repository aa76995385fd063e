//! The service dies after each single thing that it does in each story; the next start settles the
//! order.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use uuid::Uuid;

use crate::{
    app::{TestApp, World, cart_quantities, check_out, fill},
    table::table,
};

/// What the shopper does, and what must come of it.
struct Story {
    token: &'static str,
    stock: i64,
    /// Somebody else buys everything while the order is on its way to the shelf.
    sold_out: bool,
    cancels: bool,
    /// The cart is kept apart from the orders.
    carts_apart: bool,
    answer: u16,
    status: &'static str,
    payment: &'static str,
}

const BOUGHT: Story = Story {
    token: "tok_visa",
    stock: 5,
    sold_out: false,
    cancels: false,
    carts_apart: false,
    answer: 201,
    status: "confirmed",
    payment: "captured",
};

/// All that was done to the order, by whichever process.
type Deeds = Arc<Mutex<Vec<&'static str>>>;

/// A process that dies when so much is done in all.
fn start(world: &World, deeds: &Deeds, last: usize) -> TestApp {
    let deeds = deeds.clone();
    world.start_with(Duration::ZERO, move |_, deed| {
        if deed == "read" {
            return true;
        }
        let mut deeds = deeds.lock().unwrap();
        deeds.push(deed);
        deeds.len() != last
    })
}

/// Tells the story with a death after so many deeds. All deeds until then, and from then on.
async fn tell(story: &Story, last: usize) -> Vec<&'static str> {
    let (mut world, deeds) = (World::new(), Deeds::default());
    if story.carts_apart {
        world.carts = Some(table().await);
    }
    let filling = world.start_with(Duration::ZERO, |_, _| true);
    let user = Uuid::now_v7();
    let product = filling.product(story.stock);
    fill(&filling.service.customer(user), product, 2).await;
    drop(filling);
    let app = start(&world, &deeds, last);
    let shopper = app.service.customer(user);
    if story.sold_out {
        // After the price is quoted, before the stock is set aside.
        world.catalog.sell_out_at_reservation(product);
    }

    check_out(&shopper, "key", story.token).await;
    app.state.driver.drain().await;
    if story.cancels {
        let id = first_order(&shopper.get("/v1/orders").await.ok(200))["id"].clone();
        let path = format!("/v1/orders/{}/cancel", id.as_str().unwrap());
        shopper.post(&path, &()).await;
        app.state.driver.drain().await;
    }
    drop(app);

    // The next start, another one if that dies, and another one for what was put off.
    let mut app = start(&world, &deeds, last);
    for _ in 0..3 {
        let now = jiff::Timestamp::now();
        app.state.driver.resume_due(now).await.unwrap();
        app = start(&world, &deeds, last);
    }

    let shopper = app.service.customer(user);
    let order = first_order(&shopper.get("/v1/orders").await.ok(200));
    let death = deeds
        .lock()
        .unwrap()
        .iter()
        .take(last)
        .copied()
        .collect::<Vec<_>>();
    assert_eq!(order["status"], story.status, "{death:?}");
    // What is cancelled before the money is taken is voided.
    let payment = match story.payment {
        "refunded" if !death.contains(&"capture") => "voided",
        payment => payment,
    };
    assert_eq!(order["payment"]["status"], payment, "{death:?}");
    let returned = matches!(story.answer, 402 | 409);
    let cart = cart_quantities(&shopper).await;
    assert_eq!(cart, vec![2; usize::from(returned)], "{death:?}");
    let again = check_out(&shopper, "key", story.token).await;
    assert_eq!(again.status, story.answer, "{death:?}");
    let sold = story.status == "confirmed";
    let left = if story.sold_out { 0 } else { story.stock };
    assert_eq!(
        world.catalog.stock(product),
        left - if sold { 2 } else { 0 }
    );
    assert_eq!(world.payments.taken(), if sold { 2_755 } else { 0 });
    let id = order["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.catalog.is_sold(id), sold);
    let resumed = app.state.driver.resume_due(far_future()).await.unwrap();
    assert_eq!(resumed, 0, "an order is left unsettled: {death:?}");
    deeds.lock().unwrap().clone()
}

fn far_future() -> jiff::Timestamp {
    jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24)
}

fn first_order(list: &Value) -> Value {
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    list["items"][0].clone()
}

/// A life without a death, which has all of these in it, and each death that can be in it.
async fn survives(story: Story, deeds: &[&'static str]) {
    let life = tell(&story, usize::MAX).await;
    for deed in deeds {
        assert!(life.contains(deed), "{deed} is not in {life:?}");
    }
    for last in 1..=life.len() {
        let with_death = tell(&story, last).await;
        assert_eq!(with_death[..last], life[..last], "until the death");
    }
}

#[tokio::test]
async fn a_purchase_survives_every_death() {
    let stored = ["placed", "confirmed", "settled"];
    let steps = ["reserve", "authorise", "commit", "capture"];
    survives(BOUGHT, &[&stored[..], &steps[..]].concat()).await;
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
    let stored = ["placed", "cancelling", "undone"];
    let steps = ["reserve", "authorise", "release", "void_or_refund"];
    survives(story, &[&stored[..], &steps[..]].concat()).await;
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
    let stored = ["placed", "cancelling", "undone"];
    let steps = ["reserve", "release", "void_or_refund"];
    survives(story, &[&stored[..], &steps[..]].concat()).await;
}

#[tokio::test]
async fn an_unknown_payment_survives_every_death() {
    let story = Story {
        token: "tok_unknown",
        ..BOUGHT
    };
    let stored = ["placed", "put off", "confirmed", "settled"];
    let steps = ["reserve", "authorise", "commit", "capture"];
    survives(story, &[&stored[..], &steps[..]].concat()).await;
}

#[tokio::test]
async fn a_cancellation_survives_every_death_in_it_and_before_it() {
    let story = Story {
        cancels: true,
        status: "cancelled",
        payment: "refunded",
        ..BOUGHT
    };
    let stored = ["placed", "confirmed", "settled", "cancelled", "undone"];
    let steps = [
        "reserve",
        "authorise",
        "commit",
        "capture",
        "release",
        "void_or_refund",
    ];
    survives(story, &[&stored[..], &steps[..]].concat()).await;
}

#[tokio::test]
async fn a_purchase_survives_every_death_between_the_orders_and_the_carts() {
    let story = Story {
        carts_apart: true,
        ..BOUGHT
    };
    let stored = ["placed", "cart", "take", "confirmed", "settled"];
    survives(story, &stored).await;
}

#[tokio::test]
async fn lines_that_return_to_a_cart_apart_survive_every_death() {
    let story = Story {
        carts_apart: true,
        token: "tok_declined",
        answer: 402,
        status: "cancelled",
        payment: "declined",
        ..BOUGHT
    };
    let stored = ["placed", "cart", "take", "cancelling", "return", "undone"];
    survives(story, &stored).await;
}
