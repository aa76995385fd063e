//! RFC 9110, HTTP Semantics, section by section, on the operations that the shop's own documents
//! describe. Where a section has a file of its own, that is `head`, `compress`, `cors`, `headers`.

use axum::{
    Json, Router,
    http::{HeaderValue, Method, StatusCode, header, request::Builder},
    routing::get,
};
use edge::Config;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    tokens::Issuer,
    world::{Edge, Keys, Way, World, bearer, edge_before, request},
};

both_ways![
    section_9_3_2_every_get_has_a_head,
    section_9_3_7_options_tells_the_methods_of_a_path_that_there_is,
    section_10_1_1_another_expectation_than_100_continue_is_refused,
    section_11_4_several_spaces_may_stand_before_a_token,
    section_13_1_2_every_get_has_a_tag_that_saves_the_next_answer,
    section_13_1_2_a_tag_changes_with_the_bytes_and_is_the_services_where_it_gave_one,
    section_15_5_16_and_others_what_a_service_says_to_us_alone_stays_here,
];

/// The shop's own operations, which are all answered alike, and a token that opens all of them.
struct Shop {
    edge: Edge,
    token: String,
    gets: Vec<String>,
}

impl Shop {
    async fn open(way: Way) -> Self {
        let (keys, issuer) = (Keys::default(), Issuer::new("first"));
        keys.publish(&[&issuer]);
        let mut gets = Vec::new();
        let fakes = testkit::documented().into_iter().map(|name| {
            let name: &str = name.leak();
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi");
            let document = std::fs::read(format!("{folder}/{name}.json")).unwrap();
            let document: Value = serde_json::from_slice(&document).unwrap();
            let paths = document["paths"].clone();
            let all = paths.as_object().unwrap().iter();
            let read = all.filter(|(_, methods)| {
                methods["get"].is_object() && methods["get"]["x-edge"]["stream"] != json!(true)
            });
            gets.extend(read.map(|(path, _)| filled(path)));
            let own = match name {
                "users" => keys.users().2,
                _ => Router::new(),
            };
            (
                name,
                paths,
                own.fallback(|| async { Json(json!({ "plants": ["fern"] })) }),
            )
        });
        // What stands in the place of a parameter need not be one, and every operation is asked often.
        let config = Config {
            validate: edge::Switch::Off,
            throttle: edge::Switch::Off,
            ..Config::default()
        };
        Self {
            edge: edge_before(way, config, fakes.collect()).await,
            token: issuer.staff(Uuid::now_v7()),
            gets,
        }
    }

    fn ask(&self, method: Method, path: &str) -> Builder {
        bearer(request(method, path), &self.token)
    }
}

/// A path with something in the place of each parameter.
fn filled(template: &str) -> String {
    let segments = template.split('/');
    let segments = segments.map(|it| if it.starts_with('{') { "x" } else { it });
    segments.collect::<Vec<_>>().join("/")
}

async fn section_9_3_2_every_get_has_a_head(way: Way) {
    let shop = Shop::open(way).await;
    assert!(shop.gets.len() > 10, "{:?}", shop.gets);

    for path in shop
        .gets
        .iter()
        .map(String::as_str)
        .chain(["/v1/openapi.json", "/docs/"])
    {
        let get = shop.edge.send(shop.ask(Method::GET, path)).await;
        let head = shop.edge.send(shop.ask(Method::HEAD, path)).await;

        assert_eq!(get.status, 200, "{path}");
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(head.header("etag"), get.header("etag"), "{path}");
        let length = get.body.len().to_string();
        assert_eq!(head.header("content-length"), length, "{path}");
        assert!(head.body.is_empty(), "{path}");
    }
}

async fn section_9_3_7_options_tells_the_methods_of_a_path_that_there_is(way: Way) {
    let world = World::with(way, |config| {
        config.client_rate_per_s = 1;
        config.client_burst = 3;
    })
    .await;
    let options = |path| request(Method::OPTIONS, path);

    let known = world.edge.send(options("/v1/plants")).await;
    assert_eq!(known.status, 204);
    assert_eq!(known.header("allow"), "GET, HEAD, POST, OPTIONS");
    let unknown = world.edge.send(options("/nowhere")).await;
    unknown.refused(404, "not-found");
    let preflight = options("/v1/plants")
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "GET");
    let mut statuses = vec![world.edge.send(preflight).await.status];
    for _ in 0..3 {
        statuses.push(world.edge.send(options("/v1/plants")).await.status);
    }

    assert_eq!(statuses[0], 204);
    assert!(
        statuses.contains(&StatusCode::TOO_MANY_REQUESTS),
        "{statuses:?}"
    );
    assert_eq!(world.calls.count(), 0);
}

async fn section_10_1_1_another_expectation_than_100_continue_is_refused(way: Way) {
    let world = World::open(way).await;
    let expecting = |what| request(Method::POST, "/v1/letters").header("expect", what);

    for what in ["200-ok", "100-continue, magic", ""] {
        let refused = world.edge.send(expecting(what)).await;
        refused.refused(417, "expectation-failed");
    }
    assert_eq!(world.calls.count(), 0);
    world.edge.send(expecting("100-Continue")).await.ok(200);
}

async fn section_11_4_several_spaces_may_stand_before_a_token(way: Way) {
    let world = World::open(way).await;
    let token = world.issuer.customer(Uuid::now_v7());

    for (spaces, status) in [(" ", 200), ("  ", 200), ("      ", 200), ("\t", 401)] {
        let request = request(Method::GET, "/v1/me")
            .header(header::AUTHORIZATION, format!("Bearer{spaces}{token}"));
        assert_eq!(world.edge.send(request).await.status, status, "{spaces:?}");
    }
}

async fn section_13_1_2_every_get_has_a_tag_that_saves_the_next_answer(way: Way) {
    let shop = Shop::open(way).await;
    let paths = ["/v1/openapi.json", "/docs/", "/docs/swagger-ui-bundle.js"];

    for path in shop.gets.iter().map(String::as_str).chain(paths) {
        for coding in ["identity", "gzip"] {
            let ask = || {
                shop.ask(Method::GET, path)
                    .header("accept-encoding", coding)
            };
            let first = shop.edge.send(ask()).await;
            let tag = first.header("etag");
            assert!(tag.ends_with('"'), "{path}: {tag:?}");

            for known in [tag.to_owned(), format!("\"x\", W/{tag}"), "*".to_owned()] {
                let again = shop.edge.send(ask().header("if-none-match", &known)).await;
                assert_eq!(again.status, 304, "{path} {coding} {known}");
                assert!(again.body.is_empty());
                assert_eq!(again.header("content-type"), "", "{path}");
                assert_eq!(again.header("cache-control"), first.header("cache-control"));
                if known != "*" {
                    assert_eq!(again.header("etag"), tag, "{path} {coding} {known}");
                }
            }
            let lines = ask()
                .header("if-none-match", "\"y\"")
                .header("if-none-match", tag);
            assert_eq!(shop.edge.send(lines).await.status, 304, "§5.3: {path}");
            let other = shop.edge.send(ask().header("if-none-match", "\"x\"")).await;
            assert_eq!(other.status, 200, "{path}");
        }
    }
}

async fn section_13_1_2_a_tag_changes_with_the_bytes_and_is_the_services_where_it_gave_one(
    way: Way,
) {
    let router = Router::new()
        .route("/v1/one", get(|| async { "a fern" }))
        .route("/v1/other", get(|| async { "a rose" }))
        .route(
            "/v1/tagged",
            get(|| async { ([("etag", "\"7\"")], "a lily") }),
        )
        .route("/v1/gone", get(|| async { (StatusCode::GONE, "nothing") }));
    let read = |id: &str| json!({ "get": { "operationId": id } });
    let paths = json!({
        "/v1/one": read("one"), "/v1/other": read("other"),
        "/v1/tagged": read("tagged"), "/v1/gone": read("gone"),
    });
    let edge = edge_before(way, Config::default(), vec![("garden", paths, router)]).await;

    let (one, other) = (edge.get("/v1/one").await, edge.get("/v1/other").await);
    assert_ne!(one.header("etag"), other.header("etag"));
    assert_eq!(one.header("etag"), edge.get("/v1/one").await.header("etag"));
    let tagged = request(Method::GET, "/v1/tagged");
    let known = edge.send(tagged.header("if-none-match", "W/\"7\"")).await;
    assert_eq!(
        (known.status.as_u16(), known.header("etag")),
        (304, "\"7\"")
    );
    let answer = edge.app.clone();
    let gone = tower::ServiceExt::oneshot(
        answer,
        request(Method::GET, "/v1/gone")
            .body(axum::body::Body::empty())
            .unwrap(),
    );
    let gone = gone.await.unwrap();
    assert_eq!(gone.headers().get("etag"), None);
}

async fn section_15_5_16_and_others_what_a_service_says_to_us_alone_stays_here(way: Way) {
    let inner = [
        ("server", "nginx/1.25"),
        ("x-powered-by", "PHP/5.2"),
        ("proxy-authenticate", "Basic"),
        ("terrace-caller", "a.b.c"),
        ("terrace-deadline", "5"),
        // Which codings an operation takes is for its client (§15.5.16).
        ("accept-encoding", "identity"),
    ];
    let router = Router::new().route("/v1/plants", get(move || async move { (inner, "") }));
    let paths = json!({ "/v1/plants": { "get": { "operationId": "list_plants" } } });
    let edge = edge_before(way, Config::default(), vec![("garden", paths, router)]).await;

    let headers = edge.get("/v1/plants").await.headers;

    for (name, _) in &inner[..5] {
        assert!(!headers.contains_key(*name), "{name}");
    }
    assert_eq!(
        headers["accept-encoding"],
        HeaderValue::from_static("identity")
    );
}
