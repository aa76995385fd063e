//! Stages, and a new version of a service that some callers get.

use std::{
    collections::{BTreeMap, HashSet},
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, body::Body, response::IntoResponse, routing::get};
use edge::{CanaryConfig, Config, Service, StageConfig, UpstreamConfig};
use http::{Method, StatusCode, header};
use kit::serve;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::world::{Edge, at, invoke_key, policies, request, service};

/// A version of a garden: it answers with its name, or fails.
#[derive(Clone)]
struct Version {
    address: SocketAddr,
    fails: Arc<AtomicBool>,
}

impl Version {
    async fn listen(name: &'static str) -> Self {
        let fails = Arc::<AtomicBool>::default();
        let broken = fails.clone();
        let answer = get(move || async move {
            if broken.load(Ordering::Relaxed) {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
            ([(header::CACHE_CONTROL, "max-age=60")], name).into_response()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (limits, stop) = (serve::Limits::default(), CancellationToken::new());
        let app = Router::new().fallback_service(answer);
        tokio::spawn(serve::serve(listener, app, limits, stop));
        Self { address, fails }
    }
}

/// The edge before two versions.
struct World {
    edge: Edge,
    config: Config,
    stable: Version,
    next: Version,
}

impl World {
    async fn open(operation: Value) -> Self {
        let (stable, next) = (
            Version::listen("stable").await,
            Version::listen("next").await,
        );
        let canary = CanaryConfig {
            url: format!("http://{}", next.address),
            percent: 30,
            max_failed_percent: 1,
            max_p99_ms: 60_000,
        };
        let stage = StageConfig {
            canaries: [("garden".to_owned(), canary)].into(),
            ..StageConfig::default()
        };
        let config = Config {
            stage: "next".to_owned(),
            stages: [("next".to_owned(), stage)].into(),
            policies: policies("open"),
            ..Config::default()
        };
        let garden = garden(&stable, &operation);
        Self {
            edge: Edge::new(config.clone(), vec![garden], CancellationToken::new()),
            config,
            stable,
            next,
        }
    }

    /// What clients at so many addresses are answered, by address.
    async fn ask(&self, clients: u8) -> BTreeMap<u8, String> {
        let mut answers = BTreeMap::new();
        for client in 0..clients {
            let peer = serve::Peer::from(std::net::IpAddr::from([10, 0, 0, client]));
            let asked = request(Method::GET, "/v1/plants").extension(peer);
            let asked = asked.body(Body::empty()).unwrap();
            let answer = self.edge.app.clone().oneshot(asked).await.unwrap();
            let body = axum::body::to_bytes(answer.into_body(), 1024)
                .await
                .unwrap();
            answers.insert(client, String::from_utf8_lossy(&body).into_owned());
        }
        answers
    }
}

fn garden(version: &Version, operation: &Value) -> Service {
    let paths = json!({ "/v1/plants": { "get": operation } });
    service("garden", paths, at(version.address))
}

fn plain() -> Value {
    json!({ "operationId": "list_plants" })
}

#[tokio::test]
async fn some_callers_get_the_new_version_and_always_the_same_ones() {
    let world = World::open(plain()).await;

    let first = world.ask(100).await;
    let next = first.values().filter(|it| *it == "next").count();
    assert!((15..45).contains(&next), "{next} of 100 for 30 %");
    assert_eq!(world.ask(100).await, first);

    world
        .edge
        .gateway
        .reload(&world.config, vec![garden(&world.stable, &plain())])
        .unwrap();
    assert_eq!(world.ask(100).await, first, "reading again changes nothing");
}

#[tokio::test]
async fn neither_version_is_answered_what_was_kept_of_the_other() {
    let cached = json!({ "operationId": "list_plants", "x-edge": { "cache": { "ttl_s": 60, "scope": "public" } } });
    let world = World::open(cached).await;

    let answers: HashSet<_> = world.ask(100).await.into_values().collect();

    assert_eq!(
        answers,
        HashSet::from(["stable", "next"].map(str::to_owned))
    );
}

#[tokio::test]
async fn a_new_version_that_fails_is_taken_from_everybody_until_the_settings_change() {
    let mut world = World::open(plain()).await;
    let garden = garden(&world.stable, &plain());
    let reload = |config: &Config| world.edge.gateway.reload(config, vec![garden.clone()]);
    let note = world.edge.gateway.note();
    assert_eq!(note(), None);

    world.next.fails.store(true, Ordering::Relaxed);
    let failed = world.ask(100).await;
    let failed = failed
        .values()
        .filter(|it| it.contains("bad-gateway"))
        .count();
    assert_eq!(
        failed, 3,
        "as many as shows that it is more than 1 % of 200"
    );
    let told = note().unwrap();
    assert_eq!(
        told,
        "the canary of garden was rolled back: 3 of 3 answers failed"
    );
    assert!(world.ask(100).await.values().all(|it| it == "stable"));

    reload(&world.config).unwrap();
    assert!(
        world.ask(100).await.values().all(|it| it == "stable"),
        "also then"
    );

    world.next.fails.store(false, Ordering::Relaxed);
    let stage = world.config.stages.get_mut("next").unwrap();
    stage.canaries.get_mut("garden").unwrap().percent = 31;
    reload(&world.config).unwrap();
    assert_eq!(note(), None);
    assert!(world.ask(100).await.values().any(|it| it == "next"));
}

#[tokio::test]
async fn a_stable_version_that_fails_says_nothing_of_the_new_one() {
    let world = World::open(plain()).await;
    world.stable.fails.store(true, Ordering::Relaxed);

    let answers = world.ask(100).await;

    assert!(answers.values().any(|it| it == "next"));
    assert_eq!(world.edge.gateway.note()(), None);
}

#[tokio::test]
async fn a_canary_of_no_service_and_one_at_no_address_are_refused() {
    let world = World::open(plain()).await;
    let refused = |change: &dyn Fn(&mut StageConfig)| {
        let mut config = world.config.clone();
        change(config.stages.get_mut("next").unwrap());
        let garden = garden(&world.stable, &plain());
        world
            .edge
            .gateway
            .reload(&config, vec![garden])
            .unwrap_err()
            .to_string()
    };

    let nobodys = refused(&|stage| {
        let canary = stage.canaries.remove("garden").unwrap();
        stage.canaries.insert("gardens".to_owned(), canary);
    });
    let nowhere = refused(&|stage| stage.canaries.get_mut("garden").unwrap().url.clear());

    assert_eq!(
        nobodys,
        "stages.next.canaries.gardens: expected the name of a service"
    );
    assert!(
        nowhere.starts_with("stages.next.canaries.garden.url: "),
        "{nowhere}"
    );
}

/// Settings with a folder of documents for each stage.
fn staged(folder: &Path) -> Config {
    let upstream = UpstreamConfig {
        url: "http://127.0.0.1:9".to_owned(),
        invoke_key: invoke_key("garden"),
        documents: Vec::new(),
    };
    let stages = ["old", "new"].map(|name| {
        let own = folder.join(name);
        std::fs::create_dir(&own).unwrap();
        let paths = json!({ format!("/v1/{name}"): { "get": plain() } });
        let document = json!({ "openapi": "3.1.0", "paths": paths });
        std::fs::write(own.join("garden.json"), document.to_string()).unwrap();
        let stage = StageConfig {
            documents: Some(own.to_str().unwrap().to_owned()),
            ..StageConfig::default()
        };
        (name.to_owned(), stage)
    });
    Config {
        upstreams: [("garden".to_owned(), upstream)].into(),
        stages: stages.into(),
        ..Config::default()
    }
}

#[tokio::test]
async fn a_stage_has_documents_of_its_own_and_knows_them_by_their_digests() {
    let folder = tempfile::tempdir().unwrap();
    let config = staged(folder.path());
    let path_of = |config: Config| {
        let services = config
            .staged()
            .map_err(|fault| fault.to_string())?
            .services()?;
        let paths = services[0].document["paths"].as_object().unwrap();
        Ok::<_, String>(paths.keys().next().unwrap().clone())
    };
    let at = |stage: &str, digest: Option<&str>| {
        let mut config = config.clone();
        config.stage = stage.to_owned();
        let own = config.stages.get_mut(stage);
        own.into_iter().zip(digest).for_each(|(own, digest)| {
            own.digests.insert("garden".to_owned(), digest.to_owned());
        });
        path_of(config)
    };

    assert_eq!(at("old", None).unwrap(), "/v1/old");
    assert_eq!(at("new", None).unwrap(), "/v1/new");
    let refused = at("newest", None).unwrap_err();
    assert_eq!(
        refused,
        "stage: expected one of the stages (new, old), not `newest`"
    );

    let refused = at("new", Some("00")).unwrap_err();
    let own = refused.rsplit(' ').next().unwrap().to_owned();
    assert!(
        refused.contains("expected the digest 00 of the stage, not "),
        "{refused}"
    );
    assert_eq!(at("new", Some(&own)).unwrap(), "/v1/new");
}
