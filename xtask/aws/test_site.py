"""services/site, and the bucket behind CloudFront that takes its place, asked the same: what one answers the other answers too."""

import http.client
import json
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "web/build"
SITE = os.environ.get("SITE", "")
CLOUDFRONT = os.environ["AWS_ENDPOINT_URL"]
OUTPUTS = json.loads(os.environ.get("STACK", "{}"))
# Where the pages are told that the API is: at CloudFront it is their own origin.
API = os.environ.get("SITE_ORIGIN", "")

PAGE, LOST, NOTHING = "200.html", "404.html", ""
SENTENCE = "This is no proper path.\n"
HASHED = next((BUILD / "_app/immutable").rglob("*.js")).relative_to(BUILD).as_posix()
PARTIAL = {"range": "bytes=2-5"}

# What is asked: method, path, headers; and what is answered: status, and a file's content or these words.
TABLE = [
    ("GET", "/", {}, 200, PAGE),
    ("GET", "/shop", {}, 200, PAGE),
    ("GET", "/shop/", {}, 200, PAGE),
    ("GET", "/shop?q=tea+rose&missing", {}, 200, PAGE),
    ("GET", "/product/tea%20rose", {}, 200, PAGE),
    ("GET", "/staff/people/7", {}, 200, PAGE),
    ("HEAD", "/cart", {}, 200, NOTHING),
    ("GET", "/no/such/page", {}, 404, PAGE),
    ("GET", "/product", {}, 404, PAGE),
    ("GET", "/product/rose/7", {}, 404, PAGE),
    ("GET", "/no/such/page", {"if-none-match": "*"} | PARTIAL, 404, PAGE),
    ("HEAD", "/no/such/page", {}, 404, NOTHING),
    ("GET", "/missing.js", {}, 404, LOST),
    ("GET", "/missing.js", {"if-none-match": "*"}, 404, LOST),
    ("GET", "/staff/missing.png", {}, 404, LOST),
    ("GET", "/_app/immutable/chunk", {}, 404, LOST),
    ("GET", "/robots.txt/", {}, 404, LOST),
    ("GET", "/.env", {}, 404, LOST),
    ("GET", "/%2eenv", {}, 404, LOST),
    ("GET", "//shop", {}, 404, LOST),
    ("GET", "/staff//people", {}, 404, LOST),
    ("GET", "/shop//", {}, 404, LOST),
    ("GET", "/../robots.txt", {}, 400, SENTENCE),
    ("GET", "/shop/%2e%2e/robots.txt", {}, 400, SENTENCE),
    ("GET", "/shop%2frobots.txt", {}, 400, SENTENCE),
    ("GET", "/..%5crobots.txt", {}, 400, SENTENCE),
    ("GET", "/robots.txt%00.html", {}, 400, SENTENCE),
    ("GET", "/%c2%85", {}, 400, SENTENCE),
    ("GET", "/%ff", {}, 400, SENTENCE),
    ("GET", "/%zz", {}, 400, SENTENCE),
    ("GET", "/%", {}, 400, SENTENCE),
    ("GET", "/robots.txt", {}, 200, "robots.txt"),
    ("GET", "/%72obots.txt", {}, 200, "robots.txt"),
    ("GET", "/robots.txt?v=2", {}, 200, "robots.txt"),
    ("GET", "/favicon.svg", {}, 200, "favicon.svg"),
    ("GET", "/apple-touch-icon.png", {}, 200, "apple-touch-icon.png"),
    ("GET", "/manifest.webmanifest", {}, 200, "manifest.webmanifest"),
    ("GET", "/routes.json", {}, 200, "routes.json"),
    ("GET", "/200.html", {}, 200, "200.html"),
    ("GET", f"/{HASHED}", {}, 200, HASHED),
    ("HEAD", "/robots.txt", {}, 200, NOTHING),
    ("GET", "/robots.txt", PARTIAL, 206, (BUILD / "robots.txt").read_bytes()[2:6]),
    ("GET", "/config.json", {}, 200, json.dumps({"api": API}, separators=(",", ":"))),
    ("POST", "/shop", {}, 405, NOTHING),
    ("PUT", "/robots.txt", {}, 405, NOTHING),
    ("DELETE", "/", {}, 405, NOTHING),
    ("OPTIONS", "/shop", {}, 405, NOTHING),
]

# Of an answer. Entity tags and dates are each one's own: whether there is one is compared.
SAME = ["content-type", "cache-control", "content-range", "allow", "x-content-type-options"]
POLICIES = ["referrer-policy", "permissions-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"]
VALIDATORS = ["etag", "last-modified", "accept-ranges"]


class Answer:
    def __init__(self, answer):
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.body = answer.read()


def ask(url, host, method, path, headers):
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"host": host, "x-forwarded-proto": "https"} | headers).items():
        connection.putheader(name, value)
    connection.endheaders()
    return Answer(connection.getresponse())


def site(method, path, headers={}):
    return ask(SITE, urlsplit(SITE).netloc, method, path, headers)


def cloudfront(method, path, headers={}):
    return ask(CLOUDFRONT, OUTPUTS["SiteDomain"], method, path, headers)


def policy(answer):
    """The directives of its policy, each with its sources. The API's origin goes: at CloudFront it is the page's own."""
    directives = answer.headers["content-security-policy"].split("; ")
    parted = (directive.split(" ") for directive in directives)
    return {name: {source for source in sources if source != API} for name, *sources in parted}


@pytest.mark.parametrize("method, path, headers, status, body", TABLE)
def test_both_answer_the_same(method, path, headers, status, body):
    ours, theirs = site(method, path, headers), cloudfront(method, path, headers)

    expected = body if isinstance(body, bytes) else body.encode()
    if isinstance(body, str) and (BUILD / body).is_file():
        expected = (BUILD / body).read_bytes()
    assert (ours.status, ours.body) == (status, expected)
    assert (theirs.status, theirs.body) == (status, expected)
    # What the function answers by itself has no more.
    compared = SAME if status in (400, 405) else SAME + POLICIES
    assert {name: theirs.headers.get(name) for name in compared} == {name: ours.headers.get(name) for name in compared}
    # The bucket has one of config.json too, and CloudFront lets no function change an answer of the bucket's refusals.
    if path != "/config.json" and body != LOST:
        assert [it for it in VALIDATORS if it in theirs.headers] == [it for it in VALIDATORS if it in ours.headers]


@pytest.mark.parametrize("path", ["/", "/no/such/page", "/missing.js", "/robots.txt", "/config.json"])
def test_both_have_the_same_policy_but_for_the_pages_inline_scripts(path):
    ours, theirs = policy(site("GET", path)), policy(cloudfront("GET", path))

    # Ours names those of the page, theirs those of all pages.
    assert ours.pop("script-src") <= theirs.pop("script-src")
    assert theirs == ours


@pytest.mark.parametrize("path", ["/shop", "/robots.txt"])
def test_who_has_it_already_is_not_sent_it_again(path):
    for asked in (site, cloudfront):
        first = asked("GET", path)
        again = asked("GET", path, {"if-none-match": first.headers["etag"]})

        assert (again.status, again.body) == (304, b""), asked


def test_browsers_come_to_cloudfront_by_tls_alone():
    plain = ask(CLOUDFRONT, OUTPUTS["SiteDomain"], "GET", "/shop", {"x-forwarded-proto": "http"})

    assert plain.status == 301
    assert plain.headers["location"] == f"https://{OUTPUTS['SiteDomain']}/shop"
    assert cloudfront("GET", "/shop").headers["strict-transport-security"] == "max-age=31536000"


def test_the_bucket_answers_nobody_but_cloudfront():
    bucket = OUTPUTS["SiteBucket"]

    assert ask(CLOUDFRONT, urlsplit(CLOUDFRONT).netloc, "GET", f"/{bucket}/robots.txt", {}).status == 403
