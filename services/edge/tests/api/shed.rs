//! Requests under way: how many there may be, in all and of one client, and which count.

use std::{io, pin::pin, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, request::Builder},
    routing::get,
};
use edge::Config;
use futures::{
    future::{Either, select},
    stream,
};
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinHandle};
use uuid::Uuid;

use crate::{
    tokens::Issuer,
    world::{Edge, Keys, Way, World, bearer, edge_before, from, request},
};

both_ways![
    when_all_permits_are_taken_the_next_is_shed,
    one_user_has_a_share_of_the_permits,
    one_address_has_a_share_whatever_users_it_makes_up,
    a_body_that_does_not_come_takes_no_permit,
];

/// The edge before a service that works until it is let go.
struct Busy {
    edge: Arc<Edge>,
    issuer: Issuer,
    entered: Arc<Semaphore>,
    leave: Arc<Semaphore>,
}

impl Busy {
    async fn open(way: Way, config: Config) -> Self {
        let (entered, leave) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let handler = {
            let (entered, leave) = (entered.clone(), leave.clone());
            move || async move {
                entered.add_permits(1);
                leave.acquire().await.unwrap().forget();
                "done"
            }
        };
        let paths = json!({ "/v1/busy": { "get": { "operationId": "busy" } } });
        let router = Router::new().route("/v1/busy", get(handler));
        let (issuer, keys) = (Issuer::new("first"), Keys::default());
        keys.publish(&[&issuer]);
        let fakes = vec![("garden", paths, router), keys.users()];
        Self {
            edge: Arc::new(edge_before(way, config, fakes).await),
            issuer,
            entered,
            leave,
        }
    }

    /// A request that is being worked on.
    async fn begin(&self, request: Builder) -> JoinHandle<u16> {
        let edge = self.edge.clone();
        let working = tokio::spawn(async move { edge.send(request).await.status.as_u16() });
        self.entered.acquire().await.unwrap().forget();
        working
    }

    async fn end(&self, working: impl IntoIterator<Item = JoinHandle<u16>>) {
        for accepted in working {
            self.leave.add_permits(1);
            assert_eq!(accepted.await.unwrap(), 200, "accepted work goes on");
        }
    }

    fn as_user(&self, request: Builder) -> Builder {
        bearer(request, &self.issuer.customer(Uuid::now_v7()))
    }
}

fn busy(address: &str) -> Builder {
    from(request(Method::GET, "/v1/busy"), address)
}

async fn when_all_permits_are_taken_the_next_is_shed(way: Way) {
    let config = Config {
        in_flight: 2,
        ..Config::default()
    };
    let shop = Busy::open(way, config).await;
    let working = [
        shop.begin(busy("203.0.113.1")).await,
        shop.begin(busy("203.0.113.2")).await,
    ];

    let shed = shop.edge.send(busy("203.0.113.3")).await;

    shed.refused(503, "unavailable");
    assert_eq!(shed.header("retry-after"), "1");
    shop.end(working).await;
    shop.end([shop.begin(busy("203.0.113.3")).await]).await;
}

async fn one_user_has_a_share_of_the_permits(way: Way) {
    let config = Config {
        client_in_flight: 1,
        ..Config::default()
    };
    let shop = Busy::open(way, config).await;
    let token = shop.issuer.customer(Uuid::now_v7());
    let working = shop.begin(bearer(busy("203.0.113.1"), &token)).await;

    let again = shop.edge.send(bearer(busy("203.0.113.2"), &token)).await;
    let another = shop.begin(shop.as_user(busy("203.0.113.1"))).await;

    again.refused(429, "too-many-requests");
    assert_eq!(again.header("retry-after"), "1");
    shop.end([working, another]).await;
    shop.end([shop.begin(bearer(busy("203.0.113.1"), &token)).await])
        .await;
}

async fn one_address_has_a_share_whatever_users_it_makes_up(way: Way) {
    let config = Config {
        client_in_flight: 1,
        ..Config::default()
    };
    let shop = Busy::open(way, config).await;
    let mut working = Vec::new();
    for _ in 0..4 {
        let request = shop.as_user(busy("203.0.113.1"));
        working.push(shop.begin(request).await);
    }

    let fifth = shop.edge.send(shop.as_user(busy("203.0.113.1"))).await;
    let elsewhere = shop.begin(shop.as_user(busy("203.0.113.2"))).await;

    fifth.refused(429, "too-many-requests");
    working.push(elsewhere);
    shop.end(working).await;
}

async fn a_body_that_does_not_come_takes_no_permit(way: Way) {
    let world = World::with(way, |config| config.in_flight = 1).await;
    let never = Body::from_stream(stream::pending::<io::Result<Bytes>>());
    let mut slow = pin!(
        world
            .edge
            .send_with(request(Method::POST, "/v1/letters"), never)
    );
    let mut quick = pin!(async {
        tokio::task::yield_now().await;
        world.edge.get("/v1/plants").await
    });

    let Either::Right((quick, _)) = select(slow.as_mut(), quick.as_mut()).await else {
        panic!("what has not come whole is not answered")
    };
    quick.ok(200);
}
