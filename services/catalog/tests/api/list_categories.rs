//! `GET /v1/categories`.

use serde_json::json;

use crate::shop::{Shop, product};

#[tokio::test]
async fn categories_stand_in_the_shops_order_with_what_they_have() {
    let mut basil = product("Basil");
    basil.details.category = "herbs".to_owned();
    let shop = Shop::with(vec![product("Fern"), product("Ivy"), basil]).await;

    let answer = shop.anybody().get("/v1/categories").await;

    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.ok(200),
        json!({
            "items": [
                { "id": "houseplants", "name": "Houseplants", "product_count": 2 },
                { "id": "herbs", "name": "Herbs", "product_count": 1 },
                { "id": "tools", "name": "Tools", "product_count": 0 },
            ],
            "next_cursor": null,
        })
    );
}
