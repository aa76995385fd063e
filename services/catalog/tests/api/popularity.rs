//! What sells is listed first.

use kit::events::Event;
use serde_json::json;
use uuid::Uuid;

use crate::shop::{Shop, product};

fn confirmed(product: Uuid, quantity: i64) -> Event {
    let lines = json!([{ "product_id": product, "quantity": quantity, "name": "not read" }]);
    Event::new(
        "order.confirmed",
        Uuid::now_v7(),
        &json!({ "lines": lines }),
    )
}

#[tokio::test]
async fn the_pieces_of_each_confirmed_order_count_once() {
    let (ivy, fern) = (product("Ivy"), product("Fern"));
    let (ivy_id, fern_id) = (ivy.id, fern.id);
    let shop = Shop::with(vec![ivy, fern]).await;
    let consumer = shop.state.consumer();
    let five_ivies = confirmed(ivy_id, 5);
    assert_eq!(
        shop.names("").await,
        ["Fern", "Ivy"],
        "alike, the newest first"
    );

    consumer
        .consume(&[five_ivies.clone(), confirmed(fern_id, 4)])
        .await
        .unwrap();
    assert_eq!(shop.names("").await, ["Ivy", "Fern"]);
    consumer
        .consume(&[confirmed(fern_id, 3), five_ivies.clone()])
        .await
        .unwrap();
    assert_eq!(shop.names("").await, ["Fern", "Ivy"]);
    consumer
        .consume(&[five_ivies.clone(), five_ivies])
        .await
        .unwrap();
    assert_eq!(shop.names("").await, ["Fern", "Ivy"]);
}

#[tokio::test]
async fn other_events_and_unknown_products_count_nothing() {
    let (ivy, fern) = (product("Ivy"), product("Fern"));
    let ivy_id = ivy.id;
    let shop = Shop::with(vec![ivy, fern]).await;
    let mut placed = confirmed(ivy_id, 5);
    placed.topic = "order.placed".to_owned();
    let other = Event::new("order.cancelled", 1, &json!({}));

    let consumer = shop.state.consumer();
    consumer
        .consume(&[placed, other, confirmed(Uuid::now_v7(), 9)])
        .await
        .unwrap();

    assert_eq!(shop.names("").await, ["Fern", "Ivy"]);
}
