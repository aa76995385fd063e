use http::{Method, header};
use serde_json::{Value, json};
use testkit::service::request;
use uuid::Uuid;

use crate::app::{TestApp, check_out, fill};

#[tokio::test]
async fn staff_ship_an_order_that_was_confirmed_a_moment_ago() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    let order = check_out(&shopper, "key", "tok_visa").await.ok(201);
    let path = format!("/v1/orders/{}/ship", order["id"].as_str().unwrap());

    let order = app.staff().bare(Method::POST, &path).await.ok(200);

    assert_eq!(order["status"], "shipped");
    assert_eq!(order["payment"]["status"], "captured");
    assert_eq!(order["tracking_code"], Value::Null);
}

#[tokio::test]
async fn the_shopper_is_told_the_parcels_tracking_code() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let path = format!("/v1/orders/{id}");
    assert_eq!(
        shopper.get(&path).await.ok(200)["tracking_code"],
        Value::Null
    );
    let staff = app.staff();

    let parcel = json!({ "tracking_code": " 1Z-999-AA1 " });
    let shipped = staff.post(&format!("{path}/ship"), &parcel).await.ok(200);

    assert_eq!(shipped["tracking_code"], "1Z-999-AA1");
    assert_eq!(
        shopper.get(&path).await.ok(200)["tracking_code"],
        "1Z-999-AA1"
    );
    let deliver = staff.post(&format!("{path}/deliver"), &()).await;
    assert_eq!(deliver.ok(200)["tracking_code"], "1Z-999-AA1");
}

#[tokio::test]
async fn a_shipped_parcel_keeps_its_code() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let (path, staff) = (format!("/v1/orders/{id}"), app.staff());
    let ship = format!("{path}/ship");
    let parcel = |code| json!({ "tracking_code": code });
    staff.post(&ship, &parcel("FIRST")).await.ok(200);

    let again = staff.post(&ship, &parcel("SECOND")).await;

    again.refused(409, "wrong-state");
    let order = shopper.get(&path).await.ok(200);
    assert_eq!(order["tracking_code"], "FIRST");
}

#[tokio::test]
async fn what_is_no_tracking_code_is_refused_and_nothing_is_shipped() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;
    let (path, staff) = (format!("/v1/orders/{id}"), app.staff());
    let ship = format!("{path}/ship");

    for code in [json!(""), json!("1Z 9"), json!("ABCÉ"), json!(1234)] {
        let refused = staff.post(&ship, &json!({ "tracking_code": code })).await;
        assert_eq!(refused.faults(), ["/tracking_code"], "{code}");
    }
    let unknown = staff.post(&ship, &json!({ "code": "ABCD" })).await;
    assert_eq!(unknown.faults(), ["/code"]);
    let text = request(Method::POST, &ship).header(header::CONTENT_TYPE, "text/plain");
    let text = staff.send(text, r#"{"tracking_code":"ABCD"}"#).await;
    text.refused(415, "unsupported-media-type");
    let broken = request(Method::POST, &ship).header(header::CONTENT_TYPE, "application/json");
    let broken = staff.send(broken, "{").await;
    broken.refused(400, "invalid-json");

    assert_eq!(shopper.get(&path).await.ok(200)["status"], "confirmed");
}

#[tokio::test]
async fn no_body_is_no_tracking_code_however_it_is_not_there() {
    let app = TestApp::new();
    for body in ["", "null", "{}", r#"{"tracking_code":null}"#] {
        let (id, _) = app.settled().await;
        let ship = request(Method::POST, &format!("/v1/orders/{id}/ship"))
            .header(header::CONTENT_TYPE, "application/json");

        let order = app.staff().send(ship, body).await.ok(200);

        assert_eq!(order["tracking_code"], Value::Null, "{body}");
    }
}

#[tokio::test]
async fn an_order_without_a_payment_is_not_shipped_nor_one_twice() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    let placed = check_out(&shopper, "key", "tok_unknown").await.ok(202);
    let (settled, _) = app.settled().await;
    let staff = app.staff();

    let path = format!("/v1/orders/{}/ship", placed["id"].as_str().unwrap());
    staff.post(&path, &()).await.refused(409, "wrong-state");
    let path = format!("/v1/orders/{settled}/ship");
    staff.post(&path, &()).await.ok(200);
    staff.post(&path, &()).await.refused(409, "wrong-state");
    let unknown = format!("/v1/orders/{}/ship", Uuid::now_v7());
    staff.post(&unknown, &()).await.refused(404, "not-found");
}

#[tokio::test]
async fn an_order_whose_money_is_not_taken_yet_is_not_shipped() {
    let app = TestApp::new();
    let shopper = app.customer();
    fill(&shopper, app.product(5), 1).await;
    app.world.catalog.refuse_commits(true);
    let order = check_out(&shopper, "key", "tok_visa").await.ok(201);
    let path = format!("/v1/orders/{}/ship", order["id"].as_str().unwrap());

    let refused = app.staff().post(&path, &()).await;

    refused.refused(409, "wrong-state");
}

#[tokio::test]
async fn customers_do_not_ship() {
    let app = TestApp::new();
    let (id, shopper) = app.settled().await;

    let answer = shopper.post(&format!("/v1/orders/{id}/ship"), &()).await;

    answer.refused(403, "staff-only");
}
