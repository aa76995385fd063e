//! A service as a function: what each kind of event becomes, and whose word counts.

mod batch;
mod caller;
mod passes;
mod request;
mod shard;

use std::{convert::Infallible, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::Request,
    middleware,
    routing::any,
};
use http_body_util::BodyExt;
use kit::{
    deadline::Deadline,
    identity::{Caller, Minter, Trust, only_from, require_trust},
    lambda::{Function, FunctionConfig, Invocation, NEIGHBOURS},
    program::Service,
    telemetry,
};
use serde_json::{Value, json};

const KEY: &str = "an-invoke-key-of-a-unit-test-32b";
const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A";
const ORIGIN: &str = "https://terrace.example";

fn settings() -> FunctionConfig {
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    FunctionConfig {
        origin: ORIGIN.into(),
        issuer: ISSUER.into(),
        clients: vec!["web".into(), "app".into()],
        staff_roles: vec![role("Staff"), role("Boss")],
        manager_roles: vec![role("Boss")],
        ..FunctionConfig::default()
    }
}

/// Tells what it was asked, and by whom.
async fn tell(caller: Caller, request: Request) -> Json<Value> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map_or_else(|_| Bytes::new(), |it| it.to_bytes());
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let left = Deadline::current().unwrap().left();
    Json(json!({
        "caller": caller,
        "method": head.method.as_str(),
        "target": head.uri.to_string(),
        "headers": headers.collect::<Vec<_>>(),
        "body": &body[..],
        "left_ms": left.as_millis() as u64,
    }))
}

fn app() -> Router {
    let only =
        |issuers: &'static [&'static str]| middleware::from_fn_with_state(issuers, only_from);
    let public = Router::new()
        .route("/v1/orders/{id}", any(tell))
        .route(
            "/v1/slow",
            any(async || tokio::time::sleep(Duration::from_secs(60)).await),
        )
        .route(
            "/v1/endless",
            any(
                async || Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>()),
            ),
        )
        .route(
            "/v1/picture",
            any(async || ([("content-type", "image/png")], &b"\x89PNG"[..])),
        )
        .layer(only(&["edge"]));
    let internal = Router::new()
        .route("/internal/orders/{id}", any(tell))
        .layer(only(&["users"]));
    let trust = Trust::new("orders", &[KEY.into()]).unwrap();
    public
        .merge(internal)
        .layer(middleware::from_fn_with_state(trust, require_trust))
        .layer(middleware::from_fn_with_state("orders", telemetry::record))
}

fn service() -> Service<Router, ()> {
    Service::new(app())
}

fn function() -> Function<Router> {
    Function::new("orders", service(), settings())
}

/// Ten seconds are left; by the name of the function, or by an alias of it.
fn invocation(alias: &str) -> Invocation {
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders";
    Invocation {
        deadline: Deadline::within(Duration::from_secs(10)),
        arn: format!("{arn}{alias}"),
        id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd".into(),
    }
}

/// An event of API Gateway, as "Input format of a Lambda function for proxy integration" has it
/// (docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
fn event(method: &str, path: &str) -> Value {
    json!({
        "resource": "/v1/orders/{id}",
        "path": path,
        "httpMethod": method,
        "headers": { "Host": "shop.example", "Accept": "application/json" },
        "multiValueHeaders": { "Host": ["shop.example"], "Accept": ["application/json"] },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": { "id": "7" },
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "domainName": "shop.example",
            "httpMethod": method,
            "identity": {
                "accessKey": null,
                "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null,
                "cognitoIdentityId": null,
                "sourceIp": "203.0.113.9",
                "userAgent": "curl",
                "userArn": null
            },
            "path": format!("/live{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "b6ff7f8e-0f3d-4c5b-9f0a-0c4f6d3f3a11",
            "resourcePath": "/v1/orders/{id}",
            "stage": "live"
        },
        "body": null,
        "isBase64Encoded": false
    })
}

/// The claims of an access token, as API Gateway hands them on: all of them text.
fn claims(groups: Value) -> Value {
    json!({
        "sub": "7f2c0f34-5d0a-4c2b-8a39-0d7f3b7a5c11",
        "cognito:groups": groups,
        "iss": ISSUER,
        "client_id": "web",
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": "1700000000",
        "exp": "Sun Nov 29 12:00:00 UTC 2026",
        "username": "rose"
    })
}

/// The same request with something else at a place.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value;
    event
}

/// What a function answers: the status, the answer itself, and its body as JSON.
async fn ask(function: &Function<Router>, event: Value, alias: &str) -> (u64, Value, Value) {
    let answer = function.handle(event, &invocation(alias)).await.unwrap();
    let body = answer["body"].as_str().unwrap();
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    (answer["statusCode"].as_u64().unwrap(), answer, body)
}

fn token(issuer: &str) -> String {
    token_of(Caller {
        issuer: issuer.into(),
        ..Caller::default()
    })
}

fn token_of(caller: Caller) -> String {
    let minter = Minter::new("orders", &KEY.into()).unwrap();
    minter.mint(caller).to_str().unwrap().to_owned()
}

fn alias() -> String {
    format!(":{NEIGHBOURS}")
}
