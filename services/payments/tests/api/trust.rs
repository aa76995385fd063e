//! Only `orders` may call, whatever the operation.

use axum::http::Method;

use crate::{TestApp, order, path};

#[tokio::test]
async fn nobody_but_orders_reaches_any_operation() {
    let app = TestApp::new().await;
    let payment = path(order());
    let operations = [
        (Method::GET, payment.clone()),
        (Method::PUT, payment.clone()),
        (Method::POST, format!("{payment}/capture")),
        (Method::POST, format!("{payment}/void")),
        (Method::POST, format!("{payment}/refund")),
        (Method::POST, "/internal/payments/list".to_owned()),
        (Method::GET, "/internal/ledger".to_owned()),
    ];
    let strangers = [
        app.service.untrusted(),
        app.service.anonymous(),
        app.service.staff(order()),
        app.service.neighbour("catalog"),
        app.service.neighbour("users"),
        app.service.neighbour("payments"),
    ];

    for (method, path) in &operations {
        for stranger in &strangers {
            let answer = stranger.bare(method.clone(), path).await;

            answer.refused(401, "untrusted-caller");
        }
        let answer = app.orders().bare(method.clone(), path).await;
        assert_ne!(answer.status, 401, "{method} {path}");
    }
}
