//! `GET /v1/images/{name}`.

use crate::shop::{Shop, smallest};

#[tokio::test]
async fn a_picture_may_be_kept_for_ever_and_a_drawing_can_do_nothing() {
    let shop = Shop::empty().await;
    let new = shop.staff().post("/v1/products", &smallest()).await.ok(201);
    let address = new["image_url"].as_str().unwrap();

    let picture = shop.anybody().get(address).await;

    assert_eq!(picture.status, 200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    assert_eq!(
        picture.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    let policy = picture.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.ends_with("sandbox"));
    assert!(picture.text().starts_with("<svg"));
}

#[tokio::test]
async fn a_name_that_is_none_of_ours_finds_nothing() {
    let shop = Shop::empty().await;
    shop.staff().post("/v1/products", &smallest()).await.ok(201);

    for name in [
        "0123456789abcdef01234567.svg",
        "0123456789ABCDEF01234567.svg",
        "0123456789abcdef01234567-96.webp",
        "0123456789abcdef01234567-9999.webp",
        "0123456789abcdef01234567-.webp",
        "0123456789abcdef01234567-a.webp",
        "catalog.db",
        "..%2Fcatalog.db",
        "%2Fetc%2Fpasswd",
        "0123456789abcdef01234567.svg%00.png",
        "%00",
        ".svg",
    ] {
        shop.anybody()
            .get(&format!("/v1/images/{name}"))
            .await
            .refused(404, "not-found");
    }
    shop.anybody()
        .get("/v1/images/%FF")
        .await
        .refused(400, "bad-parameter");
}
