//! `POST /internal/reservations/{order_id}/commit`. What happens after a hold has lapsed stands
//! in `store_contract.rs`.

use uuid::Uuid;

use crate::shop::{Shop, product};

#[tokio::test]
async fn what_was_set_aside_is_sold_once() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let order = Uuid::now_v7();
    shop.reserve(order, id, 3).await.ok(204);

    shop.commit(order).await.ok(204);
    shop.commit(order).await.ok(204);

    assert_eq!(shop.stock(id).await, 7);
}

#[tokio::test]
async fn nothing_is_sold_that_was_not_reserved_or_was_given_back() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let order = Uuid::now_v7();

    shop.commit(order).await.refused(404, "not-found");
    shop.reserve(order, id, 3).await.ok(204);
    shop.release(order).await.ok(204);
    shop.commit(order).await.refused(409, "wrong-state");

    assert_eq!(shop.stock(id).await, 10);
}
