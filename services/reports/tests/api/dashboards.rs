//! What dashboards show.

use serde_json::json;
use uuid::Uuid;

use crate::app::{Order, TestApp};

const MARCH: &str = "from=2026-03-01&to=2026-03-31";

/// Three orders in March, one of them cancelled, and one of February by the same customer as the first.
async fn shop() -> TestApp {
    let app = TestApp::new().await;
    let first = Order::placed("2026-03-01T23:59:59.999Z");
    let second = Order {
        category: Some("pots"),
        quantity: 3,
        ..Order::placed("2026-03-02T00:00:00.000Z")
    };
    let refused = Order::placed("2026-03-09T12:00:00.000Z");
    let earlier = Order {
        user: first.user,
        product: first.product,
        ..Order::placed("2026-02-10T12:00:00.000Z")
    };
    for order in [&first, &second, &earlier] {
        app.hear(&order.event("confirmed", None)).await;
    }
    app.hear(&refused.event("cancelled", Some("payment-declined")))
        .await;
    app
}

#[tokio::test]
async fn a_period_is_told_in_figures() {
    let app = shop().await;

    let path = format!("/v1/reports/summary?{MARCH}");
    let told = app.staff().get(&path).await.ok(200);

    let figures = ["orders", "units", "customers", "returning_customers"].map(|name| &told[name]);
    assert_eq!(figures, [2, 5, 2, 1]);
    let amounts = ["revenue", "shipping", "tax", "average"].map(|name| &told[name]["amount"]);
    assert_eq!(amounts, [5_000, 1_190, 320, 2_500]);
    assert_eq!(
        (&told["from"], &told["to"]),
        (&json!("2026-03-01"), &json!("2026-03-31"))
    );
    let empty = app
        .staff()
        .get("/v1/reports/summary?from=2025-01-01&to=2025-01-01")
        .await
        .ok(200);
    assert_eq!(
        (&empty["orders"], &empty["average"]["amount"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn sales_are_summed_by_day_week_category_and_product() {
    let app = shop().await;

    for (by, expected) in [
        (
            "day",
            json!([["2026-03-01", 1, 2, 2_000], ["2026-03-02", 1, 3, 3_000]]),
        ),
        (
            "week",
            json!([["2026-W09", 1, 2, 2_000], ["2026-W10", 1, 3, 3_000]]),
        ),
        (
            "category",
            json!([["pots", 1, 3, 3_000], ["tools", 1, 2, 2_000]]),
        ),
        (
            "product",
            json!([["Trowel", 1, 3, 3_000], ["Trowel", 1, 2, 2_000]]),
        ),
    ] {
        let path = format!("/v1/reports/sales?by={by}&{MARCH}");
        let told = app.staff().get(&path).await.ok(200);

        let rows = told["items"].as_array().unwrap().iter().map(|it| {
            json!([
                it["name"],
                it["orders"],
                it["units"],
                it["revenue"]["amount"]
            ])
        });
        assert_eq!(json!(rows.collect::<Vec<_>>()), expected, "{by}");
        assert!(told["next_cursor"].is_null());
    }
}

#[tokio::test]
async fn a_list_of_sales_has_pages() {
    let app = shop().await;
    let staff = app.staff();
    let path = format!("/v1/reports/sales?by=day&limit=1&{MARCH}");

    let first = staff.get(&path).await.ok(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = staff.get(&format!("{path}&cursor={cursor}")).await.ok(200);

    assert_eq!(first["items"][0]["id"], "2026-03-01");
    assert_eq!(second["items"][0]["id"], "2026-03-02");
    assert!(second["next_cursor"].is_null());
    let odd = staff.get(&format!("{path}&cursor=none")).await;
    odd.refused(400, "bad-cursor");
}

#[tokio::test]
async fn what_became_of_orders_is_told_with_reasons() {
    let app = shop().await;

    let path = format!("/v1/reports/outcomes?{MARCH}");
    let told = app.staff().get(&path).await.ok(200);

    assert_eq!((&told["orders"], &told["kept"]), (&json!(3), &json!(2)));
    let conversion = told["conversion"].as_f64().unwrap();
    assert!((conversion - 2.0 / 3.0).abs() < 1e-9);
    let items = told["items"].as_array().unwrap().iter();
    let items = items.map(|it| json!([it["status"], it["reason"], it["orders"]]));
    assert_eq!(
        json!(items.collect::<Vec<_>>()),
        json!([["cancelled", "payment-declined", 1], ["confirmed", null, 2]])
    );
    let empty = app
        .staff()
        .get("/v1/reports/outcomes?from=2025-01-01&to=2025-01-01")
        .await
        .ok(200);
    assert!(empty["conversion"].is_null());
}

#[tokio::test]
async fn periods_that_are_none_are_refused() {
    let app = TestApp::new().await;
    let staff = app.staff();

    for (days, slug) in [
        ("from=2026-03-02&to=2026-03-01", "bad-period"),
        ("from=2024-01-01&to=2026-01-01", "bad-period"),
        ("from=-009999-01-01", "bad-period"),
        ("from=yesterday", "bad-parameter"),
        ("to=2026-02-30", "bad-parameter"),
        ("until=2026-03-01", "bad-parameter"),
    ] {
        for report in ["summary?", "outcomes?", "sales?by=day&"] {
            let answer = staff.get(&format!("/v1/reports/{report}{days}")).await;
            answer.refused(400, slug);
        }
    }
    staff
        .get("/v1/reports/sales?by=person")
        .await
        .refused(400, "bad-parameter");
    staff.get("/v1/reports/summary").await.ok(200);
    staff
        .get("/v1/reports/summary?from=2025-03-01&to=2026-03-01")
        .await
        .ok(200);
}

#[tokio::test]
async fn customers_and_strangers_see_nothing() {
    let app = TestApp::new().await;
    let body = json!({ "sql": "select 1" });

    for path in ["summary", "sales?by=day", "outcomes", "queries"] {
        let path = format!("/v1/reports/{path}");
        let customer = app.service.customer(Uuid::now_v7()).get(&path).await;
        customer.refused(403, "staff-only");
        let anonymous = app.service.anonymous().get(&path).await;
        anonymous.refused(401, "sign-in-required");
        let neighbour = app.service.neighbour("orders").get(&path).await;
        neighbour.refused(401, "untrusted-caller");
    }
    let customer = app.service.customer(Uuid::now_v7());
    customer
        .post("/v1/reports/queries", &body)
        .await
        .refused(403, "staff-only");
}
