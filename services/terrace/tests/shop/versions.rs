//! Two versions of one operation, side by side.

use axum::http::Method;

use crate::visitor::{open, product_with};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_version_says_that_it_ends_and_leads_to_the_second() {
    let shop = open().await;
    let (product, _) = product_with(&shop.visitor, 1).await;
    let path = format!("/v1/products/{product}");

    let first = shop.visitor.call(Method::GET, &path, None).await;
    let link = first.header("link");
    let (next, _) = link.split_once(">; rel=\"successor-version\"").unwrap();
    let next = next.trim_start_matches('<');
    let second = shop.visitor.call(Method::GET, next, None).await;

    assert!(first.header("deprecation").starts_with('@'), "{link}");
    assert!(first.header("sunset").ends_with(" GMT"), "{link}");
    assert_eq!(second.header("deprecation"), "");
    let (first, second) = (first.ok(200), second.ok(200));
    assert_eq!(second["id"], first["id"]);
    assert_eq!(second["image"]["url"], first["image_url"]);
}
