"""Both APIs and their stages, deployed by CloudFormation on ministack from a template as SAM makes it, before functions
that say who called them; and the same as the settings would make them with a plan."""

import json
import secrets
from unittest.mock import Mock

import boto3
import pytest
from conftest import SITE, Stage, document, methods, operations
from samtranslator.translator.transform import transform

FUNCTION = """
import json

def handler(event, context):
    told = {"function": context.function_name, "method": event["httpMethod"], "resource": event["resource"]}
    told["sub"] = ((event["requestContext"].get("authorizer") or {}).get("claims") or {}).get("sub")
    return {"statusCode": 200, "body": json.dumps(told)}
"""
FUNCTIONS = ["CatalogFunction", "OrdersFunction", "ReportsFunction", "UsersFunction"]


# As the command made it with a plan.
WITH_A_PLAN = "target/aws"


def template(folder):
    """As one that includes the files, with all that they refer to."""
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Runtime": "python3.12", "Handler": "index.handler", "InlineCode": FUNCTION},
    }
    resources = {name: function for name in FUNCTIONS}
    resources["UserPool"] = {"Type": "AWS::Cognito::UserPool"}
    resources["App"] = {
        "Type": "AWS::Cognito::UserPoolClient",
        "Properties": {"UserPoolId": {"Ref": "UserPool"}, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]},
    }
    for name, file in [("Api", "api"), ("SignedApi", "signed")]:
        stage = document(f"{file}-stage", folder)
        properties = {"DefinitionBody": document(file, folder), "OpenApiVersion": "3.0.3", **stage}
        resources[name] = {"Type": "AWS::Serverless::Api", "Properties": properties}
    plans = document("plans", folder)
    resources |= plans
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"SiteOrigin": {"Type": "String"}},
        "Resources": resources,
        "Outputs": {name: {"Value": {"Ref": name}} for name in ["Api", "SignedApi", "UserPool", "App", *plans]},
    }


def deploy(name, folder):
    """Makes a stack, and tells its outputs."""
    made = transform(template(folder), {}, Mock(load=dict))
    # A template of this length has to be in a bucket.
    storage = boto3.client("s3")
    storage.create_bucket(Bucket="templates")
    storage.put_object(Bucket="templates", Key=name, Body=json.dumps(made))
    client = boto3.client("cloudformation")
    client.create_stack(
        StackName=name,
        TemplateURL=f"https://s3.amazonaws.com/templates/{name}",
        Parameters=[{"ParameterKey": "SiteOrigin", "ParameterValue": SITE}],
        Capabilities=["CAPABILITY_IAM"],
    )
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    outputs = client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return {it["OutputKey"]: it["OutputValue"] for it in outputs}


@pytest.fixture(scope="module")
def stack():
    return deploy("terrace", "aws")


@pytest.fixture(scope="module")
def planned():
    return deploy("planned", WITH_A_PLAN)


@pytest.fixture(scope="module")
def tokens(stack):
    cognito = boto3.client("cognito-idp")
    pool, name, password = stack["UserPool"], "rose", f"Aa1!{secrets.token_hex(12)}"
    cognito.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)
    return cognito.initiate_auth(
        ClientId=stack["App"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )["AuthenticationResult"]


@pytest.fixture(scope="module")
def program(stack, planned):
    """A user whose policy allows GET on the carts of both, and nothing else; its keys."""
    iam = boto3.client("iam")
    iam.create_user(UserName="program")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "execute-api:Invoke",
                "Resource": [
                    f"arn:aws:execute-api:us-east-1:*:{it['SignedApi']}/live/GET/v1/cart" for it in [stack, planned]
                ],
            }
        ],
    }
    iam.put_user_policy(UserName="program", PolicyName="cart", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="program")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@pytest.fixture(scope="module")
def api_key(planned, gateway):
    key = gateway.create_api_key(name="partner", enabled=True)
    gateway.create_usage_plan_key(usagePlanId=planned["PartnerPlan"], keyId=key["id"], keyType="API_KEY")
    return {"x-api-key": key["value"]}


@pytest.mark.parametrize("name, file, kind", [("Api", "api", "COGNITO_USER_POOLS"), ("SignedApi", "signed", "AWS_IAM")])
def test_every_operation_is_there_with_its_function_and_its_proof(stack, gateway, name, file, kind):
    found = methods(gateway, stack[name])

    wanted = {(method, path): described for method, path, described in operations(document(file))}
    assert {it for it in found if it[0] != "OPTIONS"} == set(wanted)
    assert {path for method, path in found if method == "OPTIONS"} == {path for _, path in wanted}
    for it, described in wanted.items():
        proof = kind if described["security"] else "NONE"
        assert found[it]["authorizationType"] == proof, it
        assert not found[it]["apiKeyRequired"], it
        integration = found[it]["methodIntegration"]
        function = described["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"].split("${")[3].split(".")[0]
        assert integration["type"] == "AWS_PROXY" and function in integration["uri"], it


def test_the_stage_has_the_limits_and_the_cache_of_the_documents(stack, gateway):
    stage = gateway.get_stage(restApiId=stack["Api"], stageName="live")

    settings = document("api-stage")["MethodSettings"]
    assert len(stage["methodSettings"]) == len(settings)
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == settings[0]["ThrottlingRateLimit"]
    cached = [it for it in stage["methodSettings"].values() if it["cachingEnabled"]]
    assert sorted(it["cacheTtlInSeconds"] for it in cached) == sorted(
        it["CacheTtlInSeconds"] for it in settings if it.get("CachingEnabled")
    )


def test_everybody_reads_the_catalog_and_its_function_answers(stack):
    answer = Stage(stack["Api"]).call("GET", "/v1/products/monstera")

    assert answer.status == 200, answer.text
    assert "CatalogFunction" in answer.json["function"]
    assert answer.json["resource"] == "/v1/products/{id}"


def test_a_cart_is_for_who_brings_an_access_token_and_no_other(stack, tokens):
    def cart(token):
        return Stage(stack["Api"]).call("GET", "/v1/cart", headers={"authorization": token})

    answer = cart(f"Bearer {tokens['AccessToken']}")

    assert answer.status == 200, answer.text
    assert answer.json["sub"]
    header, _, signature = tokens["AccessToken"].split(".")
    other = tokens["IdToken"].split(".")[1]
    for refused in [f"Bearer {tokens['IdToken']}", f"Bearer {header}.{other}.{signature}", "Bearer x", ""]:
        assert cart(refused).status == 401, refused


def test_a_program_signs_and_its_policy_says_what_it_may(stack, program):
    stage = Stage(stack["SignedApi"])

    allowed = stage.call("GET", "/v1/cart", key=program)

    assert allowed.status == 200, allowed.text
    assert stage.call("DELETE", "/v1/cart", key=program).status == 403
    assert stage.call("GET", "/v1/cart", key=(program[0], "another secret")).status == 403
    assert stage.call("GET", "/v1/cart").status == 403


def test_with_plans_a_program_needs_a_key_of_one_and_its_burst_ends(planned, program, api_key, gateway):
    stage = Stage(planned["SignedApi"])
    without = [stage.call("GET", "/v1/cart", headers=it, key=program).status for it in [{}, {"x-api-key": "another"}]]

    asked = [stage.call("GET", "/v1/cart", headers=api_key, key=program).status for _ in range(20)]

    assert without == [403, 403]
    assert asked[0] == 200 and 429 in asked, asked
    plan = gateway.get_usage_plan(usagePlanId=planned["PartnerPlan"])
    assert plan["quota"]["limit"] == 1000 and plan["quota"]["period"] == "DAY"
