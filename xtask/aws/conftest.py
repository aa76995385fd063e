"""What the tests of the documents for API Gateway share."""

import http.client
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT = Path(__file__).parents[2]
SITE = "https://garden.example"


def document(name, folder="aws"):
    return json.loads((ROOT / folder / f"{name}.json").read_text())


def operations(api):
    """The operations of a document, without the preflights."""
    for path, item in api["paths"].items():
        for method, described in item.items():
            if method != "options":
                yield method.upper(), path, described


def methods(client, api):
    """What the emulator has, by method and path."""
    found = {}
    for page in client.get_paginator("get_resources").paginate(restApiId=api, PaginationConfig={"PageSize": 500}):
        for resource in page["items"]:
            for method in resource.get("resourceMethods", {}):
                found[method, resource["path"]] = client.get_method(
                    restApiId=api, resourceId=resource["id"], httpMethod=method
                )
    return found


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)


class Stage:
    """A stage of an API at the emulator, called as a client does."""

    def __init__(self, api, name="live", prefix=None):
        self.at = urlsplit(os.environ["AWS_ENDPOINT_URL"])
        self.host = f"{api}.execute-api.localhost:{self.at.port}"
        self.prefix = f"/{name}" if prefix is None else prefix

    def call(self, method, path, body=None, headers={}, key=None):
        headers = dict(headers)
        if body is not None:
            headers["content-type"] = "application/json"
            body = json.dumps(body)
        if key:
            request = AWSRequest(method, f"http://{self.host}{self.prefix}{path}", headers=headers, data=body)
            SigV4Auth(Credentials(*key), "execute-api", "us-east-1").add_auth(request)
            headers = dict(request.headers)
        headers["host"] = self.host
        connection = http.client.HTTPConnection(self.at.hostname, self.at.port, timeout=30)
        connection.request(method, self.prefix + path, body, headers)
        return Answer(connection.getresponse())


@pytest.fixture(scope="session")
def gateway():
    return boto3.client("apigateway")
