//! `GET /internal/people/{user_id}/cart`, `…/orders`, `…/payments`, and what becomes of who has left.

use http::Method;
use kit::events::Event;
use serde_json::{Value, json};
use testkit::service::Client;
use uuid::Uuid;

use crate::app::{TestApp, cart_quantities, check_out, fill};

const PARTS: [&str; 3] = ["cart", "orders", "payments"];

/// All that is told of a person, over all pages of so many.
async fn kept(users: &Client, user_id: Uuid, part: &str, limit: u32) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/internal/people/{user_id}/{part}?limit={limit}{cursor}");
        let page = users.get(&path).await.ok(200);
        items.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

async fn leave(app: &TestApp, user_id: Uuid) {
    let event = Event::new("user.deleted", user_id, &json!({ "user_id": user_id }));
    let events = [Event::new("letter", user_id, &json!({})), event];
    app.state.consumer().consume(&events).await.unwrap();
}

#[tokio::test]
async fn users_are_told_what_is_kept_of_one_person_page_by_page() {
    let app = TestApp::new();
    let users = app.service.neighbour("users");
    let product = app.product(50);
    let [rose, lily] = [(); 2].map(|()| Uuid::now_v7());
    let mut orders = Vec::new();
    for (id, keys) in [(rose, 5), (lily, 1)] {
        let shopper = app.service.customer(id);
        for key in 0..keys {
            fill(&shopper, product, 1).await;
            let order = check_out(&shopper, &key.to_string(), "tok_visa").await;
            orders.insert(0, order.ok(201)["id"].clone());
        }
        fill(&shopper, product, 2 + keys).await;
    }
    let roses = &orders[1..];

    let told = kept(&users, rose, "orders", 2).await;
    let payments = kept(&users, rose, "payments", 2).await;
    let cart = kept(&users, rose, "cart", 2).await;

    let ids: Vec<_> = told.iter().map(|order| order["id"].clone()).collect();
    assert_eq!(ids, roses);
    assert_eq!(told[0]["address"]["line1"], "1 Orchard Lane");
    let paid: Vec<_> = payments.iter().map(|it| it["order_id"].clone()).collect();
    assert_eq!(paid, roses);
    assert_eq!(cart, [json!({ "product_id": product, "quantity": 7 })]);
    for part in PARTS {
        assert!(kept(&users, Uuid::now_v7(), part, 2).await.is_empty());
    }
}

#[tokio::test]
async fn nobody_but_users_is_told() {
    let app = TestApp::new();
    let id = Uuid::now_v7();
    for part in PARTS {
        let path = format!("/internal/people/{id}/{part}");
        for stranger in [
            app.service.untrusted(),
            app.service.customer(id),
            app.service.staff(id),
            app.service.neighbour("catalog"),
            app.service.neighbour("orders"),
        ] {
            let answer = stranger.bare(Method::GET, &path).await;
            answer.refused(401, "untrusted-caller");
        }
    }
    let cart = app.service.neighbour("users").get("/v1/cart").await;
    cart.refused(401, "untrusted-caller");
}

#[tokio::test]
async fn payments_that_do_not_answer_are_not_left_out() {
    let app = TestApp::new();
    let id = Uuid::now_v7();
    let shopper = app.service.customer(id);
    fill(&shopper, app.product(5), 1).await;
    check_out(&shopper, "key", "tok_visa").await.ok(201);
    app.world.payments.set_gone(true);

    let path = format!("/internal/people/{id}/payments");
    let answer = app.service.neighbour("users").get(&path).await;

    answer.refused(503, "unavailable");
}

#[tokio::test]
async fn who_has_left_has_no_cart_orders_nothing_and_is_in_nobodys_list() {
    let app = TestApp::new();
    let id = Uuid::now_v7();
    let shopper = app.service.customer(id);
    let product = app.product(9);
    fill(&shopper, product, 1).await;
    let order = check_out(&shopper, "key", "tok_visa").await.ok(201);
    app.state.driver.drain().await;
    let order = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    let staff = app.staff();
    fill(&shopper, product, 2).await;

    leave(&app, id).await;
    leave(&app, id).await;

    assert!(cart_quantities(&shopper).await.is_empty());
    let path = format!("/v1/cart/items/{product}");
    let late = shopper.put(&path, &json!({ "quantity": 1 })).await;
    late.refused(403, "account-deleted");
    // Staff see where it goes until it is there.
    let all = staff.get("/v1/admin/orders").await.ok(200);
    assert_eq!(all["items"][0]["address"]["line1"], "1 Orchard Lane");
    for step in ["ship", "deliver"] {
        let path = format!("{order}/{step}");
        staff.bare(Method::POST, &path).await.ok(200);
    }
    let all = staff.get("/v1/admin/orders").await.ok(200);
    let address = &all["items"][0]["address"];
    assert_eq!(
        (&address["line1"], &address["name"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(address["country"], "US");
    assert_eq!(all["items"][0]["payment"]["brand"], json!(null));
    shopper.get(&order).await.refused(404, "not-found");
    let own = shopper.get("/v1/orders").await.ok(200);
    assert_eq!(own["items"], json!([]));
}
