//! `POST` and `GET /v1/reports/queries`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{Order, TestApp};

#[tokio::test]
async fn a_select_is_answered_with_columns_and_rows() {
    let app = TestApp::new().await;
    let order = Order::placed("2026-03-01T10:00:00.000Z");
    app.hear(&order.event("confirmed", None)).await;

    let answer = app
        .ask(
            "with sold as (select product_id, sum(line_total) as revenue from fact_lines group by product_id)
             select p.name, s.revenue, s.revenue / 3.0 as third, null as none
             from sold s join dim_products p on p.product_id = s.product_id -- all of them
             ;",
        )
        .await
        .ok(200);

    let columns = answer["columns"].as_array().unwrap().iter();
    let columns = columns.map(|it| json!([it["name"], it["is_numeric"]]));
    assert_eq!(
        json!(columns.collect::<Vec<_>>()),
        json!([
            ["name", false],
            ["revenue", true],
            ["third", true],
            ["none", false]
        ])
    );
    let row = &answer["rows"][0];
    assert_eq!(
        (&row[0], &row[1], &row[3]),
        (&json!("Trowel"), &json!(2_000), &Value::Null)
    );
    assert!((row[2].as_f64().unwrap() - 666.666_666).abs() < 1e-3);
    assert_eq!(answer["is_truncated"], false);
}

#[tokio::test]
async fn rows_beyond_what_is_answered_are_said_to_be_there() {
    let app = TestApp::new().await;
    let many = "select a.day from dim_days a, dim_days b limit ";

    let whole = app.ask(&format!("{many} 10000")).await.ok(200);
    let more = app.ask(&format!("{many} 10001")).await.ok(200);
    let wide = "select name || name from (select substr(
        'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 1)
        as name, day from dim_days) as long cross join (select 1 union all select 2 union all select 3) as three";
    let wide = wide.replace("name || name", &vec!["name"; 20].join(" || "));
    let wide = app.ask(&wide).await.ok(200);

    for (answer, rows, is_truncated) in [(whole, 10_000, false), (more, 10_000, true)] {
        assert_eq!(answer["rows"].as_array().unwrap().len(), rows);
        assert_eq!(answer["is_truncated"], is_truncated);
    }
    assert!(wide["rows"].as_array().unwrap().len() < 3_000);
    assert_eq!(wide["is_truncated"], true);
}

#[tokio::test]
async fn a_query_is_logged_with_who_asked_and_how_it_ended() {
    let app = TestApp::new().await;
    let (rose, lily) = (Uuid::now_v7(), Uuid::now_v7());
    let ask = async |who: Uuid, sql: &str| {
        let body = json!({ "sql": sql });
        app.service
            .staff(who)
            .post("/v1/reports/queries", &body)
            .await
    };
    ask(rose, "select 1").await.ok(200);
    ask(lily, "drop table fact_orders")
        .await
        .refused(422, "query-refused");
    ask(rose, "select day from dim_days a, dim_days")
        .await
        .refused(422, "query-refused");

    let log = app.staff().get("/v1/reports/queries?limit=2").await.ok(200);
    let cursor = log["next_cursor"].as_str().unwrap();
    let rest = format!("/v1/reports/queries?cursor={cursor}");
    let rest = app.staff().get(&rest).await.ok(200);

    let of = |entry: &Value| {
        json!([
            entry["asked_by"],
            entry["sql"],
            entry["outcome"],
            entry["rows"]
        ])
    };
    assert_eq!(
        of(&log["items"][1]),
        json!([lily, "drop table fact_orders", "refused", 0])
    );
    assert_eq!(
        of(&rest["items"][0]),
        json!([rose, "select 1", "answered", 1])
    );
    assert!(rest["next_cursor"].is_null());
}

#[tokio::test]
async fn bodies_that_hold_no_query_are_refused() {
    let app = TestApp::new().await;
    let long = "-".repeat(10_001);

    for sql in ["", "select '\0'", &long] {
        let answer = app.ask(sql).await;
        assert_eq!(answer.faults(), ["/sql"], "{sql:.20}");
    }
    let body = json!({ "sql": "select 1", "limit": 5 });
    let odd = app.staff().post("/v1/reports/queries", &body).await;
    odd.refused(422, "invalid-body");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_run_at_a_time() {
    let app = TestApp::new().await;
    let slow =
        "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n";

    let all = [(); 3].map(|()| app.ask(slow));
    let all = futures::future::join_all(all).await;

    let mut statuses: Vec<u16> = all.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [422, 422, 429]);
    for answer in all {
        match answer.status.as_u16() {
            429 => drop(answer.refused(429, "too-many-queries")),
            _ => drop(answer.refused(422, "query-too-costly")),
        }
    }
}
