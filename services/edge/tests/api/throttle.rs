//! Who is told to slow down, and who is not.

use axum::http::Method;
use edge::Switch;
use uuid::Uuid;

use crate::world::{Way, World, bearer, from, request};

both_ways![
    after_its_burst_a_client_waits,
    clients_are_counted_apart,
    an_ipv6_network_is_one_client,
    a_user_is_one_client_wherever_they_are,
    at_a_public_operation_an_address_is_one_client_whatever_token_comes_along,
    a_strict_operation_leaves_the_others_alone,
    off_switches_it_off,
    what_is_refused_before_an_operation_is_known_is_counted_as_well,
    one_address_is_one_client_in_either_notation,
];

async fn after_its_burst_a_client_waits(way: Way) {
    let world = World::with(way, |config| {
        config.client_rate_per_s = 1;
        config.client_burst = 5;
    })
    .await;

    // At one a second, twenty at once are more than five and what the time between them allows.
    let mut passed = 0;
    let refused = loop {
        let answer = world.edge.get("/v1/plants").await;
        if answer.status == 429 {
            break answer;
        }
        passed += 1;
        assert!(passed < 20);
    };

    assert!(passed >= 5, "only {passed}");
    refused.refused(429, "too-many-requests");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait} s");
    assert_eq!(world.calls.count(), passed);
}

async fn clients_are_counted_apart(way: Way) {
    let world = World::open(way).await;
    let sign_in = |address| from(request(Method::POST, "/v1/sessions"), address);

    for _ in 0..2 {
        world.edge.send(sign_in("203.0.113.1")).await.ok(200);
    }
    let third = world.edge.send(sign_in("203.0.113.1")).await;
    let another = world.edge.send(sign_in("203.0.113.2")).await;

    third.refused(429, "too-many-requests");
    let wait: u64 = third.header("retry-after").parse().unwrap();
    assert!((900..=1001).contains(&wait), "{wait} s at 0.001 a second");
    another.ok(200);
    assert_eq!(world.calls.count(), 3);
}

async fn an_ipv6_network_is_one_client(way: Way) {
    let world = World::open(way).await;
    let sign_in = |address| from(request(Method::POST, "/v1/sessions"), address);

    world.edge.send(sign_in("2001:db8:0:1::1")).await.ok(200);
    world.edge.send(sign_in("2001:db8:0:1::2")).await.ok(200);
    let same_network = world.edge.send(sign_in("2001:db8:0:1:ffff::3")).await;
    let another = world.edge.send(sign_in("2001:db8:0:2::1")).await;

    same_network.refused(429, "too-many-requests");
    another.ok(200);
}

async fn a_user_is_one_client_wherever_they_are(way: Way) {
    let world = World::open(way).await;
    let token = world.issuer.customer(Uuid::now_v7());
    let order = |address| from(request(Method::POST, "/v1/orders"), address);

    for address in ["203.0.113.1", "203.0.113.2"] {
        world
            .edge
            .send(bearer(order(address), &token))
            .await
            .ok(200);
    }
    let third = bearer(order("203.0.113.3"), &token);
    let third = world.edge.send(third).await;
    let somebody_else = world.as_customer(order("203.0.113.1"));

    third.refused(429, "too-many-requests");
    world.edge.send(somebody_else).await.ok(200);
}

async fn at_a_public_operation_an_address_is_one_client_whatever_token_comes_along(way: Way) {
    let world = World::open(way).await;
    let sign_in = |address| from(request(Method::POST, "/v1/sessions"), address);

    for _ in 0..2 {
        let request = world.as_customer(sign_in("203.0.113.1"));
        world.edge.send(request).await.ok(200);
    }
    let third = world.as_customer(sign_in("203.0.113.1"));
    let elsewhere = world.as_customer(sign_in("203.0.113.2"));

    let third = world.edge.send(third).await;
    third.refused(429, "too-many-requests");
    world.edge.send(elsewhere).await.ok(200);
}

async fn a_strict_operation_leaves_the_others_alone(way: Way) {
    let world = World::open(way).await;
    for _ in 0..2 {
        world
            .edge
            .send(request(Method::POST, "/v1/sessions"))
            .await
            .ok(200);
    }

    let strict = world.edge.send(request(Method::POST, "/v1/sessions")).await;

    strict.refused(429, "too-many-requests");
    world.edge.get("/v1/plants").await.ok(200);
}

async fn off_switches_it_off(way: Way) {
    let world = World::with(way, |config| {
        config.throttle = Switch::Off;
        config.client_rate_per_s = 1;
        config.client_burst = 1;
    })
    .await;

    for _ in 0..10 {
        world
            .edge
            .send(request(Method::POST, "/v1/sessions"))
            .await
            .ok(200);
    }
}

async fn what_is_refused_before_an_operation_is_known_is_counted_as_well(way: Way) {
    // Nothing of note.
    let plain = ("accept", "application/json");
    let cases = [
        (
            Method::GET,
            "/v1/plants",
            ("authorization", "Bearer a.b.c"),
            401,
        ),
        (Method::GET, "/nowhere", plain, 404),
        (Method::PATCH, "/v1/plants", plain, 405),
        (Method::POST, "/v1/notes", ("content-length", "17"), 413),
    ];
    for (method, path, (name, value), status) in cases {
        let world = World::with(way, |config| {
            config.client_rate_per_s = 1;
            config.client_burst = 2;
        })
        .await;
        let ask = || {
            world
                .edge
                .send(request(method.clone(), path).header(name, value))
        };

        assert_eq!(ask().await.status, status);

        // At one a second, ten at once are more than the burst and what the time between allows.
        let mut others = 0;
        while ask().await.status == status {
            others += 1;
            assert!(others < 10, "{status} without end");
        }
        ask().await.refused(429, "too-many-requests");
        let elsewhere = from(request(Method::GET, "/v1/plants"), "203.0.113.1");
        world.edge.send(elsewhere).await.ok(200);
    }
}

async fn one_address_is_one_client_in_either_notation(way: Way) {
    let world = World::open(way).await;
    let sign_in = |address| from(request(Method::POST, "/v1/sessions"), address);

    world.edge.send(sign_in("::ffff:203.0.113.1")).await.ok(200);
    world.edge.send(sign_in("203.0.113.1")).await.ok(200);
    let same = world.edge.send(sign_in("::ffff:203.0.113.1")).await;
    let another = world.edge.send(sign_in("::ffff:203.0.113.2")).await;

    same.refused(429, "too-many-requests");
    another.ok(200);
    assert_eq!(
        world.calls.take()[0].headers["x-forwarded-for"],
        "203.0.113.1"
    );
}
