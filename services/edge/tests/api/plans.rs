//! Plans: who has one, what it allows in a second and in a day, and what its members are told.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use edge::{Config, PlanConfig, WithoutRedis};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use kit::{clock::Clock, redis::RedisUrl};
use serde_json::json;
use testkit::{redis::Server, service::Answer};
use uuid::Uuid;

use crate::{
    tokens::{Issuer, claims, now},
    world::{Calls, Edge, Keys, Way, bearer, edge_by, policies, request},
};

both_ways! {
    a_member_has_the_bucket_of_the_plan_and_is_told_what_is_left,
    a_days_quota_ends_and_begins_anew_at_midnight,
    staff_read_what_members_have_used,
    who_has_no_plan_is_limited_as_before_and_told_when_refused,
}

/// A plan of the group `partner`.
pub(crate) fn plan(change: impl FnOnce(&mut PlanConfig)) -> BTreeMap<String, PlanConfig> {
    let mut plan = PlanConfig {
        groups: vec!["partner".to_owned()],
        rate_per_s: 1,
        burst: 100,
        per_day: None,
        without_redis: WithoutRedis::Process,
    };
    change(&mut plan);
    [("partners".to_owned(), plan)].into()
}

/// The edge before a garden, where strangers may do very little.
struct World {
    edge: Edge,
    issuer: Issuer,
}

impl World {
    async fn open(way: Way, change: impl FnOnce(&mut Config)) -> Self {
        Self::by(Clock::default(), way, change).await
    }

    async fn by(clock: Clock, way: Way, change: impl FnOnce(&mut Config)) -> Self {
        let (keys, issuer) = (Keys::default(), Issuer::new("first"));
        keys.publish(&[&issuer]);
        let mut config = Config {
            client_rate_per_s: 1,
            client_burst: 2,
            policies: policies("garden"),
            ..Config::default()
        };
        change(&mut config);
        let fakes = vec![Calls::default().garden(), keys.users()];
        let edge = edge_by(clock, way, config, fakes).await;
        Self { edge, issuer }
    }

    fn partner(&self, id: Uuid) -> String {
        self.issuer.sign(&claims(id, &["customer", "partner"]))
    }

    async fn get(&self, token: &str) -> Answer {
        let get = request(Method::GET, "/v1/plants");
        self.edge.send(bearer(get, token)).await
    }

    async fn usage(&self, day: &str) -> Answer {
        let get = request(Method::GET, &format!("/v1/admin/usage{day}"));
        let staff = self.issuer.staff(Uuid::now_v7());
        self.edge.send(bearer(get, &staff)).await
    }
}

async fn a_member_has_the_bucket_of_the_plan_and_is_told_what_is_left(way: Way) {
    let world = World::open(way, |config| {
        config.plans = plan(|plan| {
            plan.rate_per_s = 1;
            plan.burst = 3;
        });
    })
    .await;
    let partner = world.partner(Uuid::now_v7());

    // Public as it is: a stranger at this address would be done after two.
    for left in [2, 1, 0] {
        let answer = world.get(&partner).await;
        answer.ok(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"burst\";q=3;w=3");
        let told = answer.header("ratelimit");
        // At one a second, a token may come back meanwhile.
        let r: u32 = told.split(';').nth(1).unwrap()[2..].parse().unwrap();
        assert!((left..=left + 1).contains(&r), "{told}");
        assert_eq!(told, format!("\"burst\";r={r};t={}", 3 - r));
    }
    let mut refused = world.get(&partner).await;
    while refused.status == 200 {
        refused = world.get(&partner).await;
    }

    refused.refused(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), "1");
    assert!(refused.header("ratelimit").contains(";r=0;t=1"));
    world.get(&world.partner(Uuid::now_v7())).await.ok(200);
}

async fn a_days_quota_ends_and_begins_anew_at_midnight(way: Way) {
    let clock = Clock::adjustable();
    let world = World::by(clock.clone(), way, |config| {
        config.plans = plan(|plan| plan.per_day = Some(2));
    })
    .await;
    let day = 24 * 60 * 60;
    let rest = day - now() % day;
    // Away from midnight.
    clock.step(SignedDuration::from_secs(if rest < 60 { 120 } else { 0 }));
    let ada = Uuid::now_v7();
    let partner = world.partner(ada);

    for left in [1, 0] {
        let answer = world.get(&partner).await;
        answer.ok(200);
        let policy = answer.header("ratelimit-policy");
        assert_eq!(policy, "\"burst\";q=100;w=100, \"day\";q=2;w=86400");
        let told = answer.header("ratelimit");
        assert!(told.contains(&format!("\"day\";r={left};t=")), "{told}");
    }
    let refused = world.get(&partner).await;
    refused.refused(429, "quota-exceeded");
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert!(refused.header("ratelimit").contains("\"day\";r=0;t="));
    world.get(&world.partner(Uuid::now_v7())).await.ok(200);

    clock.step(SignedDuration::from_secs(wait));
    let mut later = claims(ada, &["partner"]);
    later["exp"] = json!(clock.now().as_second() + 900);
    world.get(&world.issuer.sign(&later)).await.ok(200);
}

async fn staff_read_what_members_have_used(way: Way) {
    let world = World::open(way, |config| config.plans = plan(|_| ())).await;
    let [ada, bob] = [(); 2].map(|()| Uuid::now_v7());
    for who in [ada, bob, ada] {
        world.get(&world.partner(who)).await.ok(200);
    }
    world.edge.get("/v1/plants").await.ok(200);
    let today = Timestamp::now().strftime("%F").to_string();

    let expected = json!({
        "items": [{ "user": ada, "requests": 2 }, { "user": bob, "requests": 1 }],
        "next_cursor": null,
    });
    assert_eq!(world.usage("").await.ok(200), expected);
    assert_eq!(
        world.usage(&format!("?day={today}")).await.ok(200),
        expected
    );
    let before = world.usage("?day=2020-02-29").await.ok(200);
    assert_eq!(before["items"], json!([]));
    for day in ["yesterday", "2021-02-29", "-1", "99999-01-01"] {
        let answer = world.usage(&format!("?day={day}")).await;
        answer.refused(400, "bad-parameter");
    }
    let customer = world.issuer.customer(Uuid::now_v7());
    let get = bearer(request(Method::GET, "/v1/admin/usage"), &customer);
    world.edge.send(get).await.refused(403, "staff-only");
}

async fn who_has_no_plan_is_limited_as_before_and_told_when_refused(way: Way) {
    let world = World::open(way, |config| config.plans = plan(|_| ())).await;
    let customer = world.issuer.customer(Uuid::now_v7());

    let first = world.get(&customer).await;
    let mut refused = world.edge.get("/v1/plants").await;
    while refused.status == 200 {
        refused = world.edge.get("/v1/plants").await;
    }

    first.ok(200);
    assert_eq!(first.header("ratelimit"), "");
    refused.refused(429, "too-many-requests");
    assert_eq!(refused.header("ratelimit-policy"), "\"all\";q=2;w=2");
    assert_eq!(refused.header("ratelimit"), "\"all\";r=0;t=1");
}

async fn replica(redis: &RedisUrl, without_redis: WithoutRedis) -> World {
    World::open(Way::InProcess, |config| {
        config.redis = Some(redis.clone());
        config.plans = plan(|plan| {
            plan.per_day = Some(4);
            plan.without_redis = without_redis;
        });
    })
    .await
}

#[tokio::test]
async fn replicas_count_a_day_together_and_without_redis_as_the_plan_says() {
    let mut server = Server::start();
    let url = server.url();
    let [one, two] = [
        replica(&url, WithoutRedis::Process).await,
        replica(&url, WithoutRedis::Process).await,
    ];
    let strict = replica(&url, WithoutRedis::Refuse).await;
    let ada = Uuid::now_v7();
    let all = [&one, &two, &strict];

    for (n, world) in [&one, &two, &strict, &one].into_iter().enumerate() {
        let answer = world.get(&world.partner(ada)).await;
        answer.ok(200);
        let left = format!("\"day\";r={}", 3 - n);
        assert!(answer.header("ratelimit").contains(&left), "{left}");
    }
    for world in all {
        let refused = world.get(&world.partner(ada)).await;
        refused.refused(429, "quota-exceeded");
        let usage = world.usage("").await.ok(200);
        assert_eq!(usage["items"], json!([{ "user": ada, "requests": 4 }]));
    }

    server.stop();
    strict
        .get(&strict.partner(ada))
        .await
        .refused(503, "unavailable");
    one.usage("").await.refused(503, "unavailable");
    // Strangers are not kept out.
    strict.edge.get("/v1/plants").await.ok(200);
    for _ in 0..4 {
        one.get(&one.partner(ada)).await.ok(200);
    }
    one.get(&one.partner(ada))
        .await
        .refused(429, "quota-exceeded");

    server.restart();
    let asked = Instant::now();
    while strict.get(&strict.partner(ada)).await.status != 200 {
        assert!(
            asked.elapsed() < Duration::from_secs(20),
            "for ever refused"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
