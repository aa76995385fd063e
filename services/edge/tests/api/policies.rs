//! The policies: which are refused, what a request has that they ask for, and that those of the shop say
//! what its documents say.

use std::{fs, path::Path};

use axum::{Router, http::Method};
use client::Upstream;
use edge::{Config, Gateway, Question, Service};
use kit::identity::Minter;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{Way, World, from, invoke_key, request};

const ARN: &str = "arn:terrace:execute-api:local:shop:v1";

/// A folder of policies: one, which everybody has, of these statements.
fn folder(statements: &Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let roles = json!({ "everybody": { "callers": ["anyone"], "policies": ["own"] } });
    let own = json!({ "Version": "2012-10-17", "Statement": statements });
    fs::write(folder.path().join("roles.json"), roles.to_string()).unwrap();
    fs::write(folder.path().join("own.json"), own.to_string()).unwrap();
    folder
}

fn allow(resource: &str, condition: Value) -> Value {
    json!({
        "Sid": "Own", "Effect": "Allow", "Action": "execute-api:Invoke",
        "Resource": format!("{ARN}/{resource}"), "Condition": condition,
    })
}

async fn world(statements: Value) -> World {
    let folder = folder(&statements);
    World::with(Way::InProcess, |config| {
        config.policies = folder.path().to_owned()
    })
    .await
}

/// Why the edge does not start with these.
fn refusal(folder: &Path) -> String {
    let config = Config {
        policies: folder.to_owned(),
        ..Config::default()
    };
    let gateway = Gateway::new(config, Vec::new());
    gateway.err().expect("refused").to_string()
}

#[test]
fn a_bad_policy_is_refused_with_its_file_statement_and_key() {
    let with = |condition: Value| refusal(folder(&allow("GET/me", condition)).path());

    let sentence = with(json!({ "StringEqual": { "aws:userid": "ada" } }));
    let place = "policies: own.json: statement 1 (Sid `Own`): Condition.StringEqual.aws:userid: ";
    assert!(sentence.starts_with(place), "{sentence}");

    let sentence = with(json!({ "StringNotEquals": { "aws:user": "ada" } }));
    let place = "policies: own.json: statement 1 (Sid `Own`): Condition.StringNotEquals.aws:user: ";
    assert!(sentence.starts_with(place), "{sentence}");
}

#[test]
fn a_folder_without_roles_or_none_at_all_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    assert!(refusal(empty.path()).starts_with("policies: roles.json: "));

    let gone = refusal(Path::new("/no/such/folder"));
    assert!(gone.starts_with("policies: /no/such/folder: "), "{gone}");
}

#[tokio::test]
async fn what_no_policy_allows_is_forbidden_and_a_user_is_asked_for_first() {
    let world = world(allow("GET/plants", json!({}))).await;

    world.edge.get("/v1/plants").await.ok(200);
    world
        .edge
        .get("/v1/plants/1")
        .await
        .refused(403, "forbidden");
    world
        .edge
        .get("/v1/me")
        .await
        .refused(401, "sign-in-required");
    let me = world.as_customer(request(Method::GET, "/v1/me"));
    world.edge.send(me).await.refused(403, "forbidden");
    let staffs = world.as_customer(request(Method::POST, "/v1/plants"));
    world.edge.send(staffs).await.refused(403, "staff-only");
    assert_eq!(world.calls.count(), 1);
}

#[tokio::test]
async fn what_is_denied_is_forbidden_to_those_who_may_otherwise() {
    let denial = json!({
        "Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": { "ForAnyValue:StringEquals": { "aws:PrincipalTag/groups": "staff" } },
    });
    let world = world(json!([allow("GET/me", json!({})), denial])).await;

    let customer = world.as_customer(request(Method::GET, "/v1/me"));
    world.edge.send(customer).await.ok(200);
    let staff = world.as_staff(request(Method::GET, "/v1/me"));
    world.edge.send(staff).await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_policy_may_ask_for_all_that_a_request_has() {
    let world = world(allow(
        "GET/me",
        json!({
            "IpAddress": { "aws:SourceIp": "203.0.113.0/24" },
            "Bool": { "aws:SecureTransport": false },
            "DateGreaterThan": { "aws:CurrentTime": "2026-01-01T00:00:00Z" },
            "NumericGreaterThan": { "aws:EpochTime": 1_767_000_000 },
            "StringEquals": { "aws:userid": "${aws:username}" },
            "ForAllValues:StringLike": { "aws:PrincipalTag/groups": "c*" },
        }),
    ))
    .await;
    let me = || from(request(Method::GET, "/v1/me"), "203.0.113.7");

    world.edge.send(world.as_customer(me())).await.ok(200);
    world
        .edge
        .send(world.as_staff(me()))
        .await
        .refused(403, "forbidden");
    let elsewhere = from(request(Method::GET, "/v1/me"), "203.0.114.7");
    let elsewhere = world.as_customer(elsewhere);
    world.edge.send(elsewhere).await.refused(403, "forbidden");
}

#[tokio::test]
async fn what_everybody_may_on_a_condition_asks_for_no_user() {
    let world = world(allow(
        "GET/plants",
        json!({ "Null": { "aws:userid": true } }),
    ))
    .await;

    world.edge.get("/v1/plants").await.ok(200);
    let plants = world.as_customer(request(Method::GET, "/v1/plants"));
    world.edge.send(plants).await.refused(403, "forbidden");
}

/// The edge as it is shipped: the shop's documents and policies.
fn shop() -> std::sync::Arc<Gateway> {
    let services = testkit::documented().into_iter().map(|name| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi");
        let document = fs::read(root.join(format!("{name}.json"))).unwrap();
        Service {
            document: serde_json::from_slice(&document).unwrap(),
            upstream: Upstream::InProcess(Router::new()),
            minter: Minter::new(&name, &invoke_key(&name)).ok(),
            name,
        }
    });
    Gateway::new(Config::default(), services.collect()).unwrap()
}

#[test]
fn the_shops_policies_name_what_they_allow_and_say_what_its_documents_say() {
    assert_eq!(shop().lint(), Vec::<String>::new());
}

#[test]
fn policies_that_say_otherwise_than_the_documents_are_told_of() {
    let folder = folder(&allow("GET/products/{id}/image", json!({})));
    let config = Config {
        policies: folder.path().to_owned(),
        ..Config::default()
    };
    let user = json!({ "operationId": "read_me", "security": [{ "bearer": [] }] });
    let anyone = json!({ "operationId": "read_image" });
    let paths = json!({ "/v1/me": { "get": user }, "/v1/products/{id}/image": { "get": anyone, "put": anyone } });
    let users = crate::world::service("users", paths, Upstream::InProcess(Router::new()));

    let advice = Gateway::new(config, vec![users]).unwrap().lint();

    let told = |resource: &str, says: &str| {
        let sentence = format!("{ARN}/{resource}: {says}");
        assert!(advice.contains(&sentence), "{sentence} in {advice:#?}");
    };
    told(
        "GET/me",
        "may a user in no group call it? its document says yes, and no policy does",
    );
    told(
        "PUT/products/{id}/image",
        "may anyone call it? its document says yes, and no policy does",
    );
    assert!(
        advice
            .iter()
            .all(|it| !it.contains("GET/products/{id}/image")),
        "{advice:#?}"
    );
}

#[test]
fn a_call_is_explained_by_every_statement() {
    let explain = |caller: &str, path: &str| {
        let question = Question {
            caller: caller.to_owned(),
            method: Method::POST,
            path: path.to_owned(),
            context: Vec::new(),
        };
        shop().explain(&question)
    };

    let staff = explain("staff,customer", "/v1/products").unwrap();
    assert!(
        staff.contains("has the roles customer, everybody, staff"),
        "{staff}"
    );
    assert!(
        staff.contains("\nallowed: `Products` of staff allows it\n"),
        "{staff}"
    );
    let user = explain("user", "/v1/products").unwrap();
    assert!(user.contains("\n403: no statement allows it\n"), "{user}");
    assert!(
        user.contains("`Products` of staff allows it to the role staff alone"),
        "{user}"
    );
    assert!(
        user.contains("`Profile` of customer is for other operations"),
        "{user}"
    );
    let anyone = explain("anyone", "/v1/products").unwrap();
    assert!(
        anyone.contains("\n401: its document asks for a signed-in user\n"),
        "{anyone}"
    );
    assert!(explain("anyone", "/v1/nothing").is_none());
}
