//! `POST /internal/quotes`.

use serde_json::json;
use uuid::Uuid;

use crate::shop::{Shop, product};

#[tokio::test]
async fn a_quote_names_price_and_stock_and_leaves_out_what_does_not_exist() {
    let (basil, thyme) = (product("Basil"), product("Thyme"));
    let (basil_id, thyme_id) = (basil.id, thyme.id);
    let shop = Shop::with(vec![basil, thyme]).await;
    shop.reserve(Uuid::now_v7(), thyme_id, 4).await.ok(204);

    let asked = json!({ "products": [thyme_id, Uuid::now_v7(), basil_id] });
    let quotes = shop.orders().post("/internal/quotes", &asked).await.ok(200);

    let price = json!({ "amount": 1000, "currency": "USD" });
    assert_eq!(
        quotes,
        json!({ "items": [
            { "product_id": thyme_id, "name": "Thyme", "category": "houseplants", "unit_price": price, "stock": 6,
              "is_retired": false },
            { "product_id": basil_id, "name": "Basil", "category": "houseplants", "unit_price": price, "stock": 10,
              "is_retired": false },
        ] })
    );
}

#[tokio::test]
async fn at_most_100_products_are_quoted_at_once() {
    let shop = Shop::empty().await;
    let asked = |n: usize| json!({ "products": vec![Uuid::now_v7(); n] });

    let none = shop
        .orders()
        .post("/internal/quotes", &asked(0))
        .await
        .ok(200);
    shop.orders()
        .post("/internal/quotes", &asked(100))
        .await
        .ok(200);
    let over = shop.orders().post("/internal/quotes", &asked(101)).await;

    assert_eq!(none, json!({ "items": [] }));
    assert_eq!(over.faults(), ["/products"]);
}
