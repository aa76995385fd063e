//! What is taken over while requests go on: documents, policies, plans, upstreams; and what stays.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use axum::{Router, response::IntoResponse, routing::get};
use client::Upstream;
use edge::{Config, Service, StartError};
use http::{HeaderValue, Method, header};
use kit::serve;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::world::{Edge, at, policies, request, service};

/// A garden with one path, which says how often it was asked.
struct World {
    edge: Edge,
    upstream: Upstream,
    config: Config,
    asked: Arc<AtomicUsize>,
}

impl World {
    fn new(operation: Value) -> Self {
        let asked = Arc::<AtomicUsize>::default();
        let counted = asked.clone();
        let answer = get(move || async move {
            let body = counted.fetch_add(1, Ordering::Relaxed).to_string();
            let times = HeaderValue::from_static("max-age=60");
            ([(header::CACHE_CONTROL, times)], body).into_response()
        });
        let router = Router::new().fallback_service(answer);
        let upstream = Upstream::InProcess(router);
        let config = Config::default();
        let garden = garden(&upstream, json!({ "/v1/plants": { "get": operation } }));
        Self {
            edge: Edge::new(config.clone(), vec![garden], CancellationToken::new()),
            config: Config {
                policies: policies("open"),
                ..config
            },
            upstream,
            asked,
        }
    }

    fn reload(&self, paths: Value) -> Result<(), StartError> {
        let garden = garden(&self.upstream, paths);
        self.edge.gateway.reload(&self.config, vec![garden])
    }

    async fn status(&self, path: &str) -> u16 {
        self.edge.get(path).await.status.as_u16()
    }
}

fn garden(upstream: &Upstream, paths: Value) -> Service {
    service("garden", paths, upstream.clone())
}

/// Lets two requests pass, and then none for a long time.
fn twice() -> Value {
    json!({ "operationId": "list_plants", "x-edge": { "throttle": { "rate_per_s": 0.001, "burst": 2 } } })
}

#[tokio::test]
async fn another_document_is_served_from_the_next_request_on() {
    let world = World::new(json!({ "operationId": "list_plants" }));
    assert_eq!(world.status("/v1/plants").await, 200);
    assert_eq!(world.status("/v1/trees").await, 404);

    let trees = json!({ "/v1/trees": { "get": { "operationId": "list_trees" } } });
    world.reload(trees).unwrap();

    assert_eq!(world.status("/v1/plants").await, 404);
    assert_eq!(world.status("/v1/trees").await, 200);
    let document = world.edge.get("/v1/openapi.json").await.ok(200);
    assert!(document["paths"]["/v1/trees"].is_object(), "{document}");
}

#[tokio::test]
async fn a_document_that_cannot_be_served_changes_nothing() {
    let world = World::new(json!({ "operationId": "list_plants" }));

    let inside = json!({ "/internal/plants": { "get": { "operationId": "list_plants" } } });
    let misspelt = json!({ "/v1/trees": { "get": { "x-edge": { "timeout": 1 } } } });
    let dead = json!({ "/v1/trees%2Fold": { "get": { "operationId": "list_trees" } } });
    for broken in [inside, misspelt, dead] {
        assert!(world.reload(broken).is_err());
    }

    assert_eq!(world.status("/v1/plants").await, 200);
    assert_eq!(world.status("/v1/trees").await, 404);
}

#[tokio::test]
async fn policies_are_read_again() {
    let mut world = World::new(json!({ "operationId": "list_plants" }));
    let folder = tempfile::tempdir().unwrap();
    for file in policies("open").read_dir().unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    world.config.policies = folder.path().to_owned();
    let plants = json!({ "/v1/plants": { "get": { "operationId": "list_plants" } } });
    world.reload(plants.clone()).unwrap();
    assert_eq!(world.status("/v1/plants").await, 200);

    let nobody = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*" }],
    });
    for file in folder.path().read_dir().unwrap() {
        let file = file.unwrap().path();
        if !file.ends_with("roles.json") {
            std::fs::write(file, nobody.to_string()).unwrap();
        }
    }
    world.reload(plants.clone()).unwrap();
    assert_eq!(world.status("/v1/plants").await, 403);

    std::fs::write(folder.path().join("roles.json"), "{").unwrap();
    assert!(world.reload(plants).is_err());
    assert_eq!(world.status("/v1/plants").await, 403, "the last good ones");
}

#[tokio::test]
async fn a_limit_that_stays_the_same_knows_who_has_used_it_up() {
    let world = World::new(twice());
    for status in [200, 200, 429] {
        assert_eq!(world.status("/v1/plants").await, status);
    }

    let same = json!({ "/v1/plants": { "get": twice() } });
    world.reload(same).unwrap();
    assert_eq!(world.status("/v1/plants").await, 429);

    let mut more = twice();
    more["x-edge"]["throttle"]["burst"] = 3.into();
    world
        .reload(json!({ "/v1/plants": { "get": more } }))
        .unwrap();
    assert_eq!(
        world.status("/v1/plants").await,
        200,
        "another limit begins anew"
    );
}

#[tokio::test]
async fn operations_without_an_id_keep_their_limits_apart() {
    let limited =
        || json!({ "get": { "x-edge": { "throttle": { "rate_per_s": 0.001, "burst": 1 } } } });
    let world = World::new(twice());
    let paths = json!({ "/v1/plants": limited(), "/v1/trees": limited() });
    world.reload(paths.clone()).unwrap();
    world.reload(paths).unwrap();

    for path in ["/v1/plants", "/v1/trees"] {
        assert_eq!(world.status(path).await, 200, "{path}");
        assert_eq!(world.status(path).await, 429, "{path}");
    }
}

#[tokio::test]
async fn answers_stay_unless_they_are_kept_by_other_rules() {
    let kept = |scope: &str| json!({ "operationId": "list_plants", "x-edge": { "cache": { "ttl_s": 60, "scope": scope } } });
    let world = World::new(kept("public"));
    assert_eq!(world.edge.get("/v1/plants").await.text(), "0");

    world
        .reload(json!({ "/v1/plants": { "get": kept("public") } }))
        .unwrap();
    assert_eq!(world.edge.get("/v1/plants").await.text(), "0");

    world
        .reload(json!({ "/v1/plants": { "get": kept("principal") } }))
        .unwrap();
    assert_eq!(world.edge.get("/v1/plants").await.text(), "1");
    assert_eq!(world.asked.load(Ordering::Relaxed), 2);
}

/// A garden on an address, which counts its connections.
async fn listening(connections: &Arc<AtomicUsize>) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inner = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, behind) = (listener.local_addr().unwrap(), inner.local_addr().unwrap());
    let app = Router::new().fallback(|| async { "noted" });
    let (limits, stop) = (serve::Limits::default(), CancellationToken::new());
    tokio::spawn(serve::serve(inner, app, limits, stop));
    let connections = connections.clone();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            connections.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut service = tokio::net::TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut service).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn connections_to_a_service_that_stays_where_it_is_stay_too() {
    let connections = Arc::<AtomicUsize>::default();
    let address = listening(&connections).await;
    let plants = json!({ "/v1/plants": { "get": { "operationId": "list_plants" } } });
    let of = |address| service("garden", plants.clone(), at(address));
    let config = Config::default();
    let edge = Edge::new(config.clone(), vec![of(address)], CancellationToken::new());
    let config = Config {
        policies: policies("open"),
        ..config
    };
    edge.get("/v1/plants").await;

    edge.gateway.reload(&config, vec![of(address)]).unwrap();
    assert_eq!(edge.get("/v1/plants").await.status, 200);
    assert_eq!(connections.load(Ordering::Relaxed), 1);

    let elsewhere = listening(&connections).await;
    edge.gateway.reload(&config, vec![of(elsewhere)]).unwrap();
    assert_eq!(edge.get("/v1/plants").await.status, 200);
    assert_eq!(connections.load(Ordering::Relaxed), 2, "it has moved");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_it_is_read_again_and_again() {
    let world = Arc::new(World::new(json!({ "operationId": "list_plants" })));
    let (done, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let clients = (0..8).map(|client| {
        let (app, done, answered) = (world.edge.app.clone(), done.clone(), answered.clone());
        tokio::spawn(async move {
            let client = SocketAddr::from(([127, 0, 0, client], 80));
            while !done.load(Ordering::Relaxed) {
                let peer = serve::Peer::from(client.ip());
                let plants = request(Method::GET, "/v1/plants").extension(peer);
                let plants = plants.body(axum::body::Body::empty()).unwrap();
                let answer = tower::ServiceExt::oneshot(app.clone(), plants).await;
                let status = answer.unwrap().status().as_u16();
                // Whoever asks too often is told so, here as everywhere.
                assert!(matches!(status, 200 | 429), "{status}");
                answered.fetch_add(usize::from(status == 200), Ordering::Relaxed);
            }
        })
    });
    let clients: Vec<_> = clients.collect();

    for _ in 0..20 {
        let before = answered.load(Ordering::Relaxed);
        let paths = json!({ "/v1/plants": { "get": { "operationId": "list_plants" } } });
        world.reload(paths).unwrap();
        while answered.load(Ordering::Relaxed) < before + 8 {
            tokio::task::yield_now().await;
        }
    }

    done.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
}
