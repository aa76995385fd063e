"""Clients that sign with AWS Signature Version 4, on a running shop: botocore, aws4fetch, curl.

`cargo xtask test clients` starts the shop and this.
"""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import botocore.session
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

API = os.environ["SHOP_API"]
AWS4FETCH = os.environ["AWS4FETCH"]
ACCOUNTS = json.loads((Path(os.environ["SHOP_DATA"]) / "demo-accounts.json").read_text())
SCOPE = ("execute-api", "local")


def ask(method, path, headers=None, body=None):
    """The status, the headers and the body of an answer."""
    request = urllib.request.Request(API + path, method=method, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers, refusal.read()


def ask_json(method, path, headers=None, body=None):
    headers = {"Content-Type": "application/json", **(headers or {})}
    status, _, answer = ask(method, path, headers, body and json.dumps(body).encode())
    assert status < 300, answer
    return json.loads(answer)


@pytest.fixture(scope="module")
def token():
    return ask_json("POST", "/v1/sessions", body=ACCOUNTS["shopper"])["access_token"]


@pytest.fixture(scope="module")
def issued(token):
    return ask_json("POST", "/v1/me/credentials", {"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def credentials(issued):
    return Credentials(issued["access_key_id"], issued["secret_access_key"], issued["session_token"])


def signed(credentials, method, path, body=None, auth=SigV4Auth):
    """The answer to a request that botocore signs."""
    headers = {"Content-Type": "application/json"} if body else {}
    request = AWSRequest(method, API + path, headers=headers, data=body)
    auth(credentials, *SCOPE).add_auth(request)
    prepared = request.prepare()
    headers = {name: value for name, value in prepared.headers.items()}
    return ask(method, prepared.url.removeprefix(API), headers, prepared.body)


@pytest.mark.parametrize("auth", [SigV4Auth, SigV4QueryAuth])
def test_botocore_signs_in_the_header_and_in_the_query(credentials, auth):
    status, _, me = signed(credentials, "GET", "/v1/me", auth=auth)
    assert (status, json.loads(me)["email"]) == (200, ACCOUNTS["shopper"]["email"])
    assert signed(credentials, "GET", "/v1/products?q=caf%C3%A9%20a&limit=1", auth=auth)[0] == 200


def test_botocore_signs_a_body(credentials):
    assert signed(credentials, "PATCH", "/v1/me", b'{"name": "Rose"}')[0] == 200


def test_a_wrong_secret_is_refused_as_aws_refuses_it(credentials):
    guessed = Credentials(credentials.access_key, "guessed", credentials.token)
    status, headers, body = signed(guessed, "GET", "/v1/me")
    assert (status, headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert json.loads(body)["type"] == "/problems/invalid-signature"


def client(service):
    session = botocore.session.get_session()
    config = Config(signature_version=botocore.UNSIGNED)
    return session.create_client(service, region_name="local", endpoint_url=f"{API}/aws", config=config)


def test_botocores_sts_assumes_a_role_with_an_access_token(token):
    answer = client("sts").assume_role_with_web_identity(
        RoleArn="arn:aws:iam::000000000000:role/shopper", RoleSessionName="test", WebIdentityToken=token
    )["Credentials"]
    assumed = Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
    assert signed(assumed, "GET", "/v1/me")[0] == 200


def test_botocores_sts_understands_a_refusal():
    sts = client("sts")
    with pytest.raises(sts.exceptions.InvalidIdentityTokenException):
        sts.assume_role_with_web_identity(
            RoleArn="arn:aws:iam::000000000000:role/shopper", RoleSessionName="test", WebIdentityToken="a.b.c"
        )


def test_botocores_web_identity_provider_works_by_its_settings_alone(token, tmp_path, monkeypatch):
    (tmp_path / "token").write_text(token)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::000000000000:role/shopper")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"{API}/aws")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "local")
    provided = botocore.session.get_session().get_credentials().get_frozen_credentials()
    assert signed(provided, "GET", "/v1/me")[0] == 200


def test_botocores_cognito_identity_exchanges_an_access_token(token):
    cognito, logins = client("cognito-identity"), {"localhost:8080": token}
    pool = "local:00000000-0000-0000-0000-000000000000"
    identity = cognito.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
    answer = cognito.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
    given = Credentials(answer["AccessKeyId"], answer["SecretKey"], answer["SessionToken"])
    assert signed(given, "GET", "/v1/me")[0] == 200


def test_aws4fetch_signs_in_the_header_and_in_the_query(issued):
    credentials = {
        "accessKeyId": issued["access_key_id"],
        "secretAccessKey": issued["secret_access_key"],
        "sessionToken": issued["session_token"],
    }
    told = json.dumps({"api": API, "credentials": credentials})
    subprocess.run(["node", "sign.mjs"], cwd=AWS4FETCH, input=told.encode(), check=True, timeout=60)


def curl(issued, path, *arguments):
    command = [
        "curl", "--silent", "--show-error", "--write-out", "\n%{http_code}",
        "--aws-sigv4", "aws:amz:local:execute-api",
        "--user", f"{issued['access_key_id']}:{issued['secret_access_key']}",
        "--header", f"X-Amz-Security-Token: {issued['session_token']}",
        *arguments, API + path,
    ]  # fmt: skip
    printed = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout
    return int(printed.rsplit("\n", 1)[1])


def test_curl_signs_what_its_version_signs_rightly(issued):
    assert curl(issued, "/v1/me") == 200
    assert curl(issued, "/v1/products?limit=1&sort=price") == 200
    body = ["--request", "PATCH", "--header", "Content-Type: application/json", "--data", '{"name": "Rosa"}']
    assert curl(issued, "/v1/me", *body) == 200


def test_a_query_that_is_not_sorted_is_signed_wrongly_by_an_old_curl_and_refused(issued):
    version = subprocess.run(["curl", "--version"], capture_output=True, check=True, text=True).stdout
    is_old = int(re.match(r"curl (\d+)\.", version)[1]) < 8
    assert curl(issued, "/v1/products?sort=price&limit=1") == (403 if is_old else 200)
