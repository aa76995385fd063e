use super::*;
use crate::aws::shop::By;

/// Two operations of a function, and one of nobody's.
fn shop() -> Shop {
    let problem = json!({ "description": "Refused", "content": { "application/problem+json": {
        "schema": { "$ref": "#/components/schemas/Problem" } } } });
    let document = json!({
        "info": { "version": "1", "license": { "name": "MIT" } },
        "components": { "schemas": {
            "Problem": { "type": "object" },
            "Cart": { "type": "object", "properties": { "code": { "type": "string", "example": "5$" } } },
            "Unused": { "type": "object" },
        } },
        "paths": {
            "/v1/products/{id}": { "get": {
                "operationId": "get_product",
                "parameters": [
                    { "name": "id", "in": "path", "required": true, "description": "Its id", "schema": { "type": "string", "pattern": "^a$" } },
                    { "name": "q", "in": "query", "required": false, "description": "Words", "schema": { "type": ["string", "null"] } },
                    { "name": "terrace", "in": "cookie", "required": false, "description": "A cookie", "schema": { "type": "string" } },
                    { "name": "If-Match", "in": "header", "required": true, "description": "Its tag", "schema": { "type": "string" } },
                ],
                "responses": { "200": { "description": "A picture", "content": { "image/png": {} } }, "default": problem },
                "x-edge": { "cache": { "scope": "public", "ttl_s": 30 } },
            } },
            "/v1/cart": { "put": {
                "operationId": "set_cart",
                "security": [{ "bearer": ["staff"] }, { "sigv4": ["staff"] }],
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Cart" } } } },
                "responses": {
                    "200": { "description": "The cart", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Cart" } } } },
                    "400": { "description": "Wrong" },
                    "default": problem,
                },
                "x-edge": { "timeout_ms": 10000 },
            } },
            "/docs": { "get": { "operationId": "get_docs", "responses": {} } },
        },
    });
    let mut own = document.clone();
    own["paths"].as_object_mut().expect("paths").remove("/docs");
    let docs = json!({ "paths": { "/docs": document["paths"]["/docs"] } });
    let services = [(By::Function("CatalogFunction"), own), (By::Edge, docs)];
    Shop::new(document, &services).expect("a shop")
}

fn document(callers: Callers, answers: Answers, has_plans: bool) -> Value {
    let api = Api {
        shop: &shop(),
        callers,
        answers,
        has_plans,
    };
    api.document().expect("a document")
}

#[test]
fn a_function_answers_in_the_time_and_with_the_key_that_the_edge_would_give_it() {
    let document = document(Callers::People, Answers::Functions, false);

    let product = &document["paths"]["/v1/products/{id}"]["get"]["x-amazon-apigateway-integration"];
    assert_eq!(product["type"], "aws_proxy");
    assert!(
        product["uri"]["Fn::Sub"]
            .as_str()
            .expect("a text")
            .contains("${CatalogFunction.Arn}")
    );
    assert_eq!(product["timeoutInMillis"], 5000);
    assert_eq!(
        product["cacheKeyParameters"],
        json!([
            "method.request.path.id",
            "method.request.querystring.q",
            "method.request.header.If-Match"
        ])
    );
    let cart = &document["paths"]["/v1/cart"]["put"]["x-amazon-apigateway-integration"];
    assert_eq!(cart["timeoutInMillis"], 10000);
    assert!(cart.get("cacheKeyParameters").is_none());
}

#[test]
fn a_parameter_says_what_is_checked_of_it_and_headers_in_any_case_are_not() {
    let document = document(Callers::People, Answers::Functions, false);

    let parameters = &document["paths"]["/v1/products/{id}"]["get"]["parameters"];
    let told = parameters.as_array().expect("a list").iter();
    let told: Vec<_> = told
        .map(|it| (&it["name"], &it["required"], &it["schema"]))
        .collect();
    let text = json!({ "type": "string" });
    assert_eq!(
        told,
        [
            (&json!("id"), &json!(true), &text),
            (&json!("q"), &json!(false), &text),
            (&json!("If-Match"), &json!(false), &text),
        ]
    );
}

#[test]
fn people_bring_an_access_token_and_groups_are_no_scopes() {
    let document = document(Callers::People, Answers::Functions, true);

    assert_eq!(
        document["paths"]["/v1/cart"]["put"]["security"],
        json!([{ "people": [SCOPE] }])
    );
    assert_eq!(
        document["paths"]["/v1/products/{id}"]["get"]["security"],
        json!([])
    );
    assert!(
        document["components"]["securitySchemes"]
            .get("key")
            .is_none()
    );
}

#[test]
fn programs_sign_what_needs_a_caller_and_bring_a_key_where_there_are_plans() {
    for (has_plans, proof) in [
        (false, json!({ "signature": [] })),
        (true, json!({ "signature": [], "key": [] })),
    ] {
        let document = document(Callers::Programs, Answers::Functions, has_plans);

        let paths: Vec<_> = document["paths"]
            .as_object()
            .expect("paths")
            .keys()
            .collect();
        assert_eq!(paths, ["/v1/cart"]);
        assert_eq!(
            document["paths"]["/v1/cart"]["put"]["security"],
            json!([proof])
        );
        assert_eq!(
            document["components"]["securitySchemes"]
                .get("key")
                .is_some(),
            has_plans
        );
    }
}

#[test]
fn a_body_is_checked_where_there_is_one() {
    let document = document(Callers::People, Answers::Functions, false);

    let validator = "x-amazon-apigateway-request-validator";
    assert_eq!(document[validator], "parameters");
    assert_eq!(document["paths"]["/v1/cart"]["put"][validator], "all");
    assert!(
        document["paths"]["/v1/products/{id}"]["get"]
            .get(validator)
            .is_none()
    );
    let validators = &document["x-amazon-apigateway-request-validators"];
    assert_eq!(validators["all"]["validateRequestBody"], true);
    assert_eq!(validators["parameters"]["validateRequestBody"], false);
}

#[test]
fn every_answer_has_a_status_and_only_models_that_are_used_come_along() {
    let document = document(Callers::People, Answers::Functions, false);

    let responses = &document["paths"]["/v1/cart"]["put"]["responses"];
    assert_eq!(
        responses
            .as_object()
            .expect("responses")
            .keys()
            .collect::<Vec<_>>(),
        ["200", "400", "500"]
    );
    assert_eq!(responses["400"]["description"], "Wrong");
    assert_eq!(responses["500"]["description"], "Refused");
    let models = document["components"]["schemas"]
        .as_object()
        .expect("models");
    assert_eq!(models.keys().collect::<Vec<_>>(), ["Cart", "Problem"]);
}

#[test]
fn pictures_are_binary_and_so_is_what_browsers_accept_first() {
    let binary = |callers| {
        document(callers, Answers::Functions, false)["x-amazon-apigateway-binary-media-types"]
            .clone()
    };

    assert_eq!(
        binary(Callers::People),
        json!(["image/avif", "image/png", "image/webp"])
    );
    assert_eq!(binary(Callers::Programs), json!([]));
}

#[test]
fn a_path_that_is_not_there_is_not_found_and_a_signature_that_is_not_there_is_missing() {
    for (callers, status) in [(Callers::People, "404"), (Callers::Programs, "403")] {
        let document = document(callers, Answers::Functions, false);
        let answers = &document["x-amazon-apigateway-gateway-responses"];
        assert_eq!(
            answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"],
            status
        );
    }
}

#[test]
fn examples_answer_where_there_is_no_function_and_what_is_no_json_is_not_there() {
    let document = document(Callers::People, Answers::Examples, false);

    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["/v1/cart"]);
    let mock = &document["paths"]["/v1/cart"]["put"]["x-amazon-apigateway-integration"];
    assert_eq!(mock["type"], "mock");
    assert_eq!(
        mock["requestTemplates"]["application/json"],
        r#"{"statusCode":200}"#
    );
    let answer = &mock["responses"]["default"];
    assert_eq!(answer["statusCode"], "200");
    assert_eq!(
        answer["responseTemplates"]["application/json"],
        r#"{"code":"5\u0024"}"#
    );
}

#[test]
fn an_operation_whose_document_says_mock_is_one_among_functions() {
    let mut shop = shop();
    let cart = shop.served.iter_mut().find(|it| it.id == "set_cart");
    cart.expect("it is there").edge.mock = true;
    let api = Api {
        shop: &shop,
        callers: Callers::People,
        answers: Answers::Functions,
        has_plans: false,
    };

    let document = api.document().expect("a document");

    let kind = |path: &str, method: &str| {
        &document["paths"][path][method]["x-amazon-apigateway-integration"]["type"]
    };
    assert_eq!(kind("/v1/cart", "put"), "mock");
    assert_eq!(kind("/v1/products/{id}", "get"), "aws_proxy");
}
