//! Events come in: often, late, in any order.

use kit::events::Event;
use serde_json::json;
use uuid::Uuid;

use crate::app::{Order, TestApp};

const ORDERS: &str = "select status, reason, units, total, confirmed_at is not null,
    shipped_at is not null, cancelled_at is not null from fact_orders";

#[tokio::test]
async fn an_event_is_counted_once_however_often_it_comes() {
    let app = TestApp::new().await;
    let event = Order::placed("2026-03-01T10:00:00.000Z").event("confirmed", None);

    for _ in 0..3 {
        app.hear(&event).await;
    }

    assert_eq!(
        app.rows(ORDERS).await,
        json!([["confirmed", null, 2, 2_755, 1, 0, 0]])
    );
    assert_eq!(
        app.rows("select count(*) from fact_lines").await,
        json!([[1]])
    );
    assert_eq!(
        app.rows("select topic from events_taken").await,
        json!([["order.confirmed"]])
    );
}

#[tokio::test]
async fn an_order_stands_where_its_latest_status_is_in_whatever_order_events_come() {
    for statuses in [
        ["confirmed", "shipped", "delivered"],
        ["delivered", "confirmed", "shipped"],
        ["shipped", "delivered", "confirmed"],
    ] {
        let app = TestApp::new().await;
        let order = Order::placed("2026-03-01T10:00:00.000Z");

        for status in statuses {
            app.hear(&order.event(status, None)).await;
        }

        assert_eq!(
            app.rows(ORDERS).await,
            json!([["delivered", null, 2, 2_755, 1, 1, 0]])
        );
    }
    let app = TestApp::new().await;
    let order = Order::placed("2026-03-01T10:00:00.000Z");
    app.hear(&order.event("cancelled", Some("shopper"))).await;
    app.hear(&order.event("confirmed", None)).await;
    assert_eq!(
        app.rows(ORDERS).await,
        json!([["cancelled", "shopper", 2, 2_755, 1, 0, 1]])
    );
}

#[tokio::test]
async fn what_is_no_order_or_tells_no_amounts_is_passed_over_and_what_is_broken_is_not() {
    let app = TestApp::new().await;
    let id = Uuid::now_v7();
    let old = json!({ "order_id": id, "status": "confirmed", "lines": [] });

    for event in [
        Event::new("product.changed", id, &json!({})),
        Event::new("order.admired", id, &json!({})),
        Event::new("order.confirmed", id, &old),
    ] {
        app.hear(&event).await;
    }

    assert_eq!(
        app.rows("select count(*) from events_taken").await,
        json!([[0]])
    );
    let broken = json!({ "order_id": "none", "total": { "amount": 1, "currency": "USD" } });
    let broken = [Event::new("order.confirmed", id, &broken)];
    assert!(app.state.counter().consume(&broken).await.is_err());
}

#[tokio::test]
async fn a_product_is_called_as_when_it_was_bought_last() {
    let app = TestApp::new().await;
    let late = Order::placed("2026-03-02T10:00:00.000Z");
    let early = Order {
        product: late.product,
        category: None,
        ..Order::placed("2026-03-01T10:00:00.000Z")
    };

    app.hear(&late.event("confirmed", None)).await;
    app.hear(&early.event("confirmed", None)).await;

    let products = "select name, category from dim_products";
    assert_eq!(app.rows(products).await, json!([["Trowel", "tools"]]));
}

#[tokio::test]
async fn a_customer_has_a_pseudonym_until_the_account_is_gone_and_not_after() {
    let app = TestApp::new().await;
    let [mine, again] = ["2026-03-02T10:00:00.000Z", "2026-03-01T10:00:00.000Z"].map(Order::placed);
    let again = Order {
        user: mine.user,
        ..again
    };
    let other = Order::placed("2026-03-01T10:00:00.000Z");
    for order in [&mine, &again, &other] {
        app.hear(&order.event("confirmed", None)).await;
    }
    let customers = "select count(*), count(distinct customer_key) from fact_orders
        where customer_key is not null";
    assert_eq!(app.rows(customers).await, json!([[3, 2]]));
    let first_days = "select first_day, count(*) from dim_customers group by first_day";
    assert_eq!(app.rows(first_days).await, json!([["2026-03-01", 2]]));
    let keys = app.rows("select customer_key from dim_customers").await;
    assert!(!keys.to_string().contains(&mine.user.simple().to_string()));

    for _ in 0..2 {
        app.hear_of_departure(mine.user).await;
    }

    app.hear(&mine.event("shipped", None)).await;
    let late = Order {
        user: mine.user,
        ..Order::placed("2026-03-03T10:00:00.000Z")
    };
    app.hear(&late.event("confirmed", None)).await;
    assert_eq!(app.rows(customers).await, json!([[1, 1]]));
    assert_eq!(
        app.rows("select count(*) from fact_orders").await,
        json!([[4]])
    );
    assert_eq!(app.rows(first_days).await, json!([["2026-03-01", 1]]));
}
