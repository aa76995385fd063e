//! Kept answers: none survives a write that makes it untrue.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Waker},
    time::{Duration, Instant},
};

use http::Method;
use jiff::Timestamp;
use kit::events::Event;
use serde_json::{Value, json};
use testkit::service::request;
use uuid::Uuid;

use crate::shop::{Shop, change, product, smallest};

/// Everything that is kept of a shop with Basil in it.
async fn everything(shop: &Shop, id: Uuid) -> [Value; 4] {
    let anybody = shop.anybody();
    let by_id = anybody.get(&format!("/v1/products/{id}")).await;
    [
        serde_json::from_slice(&by_id.body).unwrap_or_default(),
        anybody.get("/v1/products?sort=name").await.ok(200),
        anybody
            .get("/v1/products?sort=name&in_stock=true&q=basil")
            .await
            .ok(200),
        anybody.get("/v1/categories").await.ok(200),
    ]
}

#[tokio::test]
async fn no_kept_answer_survives_a_write() {
    let (basil, fern) = (product("Basil"), product("Fern"));
    let id = basil.id;
    let shop = Shop::with(vec![basil, fern]).await;
    let (staff, path) = (shop.staff(), format!("/v1/products/{id}"));
    let (order, other) = (Uuid::now_v7(), Uuid::now_v7());
    let mut before = everything(&shop, id).await;
    // Which of the four answers each write has to change: product, list, search, categories.
    let mut changed = async |what: &str, expected: [bool; 4]| {
        let after = everything(&shop, id).await;
        let changed: Vec<bool> = before.iter().zip(&after).map(|(a, b)| a != b).collect();
        assert_eq!(changed, expected, "{what}: {after:?}");
        before = after;
    };

    shop.reserve(order, id, 10).await.ok(204);
    changed("reserve", [true, true, true, false]).await;
    shop.release(order).await.ok(204);
    changed("release", [true, true, true, false]).await;
    let stock = json!({ "stock": 4 });
    change(&staff, Method::PUT, &format!("{path}/stock"), "*", &stock)
        .await
        .ok(200);
    changed("set_stock", [true, false, false, false]).await;
    let herb = json!({ "category": "herbs" });
    change(&staff, Method::PATCH, &path, "*", &herb)
        .await
        .ok(200);
    changed("change_product", [true, true, true, true]).await;
    let picture = request(Method::PUT, &format!("{path}/image")).header("if-match", "*");
    staff.send(picture, crate::set_image::png()).await.ok(200);
    changed("set_image", [true, true, true, false]).await;
    let mut lime = smallest();
    lime["name"] = json!("Lime basil");
    staff.post("/v1/products", &lime).await.ok(201);
    changed("add_product", [false, true, false, true]).await;
    shop.reserve(other, id, 1).await.ok(204);
    shop.commit(other).await.ok(204);
    changed("commit", [true, false, false, false]).await;
    shop.release(other).await.ok(204);
    changed("release of what was sold", [true, false, false, false]).await;
    let retire = request(Method::DELETE, &path).header("if-match", "*");
    staff.send(retire, "").await.ok(204);
    changed("delete_product", [true, true, true, true]).await;
}

#[tokio::test]
async fn what_sells_changes_a_kept_list() {
    let (basil, fern) = (product("Basil"), product("Fern"));
    let id = basil.id;
    let shop = Shop::with(vec![basil, fern]).await;
    assert_eq!(shop.names("").await, ["Fern", "Basil"]);

    let lines = json!({ "lines": [{ "product_id": id, "quantity": 1 }] });
    let event = Event::new("order.confirmed", 1, &lines);
    shop.state.consumer().consume(&[event]).await.unwrap();

    assert_eq!(shop.names("").await, ["Basil", "Fern"]);
}

#[tokio::test]
async fn a_lapsed_hold_and_its_late_sale_change_what_is_kept() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let order = Uuid::now_v7();
    shop.reserve(order, id, 3).await.ok(204);
    assert_eq!(shop.stock(id).await, 7);

    let in_an_hour = Timestamp::now() + jiff::SignedDuration::from_hours(1);
    shop.state.expire(in_an_hour).await.unwrap();
    assert_eq!(shop.stock(id).await, 10);
    shop.commit(order).await.ok(204);
    assert_eq!(shop.stock(id).await, 7);
}

#[tokio::test]
async fn what_changes_nothing_leaves_the_kept_answers() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let kept = shop.product(id).await;
    shop.change_behind_its_back(id);

    let (staff, path) = (shop.staff(), format!("/v1/products/{id}/stock"));
    let stock = json!({ "stock": 4 });
    let refused = change(&staff, Method::PUT, &path, "\"9\"", &stock).await;
    refused.refused(412, "precondition-failed");
    let refused = shop.reserve(Uuid::now_v7(), id, 99).await;
    refused.refused(409, "out-of-stock");
    assert_eq!(shop.state.expire(Timestamp::now()).await.unwrap(), 0);

    assert_eq!(shop.product(id).await, kept);
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_stale_answer_behind() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    assert_eq!(shop.stock(id).await, 10);
    let staff = shop.staff();
    let path = format!("/v1/products/{id}/stock");

    {
        let stock = json!({ "stock": 3 });
        let mut put = pin!(change(&staff, Method::PUT, &path, "*", &stock));
        let started = put.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(started.is_pending());
    }

    let deadline = Instant::now() + Duration::from_secs(10);
    while shop.stock(id).await != 3 {
        assert!(Instant::now() < deadline, "the old answer stays");
        tokio::task::yield_now().await;
    }
}
