//! `DELETE /v1/products/{id}`.

use http::Method;
use serde_json::json;
use testkit::service::{Answer, Client, request};
use uuid::Uuid;

use crate::shop::{Shop, product};

async fn retire(client: &Client, id: Uuid, tag: &str) -> Answer {
    let path = format!("/v1/products/{id}");
    client
        .send(request(Method::DELETE, &path).header("if-match", tag), "")
        .await
}

#[tokio::test]
async fn a_retired_product_vanishes_but_quotes_still_name_it() {
    let (basil, thyme) = (product("Basil"), product("Thyme"));
    let id = basil.id;
    let shop = Shop::with(vec![basil, thyme]).await;

    retire(&shop.staff(), id, &shop.tag(id).await).await.ok(204);

    let anybody = shop.anybody();
    anybody
        .get(&format!("/v1/products/{id}"))
        .await
        .refused(404, "not-found");
    anybody
        .get("/v1/products/basil")
        .await
        .refused(404, "not-found");
    assert_eq!(shop.names("").await, ["Thyme"]);
    assert!(shop.names("?q=basil").await.is_empty());
    let categories = anybody.get("/v1/categories").await.ok(200);
    assert_eq!(categories["items"][0]["product_count"], 1);
    let quotes = shop
        .orders()
        .post("/internal/quotes", &json!({ "products": [id] }))
        .await
        .ok(200);
    assert_eq!(quotes["items"][0]["name"], "Basil");
    assert_eq!(quotes["items"][0]["stock"], 0);
    assert_eq!(quotes["items"][0]["is_retired"], true);
    shop.reserve(Uuid::now_v7(), id, 1)
        .await
        .refused(409, "out-of-stock");
    retire(&shop.staff(), id, "*")
        .await
        .refused(404, "not-found");
}

#[tokio::test]
async fn what_is_set_aside_of_a_retired_product_can_still_be_sold_or_given_back() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let (sold, cancelled) = (Uuid::now_v7(), Uuid::now_v7());
    shop.reserve(sold, id, 2).await.ok(204);
    shop.reserve(cancelled, id, 2).await.ok(204);

    retire(&shop.staff(), id, "*").await.ok(204);

    shop.commit(sold).await.ok(204);
    shop.release(cancelled).await.ok(204);
}

#[tokio::test]
async fn only_staff_that_know_the_version_may_retire() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let customer = shop.service.customer(Uuid::now_v7());

    let blind = shop.staff().delete(&format!("/v1/products/{id}")).await;
    blind.refused(428, "precondition-required");
    retire(&shop.staff(), id, "\"2\"")
        .await
        .refused(412, "precondition-failed");
    retire(&shop.anybody(), id, "*")
        .await
        .refused(401, "sign-in-required");
    retire(&customer, id, "*").await.refused(403, "staff-only");
    retire(&shop.staff(), Uuid::now_v7(), "*")
        .await
        .refused(404, "not-found");

    assert_eq!(shop.names("").await, ["Basil"]);
}
