//! More buyers than pieces: exactly the pieces are sold.

use axum::http::Method;
use serde_json::json;

use crate::visitor::{open, product_with, stock};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_buyers_at_once_buy_exactly_the_ten_pieces_there_are() {
    let shop = open().await;
    let staff = shop.visitor.sign_in(&shop.accounts.staff).await;
    let (product, _) = product_with(&shop.visitor, 1).await;
    let path = format!("/v1/products/{product}/stock");
    let ten = json!({ "stock": 10 });
    staff
        .call_with(Method::PUT, &path, &[("if-match", "*")], Some(&ten))
        .await
        .ok(200);
    let mut buyers = Vec::new();
    for n in 0..100 {
        let buyer = shop.visitor.sign_up(&format!("buyer{n}")).await;
        buyer.put_in_cart(&product, 1).await;
        buyers.push(buyer);
    }

    let orders = buyers.iter().map(|buyer| {
        let buyer = buyer.clone();
        tokio::spawn(async move {
            buyer
                .order("the-only-one", "tok_visa")
                .await
                .status
                .as_u16()
        })
    });
    let orders: Vec<_> = orders.collect();
    let mut answers = Vec::new();
    for order in orders {
        answers.push(order.await.unwrap());
    }

    let count = |status: u16| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(201), count(409)), (10, 90), "{answers:?}");
    assert_eq!(stock(&shop.visitor, &product).await, 0);
}
