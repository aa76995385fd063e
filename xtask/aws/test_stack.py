"""A deployed stack, asked by programs: sign-in at Cognito, temporary credentials of the identity pool, signed requests, and
what the policies of people's roles refuse."""

import gzip
import http.client
import json
import os
import struct
import time
import uuid
import zlib
from urllib.parse import urlsplit

import boto3
import pytest
from conftest import Stage
from people import OUTPUTS, account, credentials, identity


@pytest.fixture(scope="module")
def shopper():
    return credentials("shopper")


@pytest.fixture(scope="module")
def staff():
    """The identity pool would choose the group's role by itself; the emulator's does not."""
    identities, its_id, logins = identity("staff")
    token = identities.get_open_id_token(IdentityId=its_id, Logins=logins)["Token"]
    made = boto3.client("sts").assume_role_with_web_identity(
        RoleArn="arn:aws:iam::000000000000:role/terrace-staff",
        RoleSessionName="CognitoIdentityCredentials",
        WebIdentityToken=token,
    )["Credentials"]
    return made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]


@pytest.fixture(scope="module")
def signed():
    return Stage(OUTPUTS["SignedApi"])


def test_a_customers_program_reads_what_is_its_own(signed, shopper):
    answer = signed.call("GET", "/v1/cart", key=shopper)

    assert answer.status == 200, answer.text
    assert answer.json["items"] == []


def test_the_policy_of_customers_refuses_what_is_for_staff(signed, shopper):
    answer = signed.call("GET", "/v1/admin/orders", key=shopper)

    assert answer.status == 403, answer.text


def test_the_policy_of_staff_lets_a_members_program_through(signed, staff):
    answer = signed.call("GET", "/v1/admin/orders", key=staff)

    # Of a role that was assumed so the emulator tells the function no identity: it is the function that refuses.
    assert answer.status == 401, answer.text
    assert answer.json["type"] == "/problems/sign-in-required"


def test_staff_is_not_who_looks_after_people(signed, staff):
    assert signed.call("GET", "/v1/people", key=staff).status == 403


def test_who_signs_wrong_or_not_at_all_is_refused(signed, shopper):
    key, secret, token = shopper

    assert signed.call("GET", "/v1/cart").status == 403
    assert signed.call("GET", "/v1/cart", key=(key, "another" + secret[7:], token)).status == 403
    assert signed.call("GET", "/v1/cart", key=(key, secret)).status == 403


def test_a_signature_is_for_the_request_that_was_signed(signed, shopper):
    # What API Gateway's other API takes no signature for stays a stranger's.
    answer = Stage(OUTPUTS["Api"]).call("GET", "/v1/cart", key=shopper)

    assert answer.status == 401, answer.text


def logs(function):
    """What a function has logged, for who looks for a fault."""
    group = f"/aws/lambda/terrace-{function}"
    events = boto3.client("logs").filter_log_events(logGroupName=group, limit=200)["events"]
    return "".join(event["message"] for event in events[-40:])


def bearer(api):
    """Of a member of the staff, who signs in as people do."""
    session = api.call("POST", "/v1/sessions", account("staff"))
    return {"authorization": f"Bearer {session.json['access_token']}"}


def test_what_was_bought_comes_to_the_reports_by_topic_and_queue():
    api = Stage(OUTPUTS["Api"])
    headers = bearer(api)
    until = time.monotonic() + 90

    # The black box has bought: orders tell of it when they are asked, or by schedule.
    counted = 0
    while counted == 0 and time.monotonic() < until:
        answer = api.call("GET", "/v1/reports/summary", headers=headers)
        assert answer.status == 200, answer.text
        counted = answer.json["orders"]
        time.sleep(1)

    assert counted > 0, logs("orders") + logs("reports")


def files_of_clicks():
    """The lines of all files of clicks, by the day that their key names."""
    objects, lines = boto3.client("s3"), []
    bucket = OUTPUTS["Warehouse"]
    for found in objects.list_objects_v2(Bucket=bucket, Prefix="clicks/").get("Contents", []):
        body = objects.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        day = found["Key"].removeprefix("clicks/day=")[:10]
        lines += [(day, json.loads(line)) for line in gzip.decompress(body).splitlines()]
    return lines


def test_what_a_tab_has_shown_comes_to_a_days_file_by_the_stream():
    api, visit, words = Stage(OUTPUTS["Api"]), str(uuid.uuid4()), f"fern {'ab' * 4}"
    seen = {"visit": visit, "pages": [{"page": "/product/[slug]"}], "searches": [{"words": words, "found": 0}]}
    until = time.monotonic() + 90

    assert api.call("POST", "/v1/clicks", seen).status == 202
    hidden = seen | {"visit": str(uuid.uuid4()), "searches": []}
    assert api.call("POST", "/v1/clicks", hidden, headers={"Sec-GPC": "1"}).status == 202

    kept = []
    while not kept and time.monotonic() < until:
        kept = [line for line in files_of_clicks() if visit in line[1].values() or words in line[1].values()]
        time.sleep(1)
    assert sorted(line["kind"] for _, line in kept) == ["page", "search"], logs("reports")
    for day, line in kept:
        assert line["at"].startswith(day)
        assert ("visit" in line) == (line["kind"] == "page")
    assert hidden["visit"] not in str(files_of_clicks())
def photo():
    """A picture of one colour, as a file that nobody has sent before."""
    width, height = 640, 480
    row = b"\0" + os.urandom(3) * width

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(row * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def send(method, url, body=None, headers={}):
    """To an address that a browser was given."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
    connection.request(method, f"{at.path}?{at.query}" if at.query else at.path, body, headers)
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def begun(api, headers, file):
    """A product, and what a browser needs to send a picture of it."""
    first = api.call("GET", "/v1/products?limit=1").json["items"][0]
    seen = api.call("GET", f"/v1/products/{first['slug']}")
    wanted = {"media_type": "image/png", "size": len(file)}
    headers = headers | {"if-match": seen.headers["etag"]}
    answer = api.call("POST", f"/v1/products/{first['id']}/image-uploads", wanted, headers)
    assert answer.status == 201, answer.text
    return seen.json, answer.json


def test_a_picture_is_made_of_what_a_browser_sent_to_the_bucket_because_the_bucket_tells():
    api, file, bucket = Stage(OUTPUTS["Api"]), photo(), OUTPUTS["PicturesBucket"]
    product, upload = begun(api, bearer(api), file)
    origin = {"origin": os.environ["SITE_ORIGIN"]}
    asks = {"access-control-request-method": "PUT", "access-control-request-headers": "content-type,if-none-match"}

    # As a browser: it asks first whether the site's pages may, and nobody says that it has sent the file.
    allowed = send("OPTIONS", upload["url"], headers=origin | asks)
    strange = send("OPTIONS", upload["url"], headers={"origin": "https://elsewhere.example"} | asks)
    sent = send("PUT", upload["url"], file, upload["headers"] | origin)
    shown, until = product["image_url"], time.monotonic() + 90
    while shown == product["image_url"] and time.monotonic() < until:
        seen = api.call("GET", f"/v1/products/{product['slug']}").json
        shown = seen["image_url"]
        time.sleep(0.5)

    assert (allowed[0], strange[0], sent[0]) == (200, 403, 200), (allowed, strange, sent)
    assert allowed[1]["access-control-allow-origin"] == origin["origin"]
    assert shown != product["image_url"], logs("catalog")
    names = [it["url"].rsplit("/", 1)[1] for it in seen["images"]]
    assert [name.rpartition("-")[2] for name in names] == ["96.webp", "480.webp", "640.webp"]
    for name in names:
        kept = boto3.client("s3").get_object(Bucket=bucket, Key=f"pictures/{name}")["Body"].read()
        # In the bucket, because the emulator's API Gateway does not bring binary back from base64.
        assert kept[:4] == b"RIFF" and kept[8:12] == b"WEBP"
    # What was sent is nobody's to read, nor is what is shown but by the shop.
    sent_to = upload["url"].partition("?")[0]
    assert send("GET", sent_to)[0] == 403
    assert send("GET", sent_to.partition("/uploads/")[0] + f"/pictures/{name}")[0] == 403


def test_what_is_no_picture_changes_nothing():
    api, file = Stage(OUTPUTS["Api"]), b"no picture"
    headers = bearer(api)
    product, upload = begun(api, headers, file)

    assert send("PUT", upload["url"], file, upload["headers"])[0] == 200
    # The queue comes to its end before that, or after: the answer is the same.
    finished = api.call("POST", f"/v1/products/{product['id']}/image-uploads/{upload['name']}/finish", headers=headers)

    assert finished.status == 415, finished.text
    assert api.call("GET", f"/v1/products/{product['slug']}").json["image_url"] == product["image_url"]
