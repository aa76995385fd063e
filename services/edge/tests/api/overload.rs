//! Many more requests than a service can carry, in virtual time: arrivals do not wait for answers, as
//! those of real clients do not.

use std::sync::Arc;

use axum::{Router, http::Method};
use edge::{Config, Switch};
use fastrand::Rng;
use serde_json::json;
use tokio::{
    sync::Semaphore,
    time::{Duration, Instant, sleep, sleep_until},
};

use crate::world::{Edge, Way, edge_before, request};

/// What the service carries: four requests at once, 10 ms each.
const AT_ONCE: usize = 4;
const TAKES: Duration = Duration::from_millis(10);
const CAPACITY_PER_S: f64 = 400.0;

/// How the requests of one path fared.
#[derive(Debug, Default)]
struct Fared {
    asked: usize,
    answered: usize,
    /// How long the answered ones took.
    took: Vec<Duration>,
}

impl Fared {
    fn p99(&mut self) -> Duration {
        self.took.sort();
        self.took[self.took.len() * 99 / 100]
    }
}

async fn shop() -> Arc<Edge> {
    let workers = Arc::new(Semaphore::new(AT_ONCE));
    let paths = json!({
        "/v1/plants": { "get": { "operationId": "list_plants" } },
        "/v1/pictures": { "get": { "operationId": "list_pictures", "x-edge": { "priority": "low" } } },
        "/v1/orders": { "post": { "operationId": "place_order", "x-edge": { "priority": "high" } } },
    });
    let router = Router::new().fallback(move || {
        let workers = workers.clone();
        async move {
            let _worker = workers.acquire().await.unwrap();
            sleep(TAKES).await;
            "done"
        }
    });
    let config = Config {
        throttle: Switch::Off,
        in_flight: 64,
        // Requests that take 10 ms may take 20.
        queue_ms: 5,
        ..Config::default()
    };
    Arc::new(edge_before(Way::InProcess, config, vec![("garden", paths, router)]).await)
}

/// So many requests a second, at random times, for so long.
async fn load(
    edge: &Arc<Edge>,
    method: Method,
    path: &'static str,
    per_s: f64,
    seconds: f64,
) -> Fared {
    let mut rng = Rng::with_seed(7);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let mut at = Instant::now();
    let mut under_way = Vec::new();
    loop {
        // A Poisson process.
        at += Duration::from_secs_f64(-(1.0 - rng.f64()).ln() / per_s);
        if at > end {
            break;
        }
        sleep_until(at).await;
        let (edge, method) = (edge.clone(), method.clone());
        under_way.push(tokio::spawn(async move {
            let answer = edge.send(request(method, path)).await;
            (answer.status == 200).then(|| at.elapsed())
        }));
    }
    let mut fared = Fared {
        asked: under_way.len(),
        ..Fared::default()
    };
    for request in under_way {
        fared.took.extend(request.await.unwrap());
    }
    fared.answered = fared.took.len();
    fared
}

#[tokio::test(start_paused = true)]
async fn ten_times_too_much_costs_little_and_a_checkout_nothing() {
    const SECONDS: f64 = 2.0;
    let plants = (Method::GET, "/v1/plants");
    let mut peak = load(
        &shop().await,
        plants.0.clone(),
        plants.1,
        CAPACITY_PER_S,
        SECONDS,
    )
    .await;
    let edge = shop().await;

    let (mut over, mut orders) = tokio::join!(
        load(&edge, plants.0, plants.1, 10.0 * CAPACITY_PER_S, SECONDS),
        load(
            &edge,
            Method::POST,
            "/v1/orders",
            0.05 * CAPACITY_PER_S,
            SECONDS
        ),
    );

    let goodput = (over.answered + orders.answered) as f64 / peak.answered as f64;
    assert!(goodput >= 0.9, "goodput is {goodput} of {}", peak.answered);
    let (calm, crowded) = (peak.p99(), over.p99());
    assert!(crowded <= 2 * calm, "p99 is {crowded:?}, was {calm:?}");
    assert_eq!(orders.answered, orders.asked, "no checkout is shed");
    assert!(
        orders.p99() <= 2 * calm,
        "p99 of checkouts is {:?}",
        orders.p99()
    );
}

#[tokio::test(start_paused = true)]
async fn what_matters_least_is_shed_first() {
    let edge = shop().await;

    let (plants, pictures) = tokio::join!(
        load(&edge, Method::GET, "/v1/plants", 0.5 * CAPACITY_PER_S, 2.0),
        load(
            &edge,
            Method::GET,
            "/v1/pictures",
            5.0 * CAPACITY_PER_S,
            2.0
        ),
    );

    let part = |fared: &Fared| fared.answered as f64 / fared.asked as f64;
    assert!(part(&plants) > 0.9, "{} of plants", part(&plants));
    assert!(part(&pictures) < 0.3, "{} of pictures", part(&pictures));
}
