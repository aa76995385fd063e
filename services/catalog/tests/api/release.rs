//! `DELETE /internal/reservations/{order_id}`.

use uuid::Uuid;

use crate::shop::{Shop, product};

#[tokio::test]
async fn what_is_held_or_sold_comes_back_once() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let (held, sold) = (Uuid::now_v7(), Uuid::now_v7());
    shop.reserve(held, id, 3).await.ok(204);
    shop.reserve(sold, id, 4).await.ok(204);
    shop.commit(sold).await.ok(204);
    assert_eq!(shop.stock(id).await, 3);

    for order in [held, held, sold, sold] {
        shop.release(order).await.ok(204);
    }

    assert_eq!(shop.stock(id).await, 10);
}

#[tokio::test]
async fn a_reservation_that_comes_after_its_release_is_refused() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let (never_reserved, reserved) = (Uuid::now_v7(), Uuid::now_v7());
    shop.reserve(reserved, id, 1).await.ok(204);

    for order in [never_reserved, reserved] {
        shop.release(order).await.ok(204);
        shop.reserve(order, id, 1).await.refused(409, "wrong-state");
        shop.release(order).await.ok(204);
    }

    assert_eq!(shop.stock(id).await, 10);
}
