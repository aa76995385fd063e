//! One checkout is one trace, across all services and the event that follows, whether they live in
//! one process or talk over HTTP.

use std::{path::Path, sync::Arc, time::Duration};

use axum::http::Method;
use client::{Neighbour, Upstream};
use kit::{
    identity::Minter,
    serve::{App, Limits, serve},
    store::StoreUrl,
    trace,
};
use serde_json::json;
use testkit::service::invoke_key;
use tokio_util::sync::CancellationToken;

use crate::{
    collector::{Collector, Received},
    process::{Process, free_ports, terrace},
    visitor::{Visitor, address, product_with},
};

/// The trace and the span of whoever calls; it is sampled.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "00f067aa0ba902b7";

/// What a checkout leaves: each span's service and name, and those of its parent.
const CHECKOUT: &[[&str; 4]] = &[
    ["orders", "POST /v1/orders", "edge", "place_order"],
    ["orders", "GET users", "orders", "POST /v1/orders"],
    [
        "users",
        "GET /internal/users/{user_id}/addresses/{id}",
        "orders",
        "GET users",
    ],
    ["orders", "POST catalog", "orders", "POST /v1/orders"],
    ["catalog", "POST /internal/quotes", "orders", "POST catalog"],
    ["orders", "reserve", "orders", "POST /v1/orders"],
    ["orders", "PUT catalog", "orders", "reserve"],
    [
        "catalog",
        "PUT /internal/reservations/{order_id}",
        "orders",
        "PUT catalog",
    ],
    ["orders", "authorise", "orders", "POST /v1/orders"],
    ["orders", "PUT payments", "orders", "authorise"],
    [
        "payments",
        "PUT /internal/payments/{order_id}",
        "orders",
        "PUT payments",
    ],
    ["orders", "commit", "orders", "POST /v1/orders"],
    [
        "catalog",
        "POST /internal/reservations/{order_id}/commit",
        "orders",
        "POST catalog",
    ],
    ["orders", "capture", "orders", "POST /v1/orders"],
    [
        "payments",
        "POST /internal/payments/{order_id}/capture",
        "orders",
        "POST payments",
    ],
    [
        "catalog popularity",
        "order.confirmed",
        "orders",
        "POST /v1/orders",
    ],
];

#[tokio::test(flavor = "multi_thread")]
async fn one_checkout_is_one_trace_in_one_process() {
    let collector = Collector::open().await;
    let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports());
    let mut command = terrace(folder.path(), ports);
    command.env("TERRACE_OTLP", &collector.url);
    let mut shop = Process::run(&mut command, ports);
    shop.wait().await;

    checkout(&shop.visitor(), TRACE).await;

    let spans = collector.trace(TRACE, is_whole).await;
    check(&spans);
    assert!(spans.iter().all(|span| span.process == "terrace"));
    // What nobody brought a trace for begins one at the edge.
    let begun = collector.spans();
    let sign_up = begun.iter().find(|span| span.name == "sign_up").unwrap();
    assert_eq!(
        (sign_up.service.as_str(), sign_up.parent.as_str()),
        ("edge", "")
    );
    assert_eq!(shop.interrupt(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_checkout_is_one_trace_over_http() {
    let collector = Collector::open().await;
    let url = collector.url.clone().try_into().unwrap();
    // Of the traces that begin in this process none is kept: a caller's own decides.
    let exporting = trace::export("shop", &url, 0.0);
    let folder = tempfile::tempdir().unwrap();
    let visitor = open_over_http(folder.path()).await;

    checkout(&visitor, OTHER_TRACE).await;
    visitor
        .call(Method::GET, "/v1/categories", None)
        .await
        .ok(200);

    let exporting = Arc::new(exporting);
    let flushing = tokio::spawn(async move {
        loop {
            let exporting = exporting.clone();
            let flush = tokio::task::spawn_blocking(move || exporting.flush());
            flush.await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let spans = collector.trace(OTHER_TRACE, is_whole).await;
    flushing.abort();
    check(&spans);
    let others = collector.spans().len() - spans.len();
    assert_eq!(others, 0, "a trace was kept that nobody wanted");
}

/// Buys something as the one who calls within this trace.
async fn checkout(shop: &Visitor, trace: &str) {
    let visitor = shop.sign_up("rose").await;
    let home = address();
    let book = visitor.call(Method::POST, "/v1/me/addresses", Some(&home));
    let address_id = book.await.ok(201)["id"].clone();
    let (product, _) = product_with(&visitor, 1).await;
    visitor.put_in_cart(&product, 1).await;
    let traceparent = format!("00-{trace}-{CALLER}-01");
    let headers = [("idempotency-key", "once"), ("traceparent", &traceparent)];
    let body = json!({
        "address_id": address_id, "payment": { "token": "tok_visa" },
        "expected_total": visitor.total().await,
    });
    let order = visitor.call_with(Method::POST, "/v1/orders", &headers, Some(&body));
    order.await.ok(201);
}

fn is_whole(spans: &[Received]) -> bool {
    CHECKOUT
        .iter()
        .all(|[service, name, _, _]| spans.iter().any(|span| is(span, service, name)))
}

fn is(span: &Received, service: &str, name: &str) -> bool {
    span.service == service && span.name == name
}

/// Every span has the parent that it should have, and nothing hangs in the air.
#[track_caller]
fn check(spans: &[Received]) {
    let roots: Vec<_> = spans.iter().filter(|span| span.parent == CALLER).collect();
    let [root] = roots[..] else {
        panic!("not one root: {roots:#?}")
    };
    assert!(is(root, "edge", "place_order"), "{root:?}");
    let parent = |child: &Received| spans.iter().find(|span| span.id == child.parent);
    for span in spans.iter().filter(|span| span.id != root.id) {
        assert!(parent(span).is_some(), "an orphan: {span:?}");
    }
    for [service, name, of_service, of_name] in CHECKOUT {
        let belongs = |span: &&Received| {
            is(span, service, name) && parent(span).is_some_and(|it| is(it, of_service, of_name))
        };
        let found = spans.iter().find(belongs);
        assert!(found.is_some(), "{name} below {of_name}: {spans:#?}");
    }
}

/// A shop whose services talk over HTTP, each at a port of its own.
async fn open_over_http(data: &Path) -> Visitor {
    let store = |name: &str| StoreUrl::Sqlite(data.join(name));
    let keys = || vec![invoke_key()];
    let minter = |name: &str| Minter::new(name, &invoke_key()).unwrap();
    let users = users::connect(&users::Config {
        store: store("users.db"),
        invoke_keys: keys(),
        signing_key: users::generate_signing_key(),
        letter_keys: keys(),
        ..users::Config::default()
    })
    .await
    .unwrap();
    let catalog = catalog::connect(&catalog::Config {
        store: store("catalog.db"),
        images: data.join("images").into(),
        invoke_keys: keys(),
        ..catalog::Config::default()
    })
    .await
    .unwrap();
    let payments = payments::connect(&payments::Config {
        store: store("payments.db"),
        invoke_keys: keys(),
    })
    .await
    .unwrap();
    catalog.seed().await.unwrap();
    let consumer = catalog.consumer();
    let users = over_http(users::app(users)).await;
    let catalog = over_http(catalog::app(catalog)).await;
    let payments = over_http(payments::app(payments)).await;
    let neighbour = |name: &str, upstream: &Upstream| {
        let timeout = Duration::from_secs(10);
        Neighbour::new(upstream.clone(), minter(name), "orders", timeout)
    };
    let orders = orders::connect(
        &orders::Config {
            store: store("orders.db"),
            invoke_keys: keys(),
            ..orders::Config::default()
        },
        neighbour("catalog", &catalog),
        neighbour("payments", &payments),
        neighbour("users", &users),
    )
    .await
    .unwrap();
    orders.spawn_background(CancellationToken::new(), vec![consumer]);
    let orders = over_http(orders::app(orders)).await;

    let service = |name: &str, document: utoipa::openapi::OpenApi, upstream| edge::Service {
        name: name.to_owned(),
        document: serde_json::to_value(document).unwrap(),
        upstream,
        minter: Some(minter(name)),
    };
    let services = vec![
        service("users", users::openapi(), users),
        service("catalog", catalog::openapi(), catalog),
        service("orders", orders::openapi(), orders),
    ];
    let config = edge::Config {
        throttle: edge::Switch::Off,
        ..edge::Config::default()
    };
    let gateway = edge::Gateway::new(config, services).unwrap();
    Visitor::new(over_http(edge::app(&gateway)).await)
}

async fn over_http(app: impl App) -> Upstream {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let forever = CancellationToken::new();
    tokio::spawn(serve(listener, app, Limits::default(), forever));
    Upstream::http(base.parse().unwrap())
}
