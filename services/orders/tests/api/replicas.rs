//! Two replicas on one database are one service.

use futures::future::join;
use testkit::{postgres::database, service::Client};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    app::{TestApp, World, check_out, fill},
    stream_order_events::{Reader, named},
};

/// A shopper, as each replica meets him.
fn shopper(replicas: [&TestApp; 2]) -> [Client; 2] {
    let id = Uuid::now_v7();
    replicas.map(|replica| replica.service.customer(id))
}

#[tokio::test]
async fn a_stream_hears_what_happens_in_another_replica() {
    let (world, database) = (World::new(), database().await);
    let [one, other] = [
        world.replica(&database).await,
        world.replica(&database).await,
    ];
    let stop = CancellationToken::new();
    let background = other.state.spawn_background(stop.clone(), Vec::new());
    let [here, there] = shopper([&one, &other]);
    fill(&here, one.product(5), 1).await;
    let order = check_out(&here, "key", "tok_visa").await.ok(201);
    let id = order["id"].as_str().unwrap().to_owned();
    one.state.driver.drain().await;
    let mut stream = Reader::open(&there, &id).await;
    let was = stream.take(2).await;

    // A stream reads again only when it is told to.
    let staff = one.staff();
    staff
        .post(&format!("/v1/orders/{id}/ship"), &())
        .await
        .ok(200);
    let shipped = stream.take(1).await;
    staff
        .post(&format!("/v1/orders/{id}/deliver"), &())
        .await
        .ok(200);
    let delivered = stream.take(1).await;

    assert_eq!(was, named(&[(1, "placed"), (2, "confirmed")]));
    assert_eq!(shipped, named(&[(3, "shipped")]));
    assert_eq!(delivered, named(&[(4, "delivered")]));
    assert_eq!(stream.next().await, None);
    stop.cancel();
    background.await.unwrap();
}

#[tokio::test]
async fn a_checkout_sent_to_two_replicas_is_one_order() {
    let (world, database) = (World::new(), database().await);
    let [one, other] = [
        world.replica(&database).await,
        world.replica(&database).await,
    ];
    let stop = CancellationToken::new();
    let background =
        [&one, &other].map(|replica| replica.state.spawn_background(stop.clone(), Vec::new()));
    let product = one.product(5);

    for (token, status) in [("tok_visa", 201), ("tok_declined", 402)] {
        let [here, there] = shopper([&one, &other]);
        fill(&here, product, 1).await;

        let (first, second) = join(
            check_out(&here, "key", token),
            check_out(&there, "key", token),
        )
        .await;

        assert_eq!(
            (first.status.as_u16(), second.status.as_u16()),
            (status, status)
        );
        let orders = here.get("/v1/orders").await.ok(200);
        assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    }
    assert_eq!(world.catalog.stock(product), 4);
    stop.cancel();
    for background in background {
        background.await.unwrap();
    }
}
