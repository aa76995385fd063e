//! The edge in front of two fakes: `users`, which publishes the issuer's keys, and `garden`, which
//! notes what reaches it. Tests with a service of their own use [`edge_before`].

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, Uri, header, request::Builder, request::Parts},
};
use bytes::Bytes;
use client::Upstream;
use edge::{Config, Gateway, Service};
use kit::{clock::Clock, http::ProblemBody, identity::Minter, serve};
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::service::{Answer, Client};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use crate::keys::Keys;
use crate::tokens::Issuer;

/// How the edge reaches the services.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    InProcess,
    Http,
}

/// A service of a test: its name, its document's paths, its router.
pub(crate) type Fake = (&'static str, Value, Router);

/// The edge, its two fakes, and the issuer whose key `users` publishes.
pub(crate) struct World {
    pub(crate) edge: Edge,
    pub(crate) calls: Calls,
    pub(crate) keys: Keys,
    pub(crate) issuer: Issuer,
}

impl World {
    /// With the settings' defaults.
    pub(crate) async fn open(way: Way) -> Self {
        Self::with(way, |_| {}).await
    }

    /// With other settings.
    pub(crate) async fn with(way: Way, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            session_keys: vec![session_key()],
            policies: policies("garden"),
            ..Config::default()
        };
        change(&mut config);
        let (calls, keys, issuer) = (Calls::default(), Keys::default(), Issuer::new("first"));
        keys.publish(&[&issuer]);
        let fakes = vec![calls.garden(), keys.users()];
        Self {
            edge: edge_before(way, config, fakes).await,
            calls,
            keys,
            issuer,
        }
    }

    /// A request of a new customer.
    pub(crate) fn as_customer(&self, request: Builder) -> Builder {
        bearer(request, &self.issuer.customer(Uuid::now_v7()))
    }

    /// A request of a new member of the staff.
    pub(crate) fn as_staff(&self, request: Builder) -> Builder {
        bearer(request, &self.issuer.staff(Uuid::now_v7()))
    }
}

/// What reached the service.
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Everything that reached the service `garden`.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Seen>>>);

impl Calls {
    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The one call that there was.
    #[track_caller]
    pub(crate) fn only(&self) -> Seen {
        let mut calls = self.0.lock().unwrap();
        assert_eq!(calls.len(), 1, "exactly one call reaches the service");
        calls.remove(0)
    }

    /// All calls since the last time.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The service that notes them.
    pub(crate) fn garden(&self) -> Fake {
        let staff = json!([{ "bearer": ["staff"] }]);
        let user = json!([{ "bearer": [] }]);
        let id = json!([{ "name": "id", "in": "path" }]);
        let cookie = json!([{ "name": "terrace_refresh", "in": "cookie" }]);
        let paths = json!({
            "/v1/plants": {
                "get": { "operationId": "list_plants" },
                "post": { "operationId": "add_plant", "security": staff },
            },
            "/v1/plants/{id}": {
                "get": { "operationId": "read_plant", "parameters": id },
                "delete": { "operationId": "remove_plant", "security": staff, "parameters": id },
            },
            "/v1/plants/featured": { "get": { "operationId": "read_featured" } },
            "/v1/me": { "get": { "operationId": "read_profile", "security": user } },
            "/v1/notes": {
                "post": { "operationId": "add_note", "x-edge": { "body_limit": 16 } },
            },
            "/v1/sessions": {
                "post": {
                    "operationId": "sign_in",
                    "x-edge": { "throttle": { "rate_per_s": 0.001, "burst": 2 } },
                },
            },
            "/v1/orders": {
                "post": {
                    "operationId": "place_order",
                    "security": user,
                    "x-edge": { "throttle": { "rate_per_s": 0.001, "burst": 2 } },
                },
            },
            "/v1/picture": {
                "put": {
                    "operationId": "set_picture",
                    "security": user,
                    "x-edge": { "body_limit": 1_000_000, "unsigned_payload": true },
                },
            },
            "/v1/sessions/refresh": {
                "post": { "operationId": "refresh_session", "parameters": cookie },
            },
            "/v1/letters": { "post": { "operationId": "add_letter" } },
            "/v1/smuggled": { "get": { "operationId": "smuggled" } },
        });
        // Answers on every path, so that a test sees what the edge lets through.
        let router = Router::new().fallback(note).with_state(self.clone());
        ("garden", paths, router)
    }
}

async fn note(State(calls): State<Calls>, head: Parts, body: Bytes) -> Json<Value> {
    calls.0.lock().unwrap().push(Seen {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body,
    });
    Json(json!({ "noted": true }))
}

/// The edge's session key.
pub(crate) fn session_key() -> SecretString {
    "the-session-key-of-tests-".repeat(2).into()
}

/// The invoke key of one fake.
pub(crate) fn invoke_key(service: &str) -> SecretString {
    format!("the-invoke-key-of-{service:-<20}").into()
}

/// The edge in front of these services.
pub(crate) async fn edge_before(way: Way, config: Config, fakes: Vec<Fake>) -> Edge {
    edge_by(Clock::default(), way, config, fakes).await
}

/// The same by this clock.
pub(crate) async fn edge_by(clock: Clock, way: Way, config: Config, fakes: Vec<Fake>) -> Edge {
    let stop = CancellationToken::new();
    let mut services = Vec::new();
    for (name, paths, router) in fakes {
        let upstream = match way {
            Way::InProcess => Upstream::InProcess(router),
            Way::Http => at(listen_with(router, serve::Limits::default(), &stop).await),
        };
        let service = service(name, paths, upstream);
        let minter = service.minter.map(|it| it.with_clock(clock.clone()));
        services.push(Service { minter, ..service });
    }
    Edge::by(clock, config, services, stop)
}

/// A service as the edge is told of it.
pub(crate) fn service(name: &str, paths: Value, upstream: Upstream) -> Service {
    Service {
        name: name.to_owned(),
        document: json!({ "openapi": "3.1.0", "paths": paths }),
        upstream,
        minter: Minter::new(name, &invoke_key(name)).ok(),
    }
}

/// Policies of tests: `open` lets everybody do everything, `garden` what the fake `garden` says.
pub(crate) fn policies(name: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies");
    all.join(name)
}

/// Over HTTP at this address.
pub(crate) fn at(address: SocketAddr) -> Upstream {
    Upstream::http(format!("http://{address}").parse().unwrap())
}

/// Serves `app` on any port, until `stop`.
async fn listen(app: Router, stop: &CancellationToken) -> SocketAddr {
    let limits = serve::Limits {
        header_read: Duration::from_millis(200),
        head: serve::MAX_HEAD,
        idle: Duration::from_millis(200),
        ..serve::Limits::default()
    };
    listen_with(app, limits, stop).await
}

pub(crate) async fn listen_with(
    app: Router,
    limits: serve::Limits,
    stop: &CancellationToken,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve::serve(listener, app, limits, stop.clone()));
    address
}

/// The edge under test.
pub(crate) struct Edge {
    pub(crate) app: Router,
    pub(crate) gateway: Arc<Gateway>,
    _stop: tokio_util::sync::DropGuard,
}

impl Edge {
    /// In front of these services, whose listeners end at `stop`.
    pub(crate) fn new(config: Config, services: Vec<Service>, stop: CancellationToken) -> Self {
        Self::by(Clock::default(), config, services, stop)
    }

    fn by(
        clock: Clock,
        mut config: Config,
        services: Vec<Service>,
        stop: CancellationToken,
    ) -> Self {
        if config.policies.as_os_str().is_empty() {
            config.policies = policies("open");
        }
        let gateway = Gateway::with_clock(config, services, clock).unwrap();
        Self {
            app: Router::new().fallback_service(edge::app(&gateway)),
            gateway,
            _stop: stop.drop_guard(),
        }
    }

    /// `GET`, without more.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path)).await
    }

    /// A request without a body.
    pub(crate) async fn send(&self, request: Builder) -> Answer {
        self.send_with(request, Body::empty()).await
    }

    /// A request with a body. Every refusal must be a problem document under the request's id.
    pub(crate) async fn send_with(&self, request: Builder, body: impl Into<Body>) -> Answer {
        let client: Client = testkit::service::Service::new("edge", self.app.clone()).untrusted();
        let answer = client.send(request, body).await;
        let id = answer.header("x-request-id");
        assert!(!id.is_empty(), "every answer names its request");
        if answer.status.as_u16() >= 400 {
            let problem: ProblemBody = answer.read(answer.status.as_u16());
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert_eq!(problem.instance.as_deref(), Some(id));
        }
        answer
    }

    /// A connection to the edge behind a real listener.
    pub(crate) async fn connect(&self) -> Wire {
        let address = self.listen().await;
        Wire(TcpStream::connect(address).await.unwrap())
    }

    /// The same, with other limits.
    pub(crate) async fn connect_with(&self, limits: serve::Limits) -> Wire {
        let address = listen_with(self.app.clone(), limits, &CancellationToken::new()).await;
        Wire(TcpStream::connect(address).await.unwrap())
    }

    /// A real listener of the edge.
    pub(crate) async fn listen(&self) -> SocketAddr {
        listen(self.app.clone(), &CancellationToken::new()).await
    }
}

/// A connection on which a test says what it likes.
pub(crate) struct Wire(pub(crate) TcpStream);

impl Wire {
    /// Sends these bytes as they are.
    pub(crate) async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has hung up already is an outcome, not a fault of the test.
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// All that the edge answers until it hangs up.
    pub(crate) async fn hear(mut self) -> String {
        let mut heard = Vec::new();
        let end = self.0.read_to_end(&mut heard);
        let end = tokio::time::timeout(Duration::from_secs(10), end).await;
        let _ = end.expect("the edge hangs up");
        String::from_utf8_lossy(&heard).into_owned()
    }
}

/// Begins a request as a browser's would begin.
pub(crate) fn request(method: Method, path: &str) -> Builder {
    testkit::service::request(method, path).header(header::HOST, "shop.test")
}

/// Adds the address of the client.
pub(crate) fn from(request: Builder, address: &str) -> Builder {
    let address: IpAddr = address.parse().unwrap();
    request.extension(serve::Peer::from(address))
}

/// Adds an access token.
pub(crate) fn bearer(request: Builder, token: &str) -> Builder {
    request.header(header::AUTHORIZATION, format!("Bearer {token}"))
}
