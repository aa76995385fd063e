//! The documents as configuration: which are refused, and how they become one.

use axum::Router;
use client::Upstream;
use edge::{Config, Gateway, document::merge};
use serde_json::{Value, json};

use crate::world::service;

/// Why the edge does not start with these documents.
fn refusal(documents: &[(&str, Value)]) -> String {
    let services = documents
        .iter()
        .map(|(name, paths)| service(name, paths.clone(), Upstream::InProcess(Router::new())));
    let gateway = Gateway::new(Config::default(), services.collect());
    gateway.err().expect("refused").to_string()
}

/// Why the edge does not start with these settings.
fn refusal_of(change: impl FnOnce(&mut Config)) -> String {
    let mut config = Config::default();
    change(&mut config);
    let user = json!({ "operationId": "list_plants", "security": [{ "bearer": [] }] });
    let paths = json!({ "/v1/plants": { "get": user } });
    let users = service("users", paths, Upstream::InProcess(Router::new()));
    let gateway = Gateway::new(config, vec![users]);
    gateway.err().expect("refused").to_string()
}

#[test]
fn an_origin_that_no_browser_sends_is_refused() {
    for origin in [
        "*",
        "",
        "null",
        "localhost:3000",
        "ftp://localhost",
        "http://localhost:3000/",
        "http://Localhost:3000",
        "http://*.shop.test",
        "http://shop.test\n",
    ] {
        let sentence = refusal_of(|config| config.origins = vec![origin.to_owned()]);

        assert!(sentence.starts_with("origins: "), "{sentence}");
        assert!(sentence.ends_with(&format!("`{origin}`")), "{sentence}");
    }
}

#[test]
fn an_issuer_service_that_is_not_there_is_refused_where_users_sign_in() {
    let sentence = refusal_of(|config| config.issuer_service = "user".to_owned());

    assert!(sentence.starts_with("issuer_service: "), "{sentence}");
    assert!(sentence.contains("`user`"), "{sentence}");
}

#[test]
fn a_rate_that_cannot_be_counted_is_refused() {
    for (rate, burst) in [(0, 1), (1_000_001, 1), (u32::MAX, 1), (1, 0)] {
        let sentence = refusal_of(|config| {
            config.client_rate_per_s = rate;
            config.client_burst = burst;
        });

        assert!(sentence.starts_with("client_rate_per_s"), "{sentence}");
        assert!(
            sentence.contains(&format!("not {rate} and {burst}")),
            "{sentence}"
        );
    }
}

fn get_with(edge: Value) -> Value {
    json!({ "/v1/plants": { "get": { "operationId": "list_plants", "x-edge": edge } } })
}

#[test]
fn an_internal_path_is_refused() {
    for path in ["/internal", "/internal/stock", "/internal/{id}"] {
        let paths = json!({ path: { "get": { "operationId": "inside" } } });

        let sentence = refusal(&[("garden", paths)]);

        let expected = format!(
            "garden: {path} is internal, or could match what is, and cannot stand in a public document"
        );
        assert_eq!(sentence, expected);
    }
}

#[test]
fn a_path_that_could_match_an_internal_one_is_refused() {
    for path in [
        "/{anything}",
        "/{anything}/stock",
        "/{*rest}",
        "/int{x}/stock",
    ] {
        let paths = json!({ path: { "get": { "operationId": "anything" } } });

        let sentence = refusal(&[("garden", paths)]);

        assert!(
            sentence.contains(path) && sentence.contains("internal"),
            "{sentence}"
        );
    }
}

#[test]
fn an_operation_described_twice_is_refused() {
    let sentence = refusal(&[
        ("garden", get_with(json!({}))),
        ("market", get_with(json!({}))),
    ]);

    assert_eq!(sentence, "GET /v1/plants is described twice");
}

#[test]
fn two_templates_that_match_the_same_paths_are_refused() {
    let paths = json!({
        "/v1/plants/{id}": { "get": { "operationId": "read_plant" } },
        "/v1/plants/{slug}": { "put": { "operationId": "change_plant" } },
    });

    let sentence = refusal(&[("garden", paths)]);

    assert!(sentence.contains("/v1/plants/{slug}"), "{sentence}");
    assert!(sentence.contains("/v1/plants/{id}"), "{sentence}");
}

#[test]
fn an_unknown_or_wrong_key_of_x_edge_is_refused_by_name() {
    for (edge, named) in [
        (json!({ "timeout": 5 }), "timeout"),
        (json!({ "Retry": true }), "Retry"),
        (
            json!({ "throttle": { "rate_per_s": 1, "burst": 1, "per": "user" } }),
            "per",
        ),
        (json!({ "throttle": { "rate_per_s": 1 } }), "burst"),
        (json!({ "timeout_ms": "soon" }), "soon"),
        (json!({ "timeout_ms": -1 }), "-1"),
    ] {
        let sentence = refusal(&[("garden", get_with(edge))]);

        assert!(sentence.starts_with("garden: "), "{sentence}");
        assert!(sentence.contains(named), "{named} in {sentence}");
    }
}

#[test]
fn a_throttle_of_nothing_is_refused() {
    for (rate, burst) in [
        (json!(0), 1),
        (json!(-1), 1),
        (json!(1), 0),
        (json!(1e30), 1),
        (json!(1_000_001), 1),
    ] {
        let throttle = json!({ "throttle": { "rate_per_s": rate, "burst": burst } });

        let sentence = refusal(&[("garden", get_with(throttle))]);

        let expected = "GET /v1/plants: a throttle has a rate above 0, up to 1000000, and a burst of 1 or more";
        assert_eq!(sentence, expected, "{rate} {burst}");
    }
}

#[test]
fn a_security_scheme_that_the_edge_cannot_check_is_refused() {
    let paths = json!({
        "/v1/plants": {
            "get": { "operationId": "list_plants", "security": [{ "basic": [] }] },
        },
    });

    let sentence = refusal(&[("garden", paths)]);

    assert!(
        sentence.contains("GET /v1/plants") && sentence.contains("basic"),
        "{sentence}"
    );
}

#[test]
fn schemas_of_one_name_are_told_apart_and_their_refs_follow() {
    let document = |price: &str| {
        json!({
            "paths": { format!("/v1/{price}"): { "get": { "operationId": price, "responses": {
                "200": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Line" },
                } } },
            } } } },
            "components": { "schemas": {
                // The same text in every document, but for what its reference means.
                "Line": { "properties": { "price": { "$ref": "#/components/schemas/Price" } } },
                "Price": { "type": price },
                "Shared": { "type": "boolean" },
            } },
        })
    };
    let documents = [
        ("garden".to_owned(), document("integer")),
        ("market".to_owned(), document("string")),
        ("garage".to_owned(), document("string")),
    ];

    let merged = merge(&documents);

    for (path, price) in [("/v1/integer", "integer"), ("/v1/string", "string")] {
        let schema = "/responses/200/content/application~1json/schema";
        let line = merged["paths"][path]["get"].pointer(schema).unwrap();
        let line = resolve(&merged, line);
        let found = resolve(&merged, &line["properties"]["price"]);
        assert_eq!(found["type"], price, "{path}: {merged:#}");
    }
    let schemas = merged["components"]["schemas"].as_object().unwrap();
    assert!(schemas.contains_key("Shared"));
    assert!(
        !schemas.contains_key("MarketShared"),
        "what is equal stays one"
    );
    each_ref(&merged, &mut |target| {
        assert!(merged.pointer(target).is_some(), "{target}")
    });
}

#[test]
fn two_services_may_share_a_path() {
    let documents = [
        (
            "garden".to_owned(),
            json!({ "paths": { "/v1/plants": { "get": { "operationId": "a" } } } }),
        ),
        (
            "market".to_owned(),
            json!({ "paths": { "/v1/plants": { "post": { "operationId": "b" } } } }),
        ),
    ];

    let merged = merge(&documents);

    assert_eq!(merged["paths"]["/v1/plants"]["get"]["operationId"], "a");
    assert_eq!(merged["paths"]["/v1/plants"]["post"]["operationId"], "b");
}

#[test]
fn what_takes_an_access_token_takes_a_signature() {
    let document = json!({
        "paths": { "/v1/plants": {
            "get": { "operationId": "a" },
            "post": { "operationId": "b", "security": [{ "bearer": ["staff"] }] },
        } },
        "components": { "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } } },
    });

    let merged = merge(&[("garden".to_owned(), document)]);

    let plants = &merged["paths"]["/v1/plants"];
    let either = json!([{ "bearer": ["staff"] }, { "sigv4": ["staff"] }]);
    assert_eq!(plants["post"]["security"], either);
    assert!(plants["get"].get("security").is_none());
    let scheme = &merged["components"]["securitySchemes"]["sigv4"];
    assert_eq!(scheme["x-amazon-apigateway-authtype"], "awsSigv4");
}

fn resolve<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let target = reference["$ref"].as_str().unwrap();
    document.pointer(target.trim_start_matches('#')).unwrap()
}

fn each_ref(value: &Value, check: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            match member.as_str().and_then(|target| target.strip_prefix('#')) {
                Some(target) if name == "$ref" => check(target),
                _ => each_ref(member, check),
            }
        }),
        Value::Array(items) => items.iter().for_each(|item| each_ref(item, check)),
        _ => {}
    }
}

#[test]
fn a_cache_that_could_give_one_the_answer_of_another_is_refused() {
    let operation = |edge: Value, more: Value| {
        let mut operation = json!({ "operationId": "list_plants", "x-edge": edge });
        let more = more.as_object().unwrap().clone();
        operation.as_object_mut().unwrap().extend(more);
        operation
    };
    let cache = |rules: Value| json!({ "cache": rules });
    let user = json!({ "security": [{ "bearer": [] }] });
    let cookie = json!({ "parameters": [{ "name": "session", "in": "cookie" }] });
    let stream = json!({ "stream": true, "cache": { "ttl_s": 5 } });
    for (method, operation, words) in [
        (
            "get",
            operation(cache(json!({ "ttl_s": 0 })), json!({})),
            "ttl_s",
        ),
        (
            "get",
            operation(cache(json!({ "ttl_s": 86_401 })), json!({})),
            "86400",
        ),
        ("get", operation(cache(json!({})), json!({})), "ttl_s"),
        (
            "get",
            operation(cache(json!({ "ttl_s": 5, "shared": true })), json!({})),
            "shared",
        ),
        (
            "get",
            operation(cache(json!({ "ttl_s": 5, "scope": "all" })), json!({})),
            "all",
        ),
        (
            "get",
            operation(cache(json!({ "ttl_s": 5, "scope": "public" })), user),
            "public",
        ),
        (
            "get",
            operation(cache(json!({ "ttl_s": 5 })), cookie),
            "cookie",
        ),
        ("get", operation(stream, json!({})), "streams"),
        (
            "post",
            operation(cache(json!({ "ttl_s": 5 })), json!({})),
            "GET",
        ),
        (
            "put",
            operation(json!({ "purge": ["plants"] }), json!({})),
            "`plants`",
        ),
    ] {
        let sentence = refusal(&[("garden", json!({ "/v1/plants": { method: operation } }))]);

        assert!(sentence.contains(words), "{words}: {sentence}");
    }
}

#[test]
fn a_plan_that_cannot_be_counted_or_is_nobodys_is_refused() {
    let plan = |groups: &[&str], rate_per_s, burst| edge::PlanConfig {
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        rate_per_s,
        burst,
        per_day: None,
        without_redis: edge::WithoutRedis::Process,
    };
    for (plan, words) in [
        (plan(&["partner"], 0, 1), "rate_per_s"),
        (plan(&["partner"], 1_000_001, 1), "rate_per_s"),
        (plan(&["partner"], 1, 0), "burst"),
        (plan(&[], 1, 1), "groups"),
    ] {
        let sentence = refusal_of(|config| config.plans = [("partners".to_owned(), plan)].into());

        assert!(sentence.starts_with("plans.partners"), "{sentence}");
        assert!(sentence.contains(words), "{sentence}");
    }
}

#[test]
fn a_deprecation_that_would_mislead_is_refused() {
    let good =
        json!({ "since": "2026-12-01", "sunset": "2028-01-01", "successor": "/v2/plants/{id}" });
    let refused = |key: &str, value: Value, deprecated: bool| {
        let mut told = good.clone();
        told[key] = value;
        let operation = json!({
            "operationId": "read_plant", "deprecated": deprecated, "x-edge": { "deprecation": told },
        });
        let other = json!({ "operationId": "read_plant_v2" });
        let paths = json!({
            "/v1/plants/{id}": { "get": operation },
            "/v2/plants/{id}": { "get": other },
            "/v2/plants/{slug}/parts": { "get": other },
            "/v2/plants": { "post": other },
        });
        refusal(&[("garden", paths)])
    };
    for (key, value, words) in [
        ("since", json!("2026-13-01"), "month"),
        ("since", json!(1_796_083_200), "date"),
        ("sunset", json!("2026-12-01"), "a day after `since`"),
        ("sunset", Value::Null, "date"),
        ("until", json!("2028-01-01"), "until"),
        ("successor", json!("/v2/plants/{slug}/parts"), "{slug}"),
        ("successor", json!("/v2/plants"), "GET /v2/plants"),
        ("successor", json!("https://evil.test"), "https://evil.test"),
    ] {
        let sentence = refused(key, value, true);

        assert!(sentence.contains(words), "{words}: {sentence}");
    }
    let sentence = refused("since", json!("2026-12-01"), false);
    assert!(
        sentence.starts_with("GET /v1/plants/{id}: x-edge.deprecation: `deprecated`"),
        "{sentence}"
    );
}
