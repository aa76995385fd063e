//! How the HTTP adapters read what the neighbours answer.

use std::time::Duration;

use axum::{
    Json, Router,
    routing::{get, post, put},
};
use client::{Neighbour, Upstream};
use http::StatusCode;
use kit::{
    http::{FieldError, Kind, Problem},
    identity::Minter,
};
use orders::{
    Error,
    cart::Item,
    catalog::{Catalog, HttpCatalog},
    money::Money,
    order::Line,
    payment::{Card, PaymentStatus},
    payments::{HttpPayments, Payments},
    saga::Outcome,
    users::{HttpUsers, Users},
};
use serde_json::json;
use testkit::service::invoke_key;
use uuid::Uuid;

fn neighbour(app: Router) -> Neighbour {
    let minter = Minter::new("neighbour", &invoke_key()).unwrap();
    let timeout = Duration::from_millis(50);
    Neighbour::new(Upstream::InProcess(app), minter, "orders", timeout)
}

fn problem(status: u16, slug: &'static str) -> Problem {
    Kind::new(status, slug, "Refused").problem()
}

fn lines() -> [Line; 2] {
    [1, 2].map(|pieces: u32| Line {
        product_id: Uuid::now_v7(),
        name: "Trowel".into(),
        category: None,
        unit_price: Money::cents(100),
        quantity: i64::from(pieces).try_into().unwrap(),
        line_total: Money::cents(100 * pieces),
    })
}

#[tokio::test]
async fn a_refused_reservation_names_the_products_of_its_lines() {
    let refuse = || async {
        problem(409, "out-of-stock").errors(vec![FieldError {
            pointer: "/lines/1".into(),
            detail: "is short".into(),
        }])
    };
    let reservation = "/internal/reservations/{order_id}";
    let catalog = HttpCatalog(neighbour(Router::new().route(reservation, put(refuse))));
    let lines = lines();

    let outcome = catalog.reserve(Uuid::now_v7(), &lines).await;

    let short = lines[1].product_id;
    assert_eq!(outcome, Outcome::OutOfStock(vec![short]));
}

#[tokio::test]
async fn a_reservation_that_is_gone_cannot_be_sold_and_one_that_is_elsewhere_waits() {
    let commit = "/internal/reservations/{order_id}/commit";
    let catalog = |status, slug| {
        let refuse = move || async move { problem(status, slug) };
        HttpCatalog(neighbour(Router::new().route(commit, post(refuse))))
    };
    let (id, lines) = (Uuid::now_v7(), lines());
    let all = lines.iter().map(|line| line.product_id).collect();

    let gone = catalog(404, "not-found").commit(id, &lines).await;
    let released = catalog(409, "wrong-state").commit(id, &lines).await;
    let failed = catalog(500, "internal").commit(id, &lines).await;

    assert_eq!(gone, Outcome::OutOfStock(all));
    assert_eq!(released, Outcome::Unknown);
    assert_eq!(failed, Outcome::Unknown);
}

#[tokio::test]
async fn a_price_in_another_currency_is_a_fault_of_the_shop() {
    let item = Item {
        product_id: Uuid::now_v7(),
        quantity: 1.try_into().unwrap(),
    };
    let quote = move || async move {
        Json(
            json!({ "items": [{ "product_id": item.product_id, "name": "Trowel", "stock": 1,
            "unit_price": { "amount": 100, "currency": "EUR" } }] }),
        )
    };
    let catalog = HttpCatalog(neighbour(
        Router::new().route("/internal/quotes", post(quote)),
    ));

    let fault = catalog.price(&[item]).await.unwrap_err();

    assert!(matches!(fault, Error::Internal(_)), "{fault}");
}

#[tokio::test]
async fn a_payments_answer_is_approved_declined_or_unknown() {
    let payments = |status: &'static str| {
        let answer = move || async move {
            Json(json!({ "status": status, "brand": "visa", "last4": "4242" }))
        };
        HttpPayments(neighbour(
            Router::new().route("/internal/payments/{id}", put(answer)),
        ))
    };
    let authorise = async |payments: HttpPayments| {
        let token = "tok_visa".to_owned().try_into().unwrap();
        let amount = Money::cents(100);
        payments.authorise(Uuid::now_v7(), &token, amount).await
    };
    let silent = || async { std::future::pending::<StatusCode>().await };
    let silent = Router::new().route("/internal/payments/{id}", put(silent));
    let voided = || async { problem(409, "wrong-state") };
    let voided = Router::new().route("/internal/payments/{id}", put(voided));

    let approved = authorise(payments("authorised")).await;
    let declined = authorise(payments("declined")).await;
    let unknown = authorise(payments("unknown")).await;
    let silent = authorise(HttpPayments(neighbour(silent))).await;
    let voided = authorise(HttpPayments(neighbour(voided))).await;

    let card = Card {
        brand: "visa".into(),
        last4: "4242".into(),
    };
    assert_eq!(approved, (Outcome::Done, Some(card.clone())));
    assert_eq!(declined, (Outcome::Declined, Some(card)));
    assert_eq!(unknown, (Outcome::Unknown, None));
    assert_eq!(silent, (Outcome::Unknown, None));
    assert_eq!(voided, (Outcome::Declined, None));
}

#[tokio::test]
async fn a_capture_is_done_refused_or_unknown() {
    let capture = async |status, slug| {
        let refuse = move || async move { problem(status, slug) };
        let route = "/internal/payments/{id}/capture";
        let payments = HttpPayments(neighbour(Router::new().route(route, post(refuse))));
        payments.capture(Uuid::now_v7()).await
    };

    assert_eq!(capture(409, "wrong-state").await, Outcome::Declined);
    assert_eq!(capture(404, "not-found").await, Outcome::Declined);
    assert_eq!(capture(403, "untrusted-caller").await, Outcome::Unknown);
    assert_eq!(capture(503, "unavailable").await, Outcome::Unknown);
    let gone = HttpPayments(neighbour(Router::new()));
    assert_eq!(gone.capture(Uuid::now_v7()).await, Outcome::Unknown);
}

#[tokio::test]
async fn money_that_was_taken_is_refunded_when_it_cannot_be_voided() {
    let void = || async { problem(409, "wrong-state") };
    let refund =
        || async { Json(json!({ "status": "refunded", "brand": "visa", "last4": "4242" })) };
    let payments = HttpPayments(neighbour(
        Router::new()
            .route("/internal/payments/{id}/void", post(void))
            .route("/internal/payments/{id}/refund", post(refund)),
    ));

    let compensated = payments.void_or_refund(Uuid::now_v7()).await;

    assert_eq!(compensated, Some(PaymentStatus::Refunded));
}

#[tokio::test]
async fn an_address_that_is_not_in_the_book_is_none() {
    let missing = || async { Problem::not_found() };
    let users = HttpUsers(neighbour(
        Router::new().route("/internal/users/{user}/addresses/{id}", get(missing)),
    ));
    let gone = HttpUsers(neighbour(Router::new()));

    let address = users.address(Uuid::now_v7(), Uuid::now_v7()).await;
    let unreachable = gone.address(Uuid::now_v7(), Uuid::now_v7()).await;

    assert!(address.unwrap().is_none());
    assert!(matches!(unreachable, Err(Error::Unavailable(_))));
}
