//! `POST /aws`: an access token for credentials, as STS and Cognito do it.

use axum::{
    body::Body,
    http::{Method, header, request::Builder},
};
use serde_json::{Value, json};
use testkit::service::{Answer, Client, Service};
use uuid::Uuid;

use crate::{
    signing::{Credentials, Place},
    world::{Way, World, request},
};

both_ways![
    sts_exchanges_a_token_for_credentials,
    sts_refuses_by_its_own_names,
    cognito_exchanges_a_token_for_credentials,
    cognito_refuses_by_its_own_names,
];

/// Not through [`crate::world::Edge::send`]: refusals here are no problem documents.
async fn post(world: &World, request: Builder, body: impl Into<Body>) -> Answer {
    let client: Client = Service::new("edge", world.edge.app.clone()).untrusted();
    client.send(request, body).await
}

async fn sts(world: &World, form: &[(&str, &str)]) -> Answer {
    let pairs: Vec<_> = form
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let request = request(Method::POST, "/aws/").header(header::CONTENT_TYPE, form);
    post(world, request, pairs.join("&")).await
}

async fn cognito(world: &World, operation: &str, body: Value) -> Answer {
    let request = request(Method::POST, "/aws")
        .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
        .header(
            "x-amz-target",
            format!("AWSCognitoIdentityService.{operation}"),
        );
    post(world, request, body.to_string()).await
}

/// The text of an element that stands there once.
fn element(document: &str, name: &str) -> String {
    let (_, rest) = document.split_once(&format!("<{name}>")).unwrap();
    rest.split_once(&format!("</{name}>")).unwrap().0.to_owned()
}

async fn sts_exchanges_a_token_for_credentials(way: Way) {
    let world = World::open(way).await;
    let id = Uuid::now_v7();
    let token = world.issuer.customer(id);
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", "arn:aws:iam::000000000000:role/shopper"),
        ("RoleSessionName", "test"),
        ("DurationSeconds", "900"),
        ("WebIdentityToken", &token),
    ];

    let answer = sts(&world, &form).await;

    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "text/xml");
    let document = answer.text();
    assert_eq!(
        element(&document, "SubjectFromWebIdentityToken"),
        id.to_string()
    );
    assert_eq!(
        element(&document, "RequestId"),
        answer.header("x-request-id")
    );
    let user = Credentials {
        access_key_id: element(&document, "AccessKeyId"),
        secret_access_key: element(&document, "SecretAccessKey"),
        session_token: Some(element(&document, "SessionToken")),
    };
    world
        .edge
        .send(user.sign(request(Method::GET, "/v1/me"), b"", Place::Header))
        .await
        .ok(200);
}

async fn sts_refuses_by_its_own_names(way: Way) {
    let world = World::open(way).await;
    let token = world.issuer.customer(Uuid::now_v7());
    let action = ("Action", "AssumeRoleWithWebIdentity");
    let token = ("WebIdentityToken", &*token);

    for (form, code) in [
        (vec![], "MalformedInput"),
        (vec![("Action", "GetCallerIdentity")], "InvalidAction"),
        (vec![action], "MissingParameter"),
        (
            vec![action, ("WebIdentityToken", "a.b.c")],
            "InvalidIdentityToken",
        ),
        (
            vec![action, token, ("DurationSeconds", "60")],
            "ValidationError",
        ),
        (vec![action, token, ("Policy", "")], "ValidationError"),
    ] {
        let answer = sts(&world, &form).await;

        assert_eq!(answer.status, 400, "{code}");
        assert_eq!(element(&answer.text(), "Code"), code);
        assert_eq!(answer.header("x-amzn-errortype"), code);
    }
    world.keys.fail();
    let other = World::open(way).await;
    other.keys.fail();
    let answer = sts(&other, &[action, token]).await;
    assert_eq!(element(&answer.text(), "Code"), "IDPCommunicationError");
}

async fn cognito_exchanges_a_token_for_credentials(way: Way) {
    let world = World::open(way).await;
    let id = Uuid::now_v7();
    let logins = json!({ "localhost:8080": world.issuer.customer(id) });

    let pool = "local:00000000-0000-0000-0000-000000000000";
    let known = cognito(
        &world,
        "GetId",
        json!({ "IdentityPoolId": pool, "Logins": logins }),
    )
    .await;
    let known: Value = known.read(200);
    assert_eq!(known["IdentityId"], format!("local:{id}"));
    let asked = json!({ "IdentityId": known["IdentityId"], "Logins": logins });
    let answer: Value = cognito(&world, "GetCredentialsForIdentity", asked)
        .await
        .read(200);

    let text = |name: &str| answer["Credentials"][name].as_str().unwrap().to_owned();
    let user = Credentials {
        access_key_id: text("AccessKeyId"),
        secret_access_key: text("SecretKey"),
        session_token: Some(text("SessionToken")),
    };
    assert!(answer["Credentials"]["Expiration"].is_i64());
    world
        .edge
        .send(user.sign(request(Method::GET, "/v1/me"), b"", Place::Header))
        .await
        .ok(200);
}

async fn cognito_refuses_by_its_own_names(way: Way) {
    let world = World::open(way).await;
    let logins = json!({ "shop": world.issuer.customer(Uuid::now_v7()) });
    let get = "GetCredentialsForIdentity";

    for (operation, body, name) in [
        ("GetOpenIdToken", json!({}), "UnknownOperationException"),
        ("GetId", json!([]), "SerializationException"),
        ("GetId", json!({}), "NotAuthorizedException"),
        (
            "GetId",
            json!({ "Logins": { "shop": "a.b.c" } }),
            "NotAuthorizedException",
        ),
        (get, json!({ "Logins": logins }), "NotAuthorizedException"),
        (
            get,
            json!({ "IdentityId": "local:else", "Logins": logins }),
            "NotAuthorizedException",
        ),
    ] {
        let answer = cognito(&world, operation, body).await;

        assert_eq!(answer.status, 400, "{operation}");
        assert_eq!(answer.header("x-amzn-errortype"), name);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["__type"], name);
    }
}
