//! What a client may not say never reaches a service.

use axum::http::{HeaderMap, Method, header};
use kit::{identity::CALLER_HEADER, serve::Peer, telemetry::REQUEST_ID};

use crate::world::{Way, World, request};

both_ways![
    a_spoofed_header_never_reaches_the_service,
    a_proxy_of_ones_own_is_believed_and_the_client_before_it_is_not,
    who_speaks_tls_to_the_edge_came_by_https_unless_a_proxy_says_otherwise,
    cookies_reach_the_service_on_one_line,
    what_connection_names_never_reaches_the_service,
    a_cookie_reaches_only_operations_that_read_it,
    an_ambiguous_path_is_refused,
    an_internal_path_is_unreachable,
    an_encoded_path_is_forwarded_as_it_was_sent,
    a_request_without_one_host_is_refused,
    without_a_permit_a_request_is_shed,
];

async fn a_spoofed_header_never_reaches_the_service(way: Way) {
    let world = World::open(way).await;
    let spoofed = [
        ("terrace-caller", "stolen"),
        ("terrace-deadline", "999999"),
        ("forwarded", "for=203.0.113.9"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "203.0.113.9"),
        ("proxy-authorization", "Basic c3RvbGVu"),
        ("upgrade", "stolen"),
        ("keep-alive", "stolen"),
        ("proxy-connection", "stolen"),
        ("te", "stolen"),
        ("trailer", "stolen"),
    ];

    let request = request(Method::GET, "/v1/plants").header("accept", "text/plain");
    let request = spoofed.iter().fold(request, |request, (name, value)| {
        // Twice, as a client would that hopes for the second to survive.
        request.header(*name, *value).header(*name, *value)
    });
    world.edge.send(request).await.ok(200);

    let seen = world.calls.only().headers;
    for (name, value) in spoofed {
        let all: Vec<_> = seen.get_all(name).iter().collect();
        assert!(all.iter().all(|seen| *seen != value), "{name}: {all:?}");
        assert!(all.len() <= 1, "{name}: {all:?}");
    }
    assert_eq!(seen["x-forwarded-for"], "127.0.0.1");
    assert_eq!(seen["x-forwarded-host"], "shop.test");
    assert_eq!(seen["x-forwarded-proto"], "http");
    assert_eq!(seen["accept"], "text/plain", "an honest header passes");
}

async fn a_proxy_of_ones_own_is_believed_and_the_client_before_it_is_not(way: Way) {
    let seen = async |proxies: u8, list: &str| {
        let world = World::with(way, |config| config.proxies = proxies).await;
        let request = request(Method::GET, "/v1/plants")
            .header("x-forwarded-for", list)
            .header("x-forwarded-proto", "https");
        world.edge.send(request).await.ok(200);
        let headers = world.calls.only().headers;
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        (text("x-forwarded-for"), text("x-forwarded-proto"))
    };
    let (http, https) = ("http".to_owned(), "https".to_owned());

    let nobody = seen(0, "203.0.113.9").await;
    let one = seen(1, "198.51.100.1, 203.0.113.9").await;
    let two = seen(2, "198.51.100.1, 203.0.113.9, 10.0.0.1").await;
    let fewer_than_said = seen(2, "203.0.113.9").await;
    let nonsense = seen(1, "203.0.113.9, unknown").await;

    assert_eq!(nobody, ("127.0.0.1".to_owned(), http));
    assert_eq!(one, ("203.0.113.9".to_owned(), https.clone()));
    assert_eq!(two, ("203.0.113.9".to_owned(), https.clone()));
    assert_eq!(fewer_than_said, ("127.0.0.1".to_owned(), https.clone()));
    assert_eq!(nonsense, ("127.0.0.1".to_owned(), https));
}

async fn who_speaks_tls_to_the_edge_came_by_https_unless_a_proxy_says_otherwise(way: Way) {
    let seen = async |proxies: u8, said: Option<&str>| {
        let world = World::with(way, |config| config.proxies = proxies).await;
        let mut request = request(Method::GET, "/v1/plants").extension(Peer {
            is_secure: true,
            ..Peer::from(std::net::IpAddr::from([127, 0, 0, 1]))
        });
        if let Some(said) = said {
            request = request.header("x-forwarded-proto", said);
        }
        world.edge.send(request).await.ok(200);
        world.calls.only().headers["x-forwarded-proto"].clone()
    };

    assert_eq!(seen(0, None).await, "https");
    assert_eq!(seen(0, Some("http")).await, "https");
    assert_eq!(seen(1, None).await, "https");
    assert_eq!(seen(1, Some("http")).await, "http");
}

async fn cookies_reach_the_service_on_one_line(way: Way) {
    let world = World::open(way).await;

    let request = request(Method::POST, "/v1/sessions/refresh");
    let request = request.header("cookie", "a=1").header("cookie", "b=2; c=3");
    world.edge.send(request).await.ok(200);

    let seen = world.calls.only().headers;
    let seen: Vec<_> = seen.get_all("cookie").iter().collect();
    assert_eq!(seen, ["a=1; b=2; c=3"]);
}

async fn what_connection_names_never_reaches_the_service(way: Way) {
    let world = World::open(way).await;

    let request = request(Method::GET, "/v1/plants")
        .header("connection", "close, X-One")
        .header(
            "connection",
            "x-two ,terrace-caller, x-request-id, x-forwarded-for",
        )
        .header("x-one", "1")
        .header("x-two", "2")
        .header("x-three", "3");
    world.edge.send(request).await.ok(200);

    let seen: HeaderMap = world.calls.only().headers;
    assert!(!seen.contains_key("x-one"));
    assert!(!seen.contains_key("x-two"));
    assert_eq!(seen["x-three"], "3");
    for ours in [
        CALLER_HEADER,
        REQUEST_ID,
        "x-forwarded-for".parse().unwrap(),
    ] {
        assert!(
            seen.contains_key(&ours),
            "{ours} is the edge's, whatever the client names"
        );
    }
}

async fn a_cookie_reaches_only_operations_that_read_it(way: Way) {
    let world = World::open(way).await;
    let with_cookie = |method, path| request(method, path).header("cookie", "terrace_refresh=1");

    world
        .edge
        .send(with_cookie(Method::GET, "/v1/plants"))
        .await
        .ok(200);
    assert!(!world.calls.only().headers.contains_key(header::COOKIE));

    let refresh = with_cookie(Method::POST, "/v1/sessions/refresh");
    world.edge.send(refresh).await.ok(200);
    assert_eq!(
        world.calls.only().headers[header::COOKIE],
        "terrace_refresh=1"
    );
}

async fn an_ambiguous_path_is_refused(way: Way) {
    let world = World::open(way).await;

    for path in [
        "//v1/plants",
        "/v1//plants",
        "/v1/plants//fern",
        "/v1/./plants",
        "/v1/x/../plants",
        "/v1/plants/..",
        "/v1/%2e%2e/internal/stock",
        "/v1/%2E/plants",
        "/v1%2fplants",
        "/v1%5cplants",
        "/v1/plants/%00",
        "/v1/plants/%0d%0aHost:%20x",
        "/v1/plants/%252e%252e",
        "/v1/plants/%zz",
        "/v1/plants/%2",
    ] {
        let answer = world.edge.get(path).await;

        assert_eq!(answer.status, 400, "{path}");
        answer.refused(400, "bad-request");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn an_internal_path_is_unreachable(way: Way) {
    let world = World::open(way).await;

    for path in [
        "/internal/stock",
        "/internal",
        "/internal/",
        "/%69nternal/stock",
        "/INTERNAL/stock",
        "/internal%20/stock",
        "/v1/internal/stock",
        "/internal;a=b/stock",
        "/v1/%c0%ae%c0%ae/stock",
    ] {
        let request = world.as_staff(request(Method::GET, path));
        let answer = world.edge.send(request).await;

        assert_eq!(answer.status, 404, "{path}");
        answer.refused(404, "not-found");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn an_encoded_path_is_forwarded_as_it_was_sent(way: Way) {
    let world = World::open(way).await;
    let path = "/v1/plants/caf%C3%A9%20%41?q=%2e%2e%2f&&x=/../";

    world.edge.get(path).await.ok(200);

    let seen = world.calls.only();
    assert_eq!(seen.uri.path_and_query().unwrap().as_str(), path);
}

async fn a_request_without_one_host_is_refused(way: Way) {
    let world = World::open(way).await;
    let bare = || testkit::service::request(Method::GET, "/v1/plants");
    let elsewhere = testkit::service::request(Method::GET, "http://evil.test/v1/plants");
    let userinfo = testkit::service::request(Method::GET, "http://a@shop.test/v1/plants");

    for request in [
        bare(),
        bare()
            .header("host", "shop.test")
            .header("host", "shop.test"),
        bare()
            .header("host", "shop.test")
            .header("host", "evil.test"),
        elsewhere.header("host", "shop.test"),
        userinfo.header("host", "shop.test"),
    ] {
        world.edge.send(request).await.refused(400, "bad-request");
    }
    assert_eq!(world.calls.count(), 0);

    let absolute = request(Method::GET, "http://shop.test/v1/plants");
    world.edge.send(absolute).await.ok(200);
}

async fn without_a_permit_a_request_is_shed(way: Way) {
    let world = World::with(way, |config| config.in_flight = 0).await;

    let answer = world.edge.get("/v1/plants").await;

    answer.refused(503, "unavailable");
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(world.calls.count(), 0);
}
