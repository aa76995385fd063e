//! Preflight requests (WHATWG Fetch, CORS), which API Gateway answers by itself, as the edge does. What the functions
//! answer is theirs: API Gateway adds no headers to it.

use serde_json::{Map, Value, json};

use super::gateway::origin;

/// What a page may send. A test compares it with what the edge answers.
const HEADERS: [&str; 13] = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "traceparent",
    "tracestate",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-request-id",
];

/// The answer to `OPTIONS`, for the methods and the path's parameters of these operations.
pub(super) fn preflight(path: &str, item: &Value) -> Value {
    let methods = item.as_object().into_iter().flatten();
    let methods: Vec<String> = methods.map(|(method, _)| method.to_uppercase()).collect();
    let headers = [
        ("Access-Control-Allow-Credentials", json!("'true'")),
        ("Access-Control-Allow-Headers", quoted(&HEADERS.join(","))),
        ("Access-Control-Allow-Methods", quoted(&methods.join(","))),
        ("Access-Control-Allow-Origin", origin()),
        ("Access-Control-Max-Age", quoted("600")),
    ];
    let described = headers.iter().map(|(name, _)| {
        let header = json!({ "schema": { "type": "string" } });
        ((*name).to_owned(), header)
    });
    let described: Map<String, Value> = described.collect();
    let mapped = headers
        .into_iter()
        .map(|(name, value)| (format!("method.response.header.{name}"), value));
    let mapped: Map<String, Value> = mapped.collect();
    let parameters = path
        .split('/')
        .filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    json!({
        "summary": "What a page may ask for",
        "parameters": parameters.map(parameter).collect::<Vec<_>>(),
        "responses": { "204": { "description": "Allowed", "headers": described } },
        "security": [],
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": { "application/json": "{\"statusCode\":204}" },
            "responses": { "default": { "statusCode": "204", "responseParameters": mapped } },
        },
    })
}

/// A value that is no expression.
fn quoted(text: &str) -> Value {
    json!(format!("'{text}'"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::{
        Router,
        body::Body,
        http::{HeaderMap, Request},
    };
    use edge::{Config, Gateway, UpstreamConfig};
    use testkit::service::Service;

    use super::*;
    use crate::run::root;

    /// What the edge answers a page that asks.
    async fn asked() -> HeaderMap {
        let upstream = |name: String| {
            let upstream = UpstreamConfig {
                url: "http://127.0.0.1:9".to_owned(),
                invoke_key: "an-invoke-key-of-a-test-and-no-other".into(),
                documents: Vec::new(),
            };
            (name, upstream)
        };
        let config = Config {
            documents: root().join("openapi").display().to_string(),
            policies: root().join("policies"),
            upstreams: testkit::documented().into_iter().map(upstream).collect(),
            ..Config::default()
        };
        let services = config.services().expect("services");
        let gateway = Gateway::new(config, services).expect("a gateway");
        let client =
            Service::new("edge", Router::new().fallback_service(gateway.app())).untrusted();
        let ask = Request::options("/v1/cart")
            .header("host", "localhost:8080")
            .header("origin", "http://localhost:3000")
            .header("access-control-request-method", "GET");
        client.send(ask, Body::empty()).await.headers
    }

    #[tokio::test]
    async fn a_page_may_send_and_keep_what_it_may_at_the_edge() {
        let edge = asked().await;
        let edge = |name: &str| edge[name].to_str().expect("a text").to_owned();
        let item = json!({ "get": {} });
        let preflight = preflight("/v1/cart", &item);
        let mapped = &preflight["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"];
        let own = |name: &str| {
            let value = mapped[format!("method.response.header.{name}")].as_str();
            value.expect("a text").trim_matches('\'').to_owned()
        };

        let names = |list: String| list.split(',').map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(
            names(own("Access-Control-Allow-Headers")),
            names(edge("access-control-allow-headers"))
        );
        assert_eq!(
            own("Access-Control-Max-Age"),
            edge("access-control-max-age")
        );
        assert_eq!(
            own("Access-Control-Allow-Credentials"),
            edge("access-control-allow-credentials")
        );
    }
}
