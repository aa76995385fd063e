use futures::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{TestApp, add, address};

const PATH: &str = "/v1/me/addresses";

#[tokio::test]
async fn an_address_is_kept_as_sent() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;

    let mut added = rose.post(PATH, &address()).await.ok(201);

    let listed = rose.get(PATH).await.ok(200);
    assert_eq!(listed["items"], json!([added]));
    let id = added.as_object_mut().unwrap().remove("id").unwrap();
    assert!(id.as_str().unwrap().parse::<Uuid>().is_ok());
    assert_eq!(added, address());
}

#[tokio::test]
async fn a_second_line_is_optional_however_it_is_left_out() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;

    for line2 in [None, Some(Value::Null), Some(json!(" "))] {
        let mut address = address();
        match line2 {
            None => address.as_object_mut().unwrap().remove("line2"),
            Some(line2) => address
                .as_object_mut()
                .unwrap()
                .insert("line2".into(), line2),
        };
        let added = rose.post(PATH, &address).await.ok(201);
        assert_eq!(added["line2"], Value::Null);
    }
}

#[tokio::test]
async fn every_field_at_fault_is_named() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let body = json!({
        "name": "", "line1": "x".repeat(201), "line2": "a\0b", "city": " ",
        "region": "x".repeat(101), "postal_code": "x".repeat(21), "country": "us",
    });

    let answer = rose.post(PATH, &body).await;

    let fields = [
        "name",
        "line1",
        "line2",
        "city",
        "region",
        "postal_code",
        "country",
    ];
    assert_eq!(answer.faults(), fields.map(|field| format!("/{field}")));
    assert_eq!(rose.get(PATH).await.ok(200)["items"], json!([]));
}

#[tokio::test]
async fn an_address_of_a_country_without_regions_has_none() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let mut address = address();
    address["country"] = json!("DE");
    address["region"] = json!("");

    let kept = rose.post(PATH, &address).await.ok(201);

    assert_eq!(kept["region"], "");
}

#[tokio::test]
async fn a_country_is_two_capital_letters() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;

    for country in ["", "U", "USA", "us", "U1", "ÜS", " US"] {
        let mut address = address();
        address["country"] = json!(country);
        assert_eq!(rose.post(PATH, &address).await.faults(), ["/country"]);
    }
}

#[tokio::test]
async fn a_full_book_is_refused_even_when_many_come_at_once() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let (_, lily) = app.customer("lily@garden.example").await;
    let body = address();

    let answers = join_all((0..25).map(|_| rose.post(PATH, &body))).await;

    let (kept, refused): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!((kept.len(), refused.len()), (20, 5));
    for answer in refused {
        answer.refused(409, "too-many-addresses");
    }
    add(&lily, &body).await;
}

#[tokio::test]
async fn strangers_and_users_without_an_account_have_no_book() {
    let app = TestApp::new().await;

    let anonymous = app.anonymous().post(PATH, &address()).await;
    let ghost = app.service.customer(Uuid::now_v7());
    let ghost = ghost.post(PATH, &address()).await;

    anonymous.refused(401, "sign-in-required");
    ghost.refused(404, "not-found");
}
