use serde_json::json;

use super::*;

/// One that breaks no rule.
fn good() -> Value {
    json!({
        "openapi": "3.0.3",
        "components": {
            "schemas": { "Cart": { "type": "object", "properties": { "code": { "type": "string", "pattern": "^[A-Z]{2}$" } } } },
            "securitySchemes": { "people": { "type": "apiKey" }, "key": { "type": "apiKey" } },
        },
        "paths": { "/v1/cart.items/{id}": { "get": {
            "parameters": [{ "name": "id", "in": "path", "schema": { "type": "string" } }],
            "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Cart" } } } } },
            "security": [{ "people": [], "key": [] }],
            "x-amazon-apigateway-integration": {
                "type": "aws_proxy",
                "timeoutInMillis": 29000,
                "cacheKeyParameters": ["method.request.path.id"],
            },
        } } },
    })
}

const OPERATION: &str = "/paths/~1v1~1cart.items~1{id}/get";
const CODE: &str = "/components/schemas/Cart/properties/code";

fn rules(document: &Value) -> Vec<Rule> {
    lint(document).into_iter().map(|fault| fault.rule).collect()
}

/// The good one with a value that is put in, or put elsewhere.
fn with(object: &str, key: &str, value: Value) -> Value {
    let mut document = good();
    let object = document.pointer_mut(object).expect("it is there");
    object[key] = value;
    document
}

#[test]
fn what_is_good_breaks_no_rule() {
    assert_eq!(lint(&good()), []);
}

#[test]
fn each_rule_is_broken_by_a_document_that_breaks_no_other() {
    let schema = |value| with("/components/schemas/Cart/properties", "code", value);
    let path = |path: &str| with("/paths", path, json!({}));
    let integration = format!("{OPERATION}/x-amazon-apigateway-integration");
    let many: serde_json::Map<_, _> = (0..300).map(|n| (format!("/v1/{n}"), json!({}))).collect();
    let schemes: serde_json::Map<_, _> = (0..11)
        .map(|n| {
            let scheme = json!({ "type": "apiKey", "x-amazon-apigateway-authorizer": {} });
            (format!("s{n}"), scheme)
        })
        .collect();
    let long = "x".repeat(300 * 1024 + 1);
    let long = json!({ "default": { "responseTemplates": { "application/json": long } } });
    let bad = [
        (
            CacheKey,
            with(
                &integration,
                "cacheKeyParameters",
                json!(["method.request.cookie.id"]),
            ),
        ),
        (
            Body,
            with(
                &format!("{OPERATION}/responses/200/content/application~1json"),
                "schema",
                json!({ "type": "string" }),
            ),
        ),
        (
            Combination,
            schema(json!({ "oneOf": [{ "$ref": "#/components/schemas/Cart" }] })),
        ),
        (
            Combination,
            schema(json!({ "allOf": [{ "items": { "$ref": "#/components/schemas/Cart" } }] })),
        ),
        (Composition, with(CODE, "nullable", json!(true))),
        (Composition, with(CODE, "exclusiveMinimum", json!(0))),
        (Composition, with(CODE, "example", json!("DE"))),
        (Composition, with(CODE, "type", json!(["string", "null"]))),
        (
            Composition,
            with("/components/schemas/Cart", "discriminator", json!({})),
        ),
        (Cors, with("", "x-amazon-apigateway-cors", json!({}))),
        (RootSecurity, with("", "security", json!([]))),
        (
            TooLarge,
            with(
                "",
                "x-amazon-apigateway-gateway-responses",
                json!({ "REQUEST_TOO_LARGE": {} }),
            ),
        ),
        (Model, with("/components/schemas", "Line_1_20", json!({}))),
        (Number, with(CODE, "format", json!("int64"))),
        (
            OneAuthoriser,
            with(
                OPERATION,
                "security",
                json!([{ "people": [] }, { "signature": [] }]),
            ),
        ),
        (
            OneAuthoriser,
            with(
                OPERATION,
                "security",
                json!([{ "people": [], "signature": [] }]),
            ),
        ),
        (
            Parameter,
            with(&format!("{OPERATION}/parameters/0"), "in", json!("cookie")),
        ),
        (Path, path("/v1/docs/")),
        (Path, path("/v1/docs{file}")),
        (Path, path("/v1/a~b")),
        (Path, path("v1")),
        (Pattern, with(CODE, "pattern", json!("(?i)^de$"))),
        (Pattern, with(CODE, "pattern", json!("^\\p{L}$"))),
        (
            Scheme,
            with("/components/securitySchemes/people", "type", json!("http")),
        ),
        (Quota, with("", "paths", many.into())),
        (
            Quota,
            with("/components", "securitySchemes", schemes.into()),
        ),
        (
            Reference,
            with(CODE, "$ref", json!("#/components/schemas/None")),
        ),
        (Reference, with(CODE, "$ref", json!("other.json#/Cart"))),
        (Reserved, path("/ping")),
        (
            Status,
            with(&format!("{OPERATION}/responses"), "default", json!({})),
        ),
        (Time, with(&integration, "timeoutInMillis", json!(30_000))),
        (Time, with(&integration, "timeoutInMillis", json!(49))),
        (Size, with("", "info", json!("x".repeat(6 * 1024 * 1024)))),
        (Template, with(&integration, "responses", long)),
        (Version, with("", "openapi", json!("3.1.0"))),
    ];
    for (rule, document) in &bad {
        assert_eq!(rules(document), [*rule], "{rule:?}");
    }
    let broken: BTreeSet<Rule> = bad.into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(broken, BTreeSet::from(Rule::ALL));
}

#[test]
fn every_rule_names_a_page() {
    for rule in Rule::ALL {
        assert!(rule.source().starts_with("https://"), "{rule:?}");
    }
}
