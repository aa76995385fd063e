//! What the edge keeps of the catalog: shoppers share it, and it never outlives a change or a sale.

use axum::http::Method;
use serde_json::json;
use testkit::service::Answer;

use crate::visitor::{open, product_with};

/// Whether the edge had the answer already.
fn was_kept(answer: &Answer) -> bool {
    let told = answer.headers.get_all("server-timing").iter();
    let mut told = told.map(|it| it.to_str().unwrap());
    told.any(|it| it == "cache;desc=hit")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_product_shows_each_change_at_once() {
    let shop = open().await;
    let staff = shop.visitor.sign_in(&shop.accounts.staff).await;
    let (product, _) = product_with(&shop.visitor, 3).await;
    let path = format!("/v1/products/{product}");
    let look = async || shop.visitor.call(Method::GET, &path, None).await;
    look().await.ok(200);
    // Whoever is signed in shares with everybody, and has the tag that a change names. A shop that has just opened may
    // forget its first answers.
    let mut kept = staff.call(Method::GET, &path, None).await;
    for _ in 0..10 {
        if was_kept(&kept) {
            break;
        }
        kept = staff.call(Method::GET, &path, None).await;
    }
    assert!(was_kept(&kept));

    let dearer = json!({ "price": { "amount": 4321, "currency": "USD" } });
    let seen = [("if-match", kept.header("etag"))];
    let changed = staff.call_with(Method::PATCH, &path, &seen, Some(&dearer));
    changed.await.ok(200);

    assert_eq!(look().await.ok(200)["price"]["amount"], 4321);
    // A write is told of more than once: the first answer after it may be forgotten as well.
    let mut looks = 0;
    while !was_kept(&look().await) {
        looks += 1;
        assert!(looks < 10, "it is not kept again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_product_shows_what_orders_have_left_of_it_at_once() {
    let shop = open().await;
    let rose = shop.visitor.sign_up("rose").await;
    let (product, stock) = product_with(&shop.visitor, 3).await;
    let path = format!("/v1/products/{product}");
    let look = async || shop.visitor.call(Method::GET, &path, None).await;
    let mut looks = 0;
    while !was_kept(&look().await) {
        looks += 1;
        assert!(looks < 10, "it is not kept");
    }

    rose.put_in_cart(&product, 2).await;
    rose.order("two", "tok_visa").await.ok(201);

    assert_eq!(look().await.ok(200)["stock"], stock - 2);
}
