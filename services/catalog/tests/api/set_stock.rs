//! `PUT /v1/products/{id}/stock`.

use http::Method;
use serde_json::{Value, json};
use testkit::service::{Answer, Client};
use uuid::Uuid;

use crate::shop::{Shop, change, product};

async fn put(client: &Client, id: Uuid, tag: &str, stock: Value) -> Answer {
    let path = format!("/v1/products/{id}/stock");
    change(client, Method::PUT, &path, tag, &json!({ "stock": stock })).await
}

#[tokio::test]
async fn the_stock_is_set_beside_what_is_set_aside() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let order = Uuid::now_v7();
    shop.reserve(order, id, 4).await.ok(204);
    let seen = shop.tag(id).await;

    let answer = put(&shop.staff(), id, &seen, json!(20)).await;

    assert_eq!(answer.ok(200)["stock"], 20);
    assert_ne!(answer.header("etag"), seen);
    assert_eq!(answer.header("etag"), shop.tag(id).await);
    shop.release(order).await.ok(204);
    assert_eq!(shop.stock(id).await, 24);
}

#[tokio::test]
async fn a_count_made_before_a_sale_cannot_undo_it() {
    let basil = product("Basil");
    let id = basil.id;
    for shop in Shop::on_both(vec![basil]).await {
        let (order, seen) = (Uuid::now_v7(), shop.tag(id).await);

        shop.reserve(order, id, 3).await.ok(204);
        let late = put(&shop.staff(), id, &seen, json!(15)).await;

        late.refused(412, "precondition-failed");
        assert_eq!(shop.stock(id).await, 7);
        // What came back is what was seen.
        shop.release(order).await.ok(204);
        put(&shop.staff(), id, &seen, json!(0)).await.ok(200);
        assert_eq!(shop.product(id).await["in_stock"], false);
        shop.reserve(Uuid::now_v7(), id, 1)
            .await
            .refused(409, "out-of-stock");
    }
}

#[tokio::test]
async fn a_count_that_cannot_be_is_refused() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let (staff, customer) = (shop.staff(), shop.service.customer(Uuid::now_v7()));

    for bad in [
        json!(-1),
        json!(1_000_001),
        json!("3"),
        json!(1e30),
        Value::Null,
    ] {
        assert_eq!(put(&staff, id, "*", bad).await.faults(), ["/stock"]);
    }
    let blind = staff
        .put(&format!("/v1/products/{id}/stock"), &json!({ "stock": 1 }))
        .await;
    blind.refused(428, "precondition-required");
    put(&staff, id, "\"9\"", json!(1))
        .await
        .refused(412, "precondition-failed");
    put(&staff, Uuid::now_v7(), "*", json!(1))
        .await
        .refused(404, "not-found");
    put(&shop.anybody(), id, "*", json!(1))
        .await
        .refused(401, "sign-in-required");
    put(&customer, id, "*", json!(1))
        .await
        .refused(403, "staff-only");

    assert_eq!(shop.stock(id).await, 10);
    put(&staff, id, "*", json!(1_000_000)).await.ok(200);
}
