//! `GET /v1/products/{id}`.

use serde_json::json;

use crate::shop::{Shop, product};

#[tokio::test]
async fn a_product_is_found_by_id_and_by_slug() {
    let mut basil = product("Basil");
    basil.details.botanical_name = Some("Ocimum basilicum".to_owned());
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    let by_id = shop.anybody().get(&format!("/v1/products/{id}")).await;
    let by_slug = shop.anybody().get("/v1/products/basil").await;

    assert_eq!(by_id.header("etag").len(), "\"0123456789abcdef\"".len());
    assert_eq!(by_id.header("content-type"), "application/json");
    assert_eq!(by_slug.header("etag"), by_id.header("etag"));
    let expected = json!({
        "id": id,
        "slug": "basil",
        "name": "Basil",
        "botanical_name": "Ocimum basilicum",
        "summary": "Grows.",
        "description": "",
        "category": "houseplants",
        "price": { "amount": 1000, "currency": "USD" },
        "image_url": "/v1/images/0123456789abcdef01234567.svg",
        "images": [],
        "in_stock": true,
        "rating": 4.0,
        "care": "",
        "stock": 10,
        "attributes": {},
    });
    assert_eq!(by_id.ok(200), expected);
    assert_eq!(by_slug.ok(200), expected);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let shop = Shop::with(vec![product("Basil")]).await;

    let long = "a".repeat(5000);
    let ids = [
        "BASIL",
        "basil%20",
        "basil%00",
        "%F0%9F%AA%B4",
        "00000000-0000-0000-0000-000000000000",
        "'%20or%20'1'='1",
        long.as_str(),
    ];
    for id in ids {
        shop.anybody()
            .get(&format!("/v1/products/{id}"))
            .await
            .refused(404, "not-found");
    }
    shop.anybody()
        .get("/v1/products/%FF")
        .await
        .refused(400, "bad-parameter");
}
