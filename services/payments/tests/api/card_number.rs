//! A card number that comes in by mistake stays nowhere: not in the store, not in the log. Where a
//! token is expected it is not even repeated to who sent it.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use axum::http::Method;
use serde_json::json;
use testkit::service::request;
use tracing::Level;

use crate::{TestApp, order, path};

const NUMBER: &str = "4242424242424242";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_card_number_is_kept_nowhere() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For the whole process: the store's writer works on a thread of its own.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tracing::trace!("the log is read");
    let app = TestApp::new().await;
    let amount = json!({ "amount": 1, "currency": "USD" });
    let bodies = [
        json!({ "token": NUMBER, "amount": amount }),
        json!({ "token": format!("tok_{NUMBER}"), "amount": amount }),
        json!({ "token": NUMBER.parse::<u64>().unwrap(), "amount": amount }),
        json!({ "token": "tok_visa", "amount": { "amount": 1, "currency": NUMBER } }),
        json!({ "token": "tok_visa", "amount": NUMBER }),
        json!({ "token": "tok_visa", "amount": amount, NUMBER: "" }),
        json!({ "token": "tok_visa", "amount": amount, "number": NUMBER }),
    ];

    for body in bodies {
        let order = order();
        let answer = app.orders().put(&path(order), &body).await;

        assert!(answer.status.is_client_error(), "{body}");
        if body["token"].is_string()
            && body["amount"] == amount
            && body.as_object().unwrap().len() == 2
        {
            assert!(!answer.text().contains(NUMBER), "{}", answer.text());
        }
        app.payment(order).await.refused(404, "not-found");
    }
    let number_as_id = app
        .orders()
        .get(&format!("/internal/payments/{NUMBER}"))
        .await;
    number_as_id.refused(400, "bad-parameter");
    let in_header = request(Method::GET, &path(order())).header("x-request-id", "r-1");
    let in_header = in_header.header("x-card", NUMBER);
    app.orders()
        .send(in_header, "")
        .await
        .refused(404, "not-found");
    app.authorise(order(), "tok_visa", 1).await.ok(200);

    let mut files = 0;
    for file in std::fs::read_dir(app.dir.path()).unwrap() {
        let path = file.unwrap().path();
        assert!(
            !contains(&std::fs::read(&path).unwrap(), NUMBER),
            "{path:?}"
        );
        files += 1;
    }
    let log = log.0.lock().unwrap();
    assert!(files >= 2 && contains(&log, "the log is read"));
    assert!(!contains(&log, NUMBER), "{}", String::from_utf8_lossy(&log));
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}
