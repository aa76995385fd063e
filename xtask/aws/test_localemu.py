"""The API of mocks, imported by localemu, which has models, validators and mock integrations."""

import json

import pytest
from conftest import SITE, Stage, document, methods, operations


def without_functions_of_the_template(value):
    """As CloudFormation resolves it."""
    match value:
        case {"Fn::Sub": text}:
            pool = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_garden"
            return text.replace("${SiteOrigin}", SITE).replace("${UserPool.Arn}", pool)
        case dict():
            return {key: without_functions_of_the_template(it) for key, it in value.items()}
        case list():
            return [without_functions_of_the_template(it) for it in value]
    return value


@pytest.fixture(scope="module")
def api(gateway):
    resolved = without_functions_of_the_template(document("mock"))
    made = gateway.import_rest_api(body=json.dumps(resolved).encode(), failOnWarnings=True)
    gateway.create_deployment(restApiId=made["id"], stageName="live")
    yield made["id"]
    gateway.delete_rest_api(restApiId=made["id"])


@pytest.fixture(scope="module")
def stage(api):
    return Stage(api)


def test_what_was_imported_is_what_the_document_says(api, gateway):
    mock = document("mock")
    found = methods(gateway, api)

    assert {it for it in found if it[0] != "OPTIONS"} == {(method, path) for method, path, _ in operations(mock)}
    models = {it["name"] for it in gateway.get_models(restApiId=api, limit=500)["items"]}
    assert set(mock["components"]["schemas"]) <= models
    validators = {it["name"] for it in gateway.get_request_validators(restApiId=api)["items"]}
    assert validators == set(mock["x-amazon-apigateway-request-validators"])
    (authorizer,) = gateway.get_authorizers(restApiId=api)["items"]
    assert authorizer["type"] == "COGNITO_USER_POOLS"
    assert gateway.get_rest_api(restApiId=api)["binaryMediaTypes"] == mock["x-amazon-apigateway-binary-media-types"]


def test_every_public_mock_answers_as_its_document_says(stage):
    asked = 0
    for method, path, described in operations(document("mock")):
        if described["security"] or "requestBody" in described:
            continue
        needed = [it for it in described.get("parameters", []) if it["in"] == "query" and it.get("required")]
        query = "?" + "&".join(f"{it['name']}=rose" for it in needed) if needed else ""
        answer = stage.call(method, path.replace("{", "").replace("}", "") + query)

        status = described["x-amazon-apigateway-integration"]["responses"]["default"]["statusCode"]
        assert answer.status == int(status), (path, answer.text)
        if "content" in described["responses"][status]:
            assert answer.json, path
        asked += 1
    assert asked > 5


def test_a_body_is_held_against_its_model(stage):
    rose = {"email": "rose@garden.example", "password": "a long pass phrase", "name": "Rose"}

    made = stage.call("POST", "/v1/users", rose)

    assert made.status == 201, made.text
    assert made.json["email"] == "rose@garden.example"
    for bad in [{}, {**rose, "email": 1}, {**rose, "something": 1}, {**rose, "name": " "}, []]:
        assert stage.call("POST", "/v1/users", bad).status == 400, bad


def test_a_page_of_the_site_may_ask_and_no_token_is_needed_for_that(stage):
    answer = stage.call("OPTIONS", "/v1/cart/items/monstera", headers={"origin": SITE})

    assert answer.status == 204, answer.text
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["access-control-allow-methods"] == "DELETE,PUT"
    assert stage.call("GET", "/v1/cart").status == 401
