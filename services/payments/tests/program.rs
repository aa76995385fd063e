//! The program as it is shipped: started from its settings, its invoke key changed, stopped.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::time::Duration;

use axum::body::Body;
use http::{Method, StatusCode};
use kit::identity::{CALLER_HEADER, Caller, Minter};
use tempfile::TempDir;
use testkit::{
    postgres::{Server, Sync},
    program::Program,
    service::request,
};

const OLD: &str = "the-old-invoke-key-of-payments-01";
const NEW: &str = "the-new-invoke-key-of-payments-02";

/// Payments that trust what stands in a file of keys.
fn start(folder: &TempDir, keys: &str) -> Program {
    let store = format!("sqlite:{}", folder.path().join("payments.db").display());
    start_on(folder, keys, &store)
}

fn start_on(folder: &TempDir, keys: &str, store: &str) -> Program {
    let file = folder.path().join("invoke_keys");
    std::fs::write(&file, keys).unwrap();
    let settings = [
        ("STORE", store),
        ("INVOKE_KEYS_FILE", file.to_str().unwrap()),
    ];
    Program::start(env!("CARGO_BIN_EXE_payments"), "payments", &settings)
}

#[tokio::test]
async fn it_starts_from_its_settings_and_stops_when_told_to() {
    let folder = tempfile::tempdir().unwrap();

    start(&folder, OLD).lives_as_programs_do().await;
}

#[tokio::test]
async fn it_waits_for_its_database_and_stops_when_told_to_though_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(Sync::Off);
    let database = server.database().await;
    let store = database.url_text();
    server.stop();

    // Told to stop while it waits.
    let mut payments = start_on(&folder, OLD, &store);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(payments.admin("/readyz").await.is_none(), "it waits");
    payments.terminate();
    assert_eq!(payments.ended().await.code(), Some(0));

    let mut payments = start_on(&folder, OLD, &store);
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.restart();
    payments.ready().await;

    // Told to stop once the database is gone.
    server.stop();
    let not_ready = payments.admin("/readyz").await.unwrap();
    assert_eq!(not_ready.status, StatusCode::SERVICE_UNAVAILABLE);
    payments.terminate();
    assert_eq!(payments.ended().await.code(), Some(0));
}

#[tokio::test]
async fn its_invoke_key_is_changed_without_a_moment_in_which_callers_are_refused() {
    let folder = tempfile::tempdir().unwrap();

    // The order of a change: it trusts both, its callers change over, it trusts the new one alone.
    for (keys, old_passes, new_passes) in [
        (OLD.to_owned(), true, false),
        (format!("{NEW},{OLD}\n"), true, true),
        (NEW.to_owned(), false, true),
    ] {
        let mut payments = start(&folder, &keys);
        payments.ready().await;
        assert_eq!(is_trusted(&payments, OLD).await, old_passes, "{keys}");
        assert_eq!(is_trusted(&payments, NEW).await, new_passes, "{keys}");
    }
}

/// Whether a neighbour with this key gets past the door: there is no such payment.
async fn is_trusted(payments: &Program, key: &str) -> bool {
    let orders = Caller {
        issuer: "orders".into(),
        route: "test".into(),
        ..Caller::default()
    };
    let token = Minter::new("payments", &key.into()).unwrap().mint(orders);
    let payment = "/internal/payments/0197d6a0-0000-7000-8000-000000000000";
    let request = request(Method::GET, payment).header(CALLER_HEADER, token);
    let request = request.body(Body::empty()).unwrap();
    match payments.upstream().send(request).await.unwrap().status() {
        StatusCode::NOT_FOUND => true,
        StatusCode::UNAUTHORIZED => false,
        other => panic!("{other}"),
    }
}
