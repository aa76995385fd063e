//! The program as it is shipped: started from its settings, drained, stopped.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::Method,
    response::IntoResponse,
    routing::get,
};
use futures::{StreamExt, stream};
use kit::{
    serve,
    tls::{Certificate, Identity},
};
use serde_json::json;
use testkit::{
    program::Program,
    service::{Client, request},
    tls,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

const KEY: &str = "an-invoke-key-for-tests-alone-01";

#[tokio::test]
async fn it_starts_from_its_settings_with_the_real_documents_and_stops_when_told_to() {
    let documents = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi");
    let settings = [
        ("DOCUMENTS", documents),
        ("ORIGINS", "http://localhost:3000,http://127.0.0.1:3000"),
        ("PLANS__PARTNERS__GROUPS", "partner,friend"),
        ("PLANS__PARTNERS__RATE_PER_S", "20"),
        ("PLANS__PARTNERS__BURST", "100"),
        ("PLANS__PARTNERS__PER_DAY", "100000"),
        ("PLANS__PARTNERS__WITHOUT_REDIS", "refuse"),
        // Nobody answers there: the edge is ready all the same.
        ("UPSTREAMS__USERS__URL", "http://127.0.0.1:9"),
        ("UPSTREAMS__USERS__INVOKE_KEY", KEY),
        (
            "UPSTREAMS__CATALOG__URL",
            "http://127.0.0.1:9,http://127.0.0.2:9",
        ),
        ("UPSTREAMS__CATALOG__INVOKE_KEY", KEY),
        ("UPSTREAMS__ORDERS__URL", "http://127.0.0.1:9"),
        ("UPSTREAMS__ORDERS__INVOKE_KEY", KEY),
    ];
    let mut edge = Program::start(env!("CARGO_BIN_EXE_edge"), "edge", &settings);
    edge.ready().await;

    let gone = get_through(&edge, "/v1/products").await;
    gone.refused(503, "unavailable");
    let own = get_through(&edge, "/v1/openapi.json").await.ok(200);
    assert!(own["paths"]["/v1/products"].is_object());

    edge.lives_as_programs_do().await;
}

#[tokio::test]
async fn it_is_not_ready_while_a_service_has_no_address_and_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let document = json!({ "openapi": "3.1.0", "paths": {
        "/v1/plants": { "get": { "operationId": "list_plants" } },
    } });
    std::fs::write(folder.path().join("garden.json"), document.to_string()).unwrap();
    let settings = [
        ("DOCUMENTS", folder.path().to_str().unwrap()),
        ("UPSTREAMS__GARDEN__URL", "http://garden.invalid:8085"),
        ("UPSTREAMS__GARDEN__INVOKE_KEY", KEY),
    ];
    let edge = Program::start(env!("CARGO_BIN_EXE_edge"), "edge", &settings);

    let answer = loop {
        if let Some(answer) = edge.admin("/readyz").await {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };

    assert_eq!(answer.status, 503);
    let said = answer.text();
    assert!(
        said.contains("garden: no address of garden.invalid"),
        "{said}"
    );
}

#[tokio::test]
async fn when_told_to_stop_it_finishes_what_runs_and_ends_streams_cleanly() {
    let (entered, leave) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let url = garden(entered.clone(), leave.clone()).await;
    let folder = tempfile::tempdir().unwrap();
    let document = json!({ "openapi": "3.1.0", "paths": {
        "/v1/slow": { "get": { "operationId": "slow" } },
        "/v1/events": { "get": { "operationId": "events", "x-edge": { "stream": true } } },
    } });
    std::fs::write(folder.path().join("garden.json"), document.to_string()).unwrap();
    let settings = [
        ("DOCUMENTS", folder.path().to_str().unwrap()),
        (
            "POLICIES",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policies/open"),
        ),
        ("UPSTREAMS__GARDEN__URL", url.as_str()),
        ("UPSTREAMS__GARDEN__INVOKE_KEY", KEY),
    ];
    let mut edge = Program::start(env!("CARGO_BIN_EXE_edge"), "edge", &settings);
    edge.ready().await;
    let upstream = edge.upstream();
    let running = tokio::spawn(async move {
        let slow = request(Method::GET, "/v1/slow")
            .body(Body::empty())
            .unwrap();
        upstream.send(slow).await.unwrap().status()
    });
    entered.acquire().await.unwrap().forget();
    let events = request(Method::GET, "/v1/events").body(Body::empty());
    let events = edge.upstream().send(events.unwrap()).await.unwrap();
    let mut events = events.into_body().into_data_stream();
    assert_eq!(events.next().await.unwrap().unwrap(), "data: first\n\n");

    edge.terminate();

    let rest = tokio::time::timeout(Duration::from_secs(30), events.next()).await;
    assert!(
        rest.unwrap().is_none(),
        "the stream ends, and is not broken off"
    );
    let stopping = edge.admin("/readyz").await.unwrap();
    assert_eq!(
        (stopping.status.as_u16(), stopping.text().as_str()),
        (503, "stopping\n")
    );
    leave.add_permits(1);
    assert_eq!(running.await.unwrap(), 200);
    assert_eq!(edge.ended().await.code(), Some(0));
}

#[tokio::test]
async fn it_speaks_tls_with_the_certificate_of_its_files_also_when_that_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let put = |pair: &tls::Pair| {
        std::fs::write(path("key.pem"), &pair.key).unwrap();
        std::fs::write(path("chain.pem"), &pair.chain).unwrap();
    };
    let (first, second) = (tls::pair(), tls::pair());
    put(&first);
    let plain = free_port();
    let settings = [
        ("TLS_CERTIFICATE", &path("chain.pem")[..]),
        ("TLS_KEY", &path("key.pem")),
        ("REDIRECT_LISTEN", &format!("127.0.0.1:{plain}")),
        ("ISSUER_SERVICE", "garden"),
        ("DOCUMENTS", &path("")),
        ("UPSTREAMS__GARDEN__URL", "http://127.0.0.1:9"),
        ("UPSTREAMS__GARDEN__INVOKE_KEY", KEY),
    ];
    let document = json!({ "openapi": "3.1.0", "paths": {} });
    std::fs::write(path("garden.json"), document.to_string()).unwrap();
    let mut edge = Program::start(env!("CARGO_BIN_EXE_edge"), "edge", &settings);
    edge.ready().await;

    let before = tls::connect(edge.address(), &first.certificate, &["http/1.1"]).await;
    let mut before = before.unwrap();
    let answer = hear(&mut before).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains("strict-transport-security: max-age=31536000\r\n"),
        "{answer}"
    );
    let redirect = hear(&mut TcpStream::connect(("127.0.0.1", plain)).await.unwrap()).await;
    assert!(
        redirect.contains("location: https://localhost/v1/openapi.json\r\n"),
        "{redirect}"
    );

    put(&second);
    while tls::connect(edge.address(), &second.certificate, &[])
        .await
        .is_err()
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(hear(&mut before).await.starts_with("HTTP/1.1 200 "));

    edge.lives_as_programs_do().await;
}

/// A document with this one path.
fn garden_of(path: &str) -> String {
    let operation = json!({ "get": { "operationId": "look" } });
    json!({ "openapi": "3.1.0", "paths": { path: operation } }).to_string()
}

#[tokio::test]
async fn it_reads_its_files_again_when_it_is_asked_to_and_keeps_the_last_good_ones() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(|| async { "\"a garden\"" });
    let (limits, stop) = (serve::Limits::default(), CancellationToken::new());
    tokio::spawn(serve::serve(listener, app, limits, stop));
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("garden.json");
    std::fs::write(&document, garden_of("/v1/trees")).unwrap();
    let file = folder.path().join("edge.toml");
    let settings = format!(
        "documents = {folder:?}\npolicies = {policies:?}\n[upstreams.garden]\nurl = {url:?}\ninvoke_key = {KEY:?}\n",
        folder = folder.path(),
        policies = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policies/open"),
    );
    std::fs::write(&file, &settings).unwrap();
    let mut edge = Program::start_from(env!("CARGO_BIN_EXE_edge"), "edge", &file);
    edge.ready().await;
    get_through(&edge, "/v1/trees").await.ok(200);

    // By itself, because the folder has changed.
    std::fs::write(&document, garden_of("/v1/beds")).unwrap();
    while get_through(&edge, "/v1/beds").await.status == 404 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    get_through(&edge, "/v1/trees")
        .await
        .refused(404, "not-found");

    std::fs::write(&document, "{").unwrap();
    edge.hang_up();
    let told = loop {
        let told = edge.admin("/readyz").await.unwrap();
        if told.text() != "ready\n" {
            break told;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(told.status, 200);
    let said = told.text();
    assert!(
        said.contains("settings changed and are not in use: documents: "),
        "{said}"
    );
    let metrics = edge.admin("/metrics").await.unwrap().text();
    assert!(metrics.contains("reload_refused 1"), "{metrics}");
    assert_ne!(get_through(&edge, "/v1/beds").await.status, 404);

    std::fs::write(
        &file,
        settings.clone() + "[plans.few]\ngroups = []\nrate_per_s = 1\nburst = 1\n",
    )
    .unwrap();
    std::fs::write(&document, garden_of("/v1/trees")).unwrap();
    edge.hang_up();
    while !edge
        .admin("/readyz")
        .await
        .unwrap()
        .text()
        .contains("plans.few.groups")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    std::fs::write(&file, settings).unwrap();
    edge.hang_up();
    while edge.admin("/readyz").await.unwrap().text() != "ready\n" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_ne!(get_through(&edge, "/v1/trees").await.status, 404);
}

#[tokio::test]
async fn it_shows_its_services_who_it_is_and_calls_those_alone_that_show_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let put = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
    let authority = tls::Authority::new();
    put("authority.pem", &authority.pem());
    let [chain, key] = authority.sign(&["spiffe://terrace/edge"]);
    put("chain.pem", &chain);
    put("key.pem", &key);
    let operation = json!({ "get": { "operationId": "fern" } });
    let document = json!({ "openapi": "3.1.0", "paths": { "/v1/fern": operation } });
    put("garden.json", &document.to_string());
    let statuses = async |service: &str| {
        let [chain, key] = authority.sign(&[service]);
        let shown = Certificate::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        let shown = Identity::new(shown, &folder.path().join("authority.pem")).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let app = Router::new().route("/v1/fern", get(|| async { "a fern" }));
        let (limits, tls) = (
            serve::Limits::default(),
            shown.listener(&["edge".to_owned()]),
        );
        let stop = CancellationToken::new();
        tokio::spawn(serve::serve_over(listener, Some(tls), app, limits, stop));
        let settings = [
            ("IDENTITY_AUTHORITY", &path("authority.pem")[..]),
            ("IDENTITY_CERTIFICATE", &path("chain.pem")),
            ("IDENTITY_KEY", &path("key.pem")),
            ("DOCUMENTS", &path("")),
            (
                "POLICIES",
                concat!(env!("CARGO_MANIFEST_DIR"), "/tests/policies/open"),
            ),
            ("UPSTREAMS__GARDEN__URL", &url),
            ("UPSTREAMS__GARDEN__INVOKE_KEY", KEY),
        ];
        let mut edge = Program::start(env!("CARGO_BIN_EXE_edge"), "edge", &settings);
        edge.ready().await;
        get_through(&edge, "/v1/fern").await.status.as_u16()
    };

    assert_eq!(statuses("spiffe://terrace/garden").await, 200);
    assert_eq!(statuses("spiffe://terrace/users").await, 503);
}

/// How the edge's document is answered on this connection, which goes on.
async fn hear(connection: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    let request = "HEAD /v1/openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n";
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(connection.read_u8().await.unwrap()));
    }
    head
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

async fn get_through(edge: &Program, path: &str) -> testkit::service::Answer {
    let client = Client::outside(edge.upstream());
    client.send(request(Method::GET, path), Body::empty()).await
}

/// A service with an operation that ends when the test says so, and a stream that never ends.
async fn garden(entered: Arc<Semaphore>, leave: Arc<Semaphore>) -> String {
    let slow = move || async move {
        entered.add_permits(1);
        leave.acquire().await.unwrap().forget();
    };
    let events = || async {
        let first = stream::once(async { Ok::<_, std::io::Error>(Bytes::from("data: first\n\n")) });
        let events = Body::from_stream(first.chain(stream::pending()));
        ([("content-type", "text/event-stream")], events).into_response()
    };
    let app = Router::new()
        .route("/v1/slow", get(slow))
        .route("/v1/events", get(events));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let limits = serve::Limits::default();
    tokio::spawn(serve::serve(
        listener,
        app,
        limits,
        CancellationToken::new(),
    ));
    url
}
