//! `PUT /internal/reservations/{order_id}`.

use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::shop::{Shop, product};

#[tokio::test]
async fn a_hundred_buyers_at_once_of_ten_pieces_buy_exactly_ten() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let orders = shop.orders();

    let buyers = (0..100).map(|_| {
        let orders = orders.clone();
        tokio::spawn(async move {
            let path = format!("/internal/reservations/{}", Uuid::now_v7());
            let lines = json!({ "lines": [{ "product_id": id, "quantity": 1 }] });
            let reserved = orders.put(&path, &lines).await;
            if reserved.status == StatusCode::NO_CONTENT {
                let commit = format!("{path}/commit");
                orders.bare(http::Method::POST, &commit).await.ok(204);
                return true;
            }
            reserved.refused(409, "out-of-stock");
            false
        })
    });
    let mut sold = 0;
    for buyer in buyers.collect::<Vec<_>>() {
        sold += i64::from(buyer.await.unwrap());
    }

    assert_eq!(sold, 10);
    assert_eq!(shop.stock(id).await, 0);
}

#[tokio::test]
async fn all_lines_are_reserved_or_none_and_the_missing_ones_are_named() {
    let (basil, fern, mut ivy) = (product("Basil"), product("Fern"), product("Ivy"));
    ivy.stock = 1;
    let (basil_id, fern_id, ivy_id) = (basil.id, fern.id, ivy.id);
    let shop = Shop::with(vec![basil, fern, ivy]).await;
    let lines = json!({ "lines": [
        { "product_id": basil_id, "quantity": 3 },
        { "product_id": ivy_id, "quantity": 2 },
        { "product_id": fern_id, "quantity": 10 },
        { "product_id": Uuid::now_v7(), "quantity": 1 },
    ] });

    let path = format!("/internal/reservations/{}", Uuid::now_v7());
    let problem = shop
        .orders()
        .put(&path, &lines)
        .await
        .refused(409, "out-of-stock");

    let named: Vec<_> = problem
        .errors
        .iter()
        .map(|error| error.pointer.as_str())
        .collect();
    assert_eq!(named, ["/lines/1", "/lines/3"]);
    assert_eq!(shop.stock(basil_id).await, 10);
    assert_eq!(shop.stock(fern_id).await, 10);
    assert_eq!(shop.stock(ivy_id).await, 1);
}

#[tokio::test]
async fn a_repeated_reservation_takes_once_and_another_one_of_the_order_is_refused() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let order = Uuid::now_v7();

    shop.reserve(order, id, 2).await.ok(204);
    shop.reserve(order, id, 2).await.ok(204);
    shop.reserve(order, id, 3).await.refused(422, "key-reused");
    shop.commit(order).await.ok(204);
    shop.reserve(order, id, 2).await.ok(204);
    shop.reserve(order, id, 3).await.refused(422, "key-reused");

    assert_eq!(shop.stock(id).await, 8);
}

#[tokio::test]
async fn a_refused_reservation_may_be_tried_again() {
    let mut basil = product("Basil");
    basil.stock = 0;
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let order = Uuid::now_v7();
    shop.reserve(order, id, 1)
        .await
        .refused(409, "out-of-stock");

    let path = format!("/v1/products/{id}/stock");
    let stock = json!({ "stock": 5 });
    crate::shop::change(&shop.staff(), http::Method::PUT, &path, "*", &stock)
        .await
        .ok(200);

    shop.reserve(order, id, 1).await.ok(204);
    assert_eq!(shop.stock(id).await, 4);
}

#[tokio::test]
async fn lines_that_make_no_sense_are_refused() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let path = format!("/internal/reservations/{}", Uuid::now_v7());
    let line = |quantity: i64| json!({ "product_id": id, "quantity": quantity });
    let many: Vec<_> = (0..101)
        .map(|_| json!({ "product_id": Uuid::now_v7(), "quantity": 1 }))
        .collect();
    let cases = [
        (json!([]), "/lines"),
        (json!(many), "/lines"),
        (json!([line(0)]), "/lines/0/quantity"),
        (json!([line(-1)]), "/lines/0/quantity"),
        (json!([line(100)]), "/lines/0/quantity"),
        (json!([line(1), line(1)]), "/lines/1/product_id"),
        (
            json!([{ "product_id": "basil", "quantity": 1 }]),
            "/lines/0/product_id",
        ),
    ];

    for (lines, pointer) in cases {
        let answer = shop.orders().put(&path, &json!({ "lines": lines })).await;
        assert_eq!(answer.faults(), [pointer]);
    }
    shop.orders()
        .put(
            "/internal/reservations/basil",
            &json!({ "lines": [line(1)] }),
        )
        .await
        .refused(400, "bad-parameter");

    assert_eq!(shop.stock(id).await, 10);
}
