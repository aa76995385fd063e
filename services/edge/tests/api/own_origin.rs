//! Which pages may bring the cookie of a session.

use axum::http::{Method, header};
use testkit::service::Answer;

use crate::world::{Way, World, request};

both_ways![
    a_page_of_ours_and_no_page_at_all_may_bring_the_cookie,
    another_page_may_not_and_nothing_reaches_the_service,
    what_reads_no_cookie_may_be_asked_by_any_page,
];

async fn refresh(world: &World, host: &str, origins: &[&str]) -> Answer {
    let refresh = testkit::service::request(Method::POST, "/v1/sessions/refresh");
    let refresh = refresh
        .header(header::HOST, host)
        .header(header::COOKIE, "terrace_refresh=t");
    let refresh = origins.iter().fold(refresh, |refresh, origin| {
        refresh.header(header::ORIGIN, *origin)
    });
    world.edge.send(refresh).await
}

async fn a_page_of_ours_and_no_page_at_all_may_bring_the_cookie(way: Way) {
    let world = World::open(way).await;

    for origins in [
        &[][..],
        &["http://localhost:3000"],
        &["http://127.0.0.1:3000"],
        &["http://api.shop.test"],
    ] {
        refresh(&world, "api.shop.test", origins).await.ok(200);
    }
    assert_eq!(world.calls.count(), 4);
}

async fn another_page_may_not_and_nothing_reaches_the_service(way: Way) {
    let world = World::open(way).await;

    for origins in [
        &["http://localhost:8000"][..],
        &["https://localhost:3000"],
        &["http://evil.shop.test"],
        &["https://api.shop.test"],
        &["http://api.shop.test:81"],
        &["null"],
        &[""],
        &["http://localhost:3000", "http://evil.example"],
    ] {
        let answer = refresh(&world, "api.shop.test", origins).await;
        answer.refused(403, "foreign-origin");
    }
    assert_eq!(world.calls.count(), 0);
}

async fn what_reads_no_cookie_may_be_asked_by_any_page(way: Way) {
    let world = World::open(way).await;

    let get =
        request(Method::GET, "/v1/plants").header(header::ORIGIN, "https://elsewhere.example");
    world.edge.send(get).await.ok(200);
}
