//! The operations page: who may look, and what it tells.

use std::net::IpAddr;

use axum::body::Body;
use http::{Method, header, request::Builder};
use kit::serve::Peer;
use serde_json::Value;
use testkit::service::{self, Answer, Client, Service};
use tower::ServiceExt;
use uuid::Uuid;

use crate::world::{Way, World, bearer, request};

/// What this request to the admin port is answered.
async fn ask(world: &World, from: [u8; 4], request: Builder) -> Answer {
    let client: Client = Service::new("edge", edge::admin(&world.edge.gateway)).untrusted();
    let request = request.extension(Peer::from(IpAddr::from(from)));
    client.send(request, Body::empty()).await
}

fn state() -> Builder {
    service::request(Method::GET, "/admin/state").header(header::HOST, "localhost:9080")
}

const HERE: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [203, 0, 113, 7];

async fn told(world: &World) -> Value {
    ask(world, HERE, state()).await.ok(200)
}

#[tokio::test]
async fn it_is_for_this_machine_and_for_staff() {
    let world = World::open(Way::InProcess).await;
    let signed_in = |token: String| bearer(state(), &token);
    let customer = world.issuer.customer(Uuid::now_v7());
    let staff = world.issuer.staff(Uuid::now_v7());

    let status = async |from, request| {
        let answer = ask(&world, from, request).await;
        let problem = answer.text();
        let slug = problem.split("/problems/").nth(1).unwrap_or("\"");
        (
            answer.status.as_u16(),
            slug.split('"').next().unwrap().to_owned(),
        )
    };
    let answer = |status: u16, slug: &str| (status, slug.to_owned());

    assert_eq!(status(HERE, state()).await, answer(200, ""));
    assert_eq!(
        status(ELSEWHERE, state()).await,
        answer(401, "sign-in-required")
    );
    let customer = status(ELSEWHERE, signed_in(customer)).await;
    assert_eq!(customer, answer(403, "staff-only"));
    let forged = status(ELSEWHERE, signed_in("forged".to_owned())).await;
    assert_eq!(forged, answer(401, "invalid-token"));
    assert_eq!(status(ELSEWHERE, signed_in(staff)).await, answer(200, ""));

    // Of a page whose name was made to mean this machine.
    let foreign = request(Method::GET, "/admin/state");
    assert_eq!(status(HERE, foreign).await, answer(401, "sign-in-required"));
    let page = ask(&world, ELSEWHERE, request(Method::GET, "/admin")).await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
}

#[tokio::test]
async fn it_tells_every_operation_with_its_settings_and_no_secret() {
    let world = World::with(Way::InProcess, |config| {
        config.plans = crate::plans::plan(|plan| plan.per_day = Some(7));
    })
    .await;

    let told = told(&world).await;

    let operations = told["operations"].as_array().unwrap();
    let of = |id: &str| operations.iter().find(|it| it["id"] == id).unwrap();
    assert_eq!(of("sign_in")["throttle"]["burst"], 2);
    assert_eq!(of("add_plant")["access"], "staff");
    assert_eq!(of("set_picture")["body_limit"], 1_000_000);
    assert_eq!(
        of("read_profile")["arn"],
        "arn:terrace:execute-api:local:shop:v1/GET/me"
    );
    assert!(of("get_document")["service"] == "edge");
    assert_eq!(told["plans"]["partners"]["per_day"], 7);
    let text = told.to_string();
    assert!(
        !text.contains("the-session-key") && !text.contains("the-invoke-key"),
        "{text}"
    );
}

#[tokio::test]
async fn it_tells_which_layer_refused_a_request_and_why() {
    let world = World::open(Way::InProcess).await;
    let post = |path: &str| request(Method::POST, path);
    world.edge.get("/v1/plants").await.ok(200);
    world
        .edge
        .get("/v1/nowhere")
        .await
        .refused(404, "not-found");
    world
        .edge
        .get("/v1/me")
        .await
        .refused(401, "sign-in-required");
    let plant = world.as_customer(post("/v1/plants"));
    world.edge.send(plant).await.refused(403, "staff-only");
    for _ in 0..3 {
        world.edge.send(post("/v1/sessions")).await;
    }
    let note = "more than sixteen bytes";
    world.edge.send_with(post("/v1/notes"), note).await;
    let bad = request(Method::GET, "/v1/plants").header(header::HOST, "another.test");
    world.edge.send(bad).await;

    let told = told(&world).await;

    let told = told["decisions"].as_array().unwrap().iter().rev();
    let told: Vec<_> = told
        .map(|it| {
            let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
            (
                text("path"),
                it["status"].as_u64().unwrap(),
                text("decided_by"),
            )
        })
        .collect();
    let decided = |path: &str, status, by: &str| (path.to_owned(), status, by.to_owned());
    let expected = [
        decided("/v1/plants", 200, "service"),
        decided("", 404, "edge"),
        decided("/v1/me", 401, "permit"),
        decided("/v1/plants", 403, "permit"),
        decided("/v1/sessions", 200, "service"),
        decided("/v1/sessions", 200, "service"),
        decided("/v1/sessions", 429, "throttle"),
        decided("/v1/notes", 413, "body_limit"),
        decided("", 400, "sanitise"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_refusal_by_policy_names_the_statement_and_the_caller_does_not_hear_of_it() {
    let world = World::open(Way::InProcess).await;
    let plant = world.as_customer(request(Method::POST, "/v1/plants"));
    let refused = world.edge.send(plant).await;

    let told = told(&world).await;

    let why = told["decisions"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("403 staff-only"), "{why}");
    assert!(why.contains("no statement"), "{why}");
    assert!(!refused.text().contains("statement"));
}

#[tokio::test]
async fn it_remembers_two_hundred_requests_and_no_more() {
    let world = World::open(Way::InProcess).await;
    for _ in 0..250 {
        let plants = request(Method::GET, "/v1/plants")
            .body(Body::empty())
            .unwrap();
        world.edge.app.clone().oneshot(plants).await.unwrap();
    }

    let told = told(&world).await;

    assert_eq!(told["decisions"].as_array().unwrap().len(), 200);
}
