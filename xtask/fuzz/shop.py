"""Who calls what, and with what at hand, while schemathesis fuzzes the shop.

The settings stand in `schemathesis.toml`; `cargo xtask test fuzz` starts the shop and both.
"""

import json
import os
from base64 import urlsafe_b64decode
from functools import cache
from itertools import count, cycle
from pathlib import Path
from time import sleep
from uuid import uuid4

import requests
import schemathesis

API = os.environ["SHOP_API"]
ACCOUNTS = json.loads((Path(os.environ["SHOP_DATA"]) / "demo-accounts.json").read_text())
ADDRESS = {
    "name": "Rose Gardener",
    "line1": "1 Orchard Lane",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}


def ask(method, path, token=None, **rest):
    """Asks the shop for what the fuzz needs, which has to work."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= rest.pop("headers", {})
    answer = requests.request(method, API + path, headers=headers, timeout=10, **rest)
    answer.raise_for_status()
    return answer


def sign_in(account):
    return ask("POST", "/v1/sessions", json=ACCOUNTS[account])


@cache
def token(account):
    """For our own calls; the whole run is shorter than its life."""
    return sign_in(account).json()["access_token"]


def as_shopper(method, path, **rest):
    return ask(method, path, token("shopper"), **rest)


def products():
    return ask("GET", "/v1/products?in_stock=true&sort=newest").json()["items"]


def fill_cart():
    """One piece of something in stock, and nothing else, which might be sold out by now."""
    as_shopper("DELETE", "/v1/cart")
    as_shopper("PUT", f"/v1/cart/items/{products()[-1]['id']}", json={"quantity": 1})


def total():
    return as_shopper("GET", "/v1/cart").json()["total"]


def place_order():
    fill_cart()
    key = {"Idempotency-Key": str(uuid4())}
    body = {"address": ADDRESS, "payment": {"token": "tok_visa"}, "expected_total": total()}
    return as_shopper("POST", "/v1/orders", headers=key, json=body).json()["id"]


def ship_order():
    """Shipped, unless its money, which is taken after the checkout, takes more than 5 seconds."""
    path = f"/v1/orders/{(order := place_order())}/ship"
    staff = {"Authorization": f"Bearer {token('staff')}"}
    for _ in range(50):
        if requests.post(API + path, headers=staff, timeout=10).status_code != 409:
            break
        sleep(0.1)
    return order


def make_room():
    """The address book holds 20."""
    addresses = as_shopper("GET", "/v1/me/addresses").json()["items"]
    for address in addresses[:-10]:
        as_shopper("DELETE", f"/v1/me/addresses/{address['id']}")


def add_address():
    make_room()
    return as_shopper("POST", "/v1/me/addresses", json=ADDRESS).json()["id"]


# What the shop has, again and again: random ids would only ever meet 404.
PRODUCTS = cycle(item["id"] for item in products())
CATEGORY = ask("GET", "/v1/categories").json()["items"][0]["id"]
IMAGES = cycle(item["image_url"].rpartition("/")[2] for item in products())


# That a text is a policy no schema can say.
ALLOW = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]})


# What changes how an account is entered is done to one of its own: the others have to go on.
ACCOUNTS["changing"] = {"email": f"{uuid4()}@garden.example", "password": str(uuid4())}
ask("POST", "/v1/users", json=ACCOUNTS["changing"] | {"name": "Somebody who changes"})
CHANGES = ("/v1/me/email", "/v1/me/password", "/v1/me/sessions", "/v1/me/totp", "/v1/me/passkey", "/v1/me/providers",
           "/v1/me/recovery")


# And what managers do is done to one who does nothing else.
LOOKED_AFTER = {"email": f"{uuid4()}@garden.example", "password": str(uuid4()), "name": "Somebody looked after"}
LOOKED_AFTER = ask("POST", "/v1/users", json=LOOKED_AFTER).json()["id"]


def another_session():
    """The id of a session of theirs, which the access token names."""
    claims = sign_in("changing").json()["access_token"].split(".")[1]
    return json.loads(urlsafe_b64decode(claims + "=="))["sid"]


def account(case, context):
    """Who may call the operation: `manager`, `staff`, `shopper`, `changing`, or nobody in particular."""
    security = context.operation.definition.raw.get("security")
    if not security:
        return ""
    # The last manager may not go, however often they ask.
    if context.operation.definition.raw["operationId"] == "delete_me":
        return "manager"
    if context.operation.path.startswith(CHANGES):
        return "changing"
    return next(iter(security[0]["bearer"]), "shopper")


@schemathesis.auth(refresh_interval=600, cache_by_key=account)
class SignedIn:
    """An access token lives 15 minutes and is renewed after 10."""

    def get(self, case, context):
        name = account(case, context)
        return sign_in(name).json()["access_token"] if name else None

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


turn = count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other valid call brings what a schema cannot know: what the shop has at the moment."""
    if case.meta and case.meta.generation.mode.is_negative:
        return
    operation = case.operation.definition.raw["operationId"]
    # Of which there are too few calls to leave some without, or which would lock us out.
    if next(turn) % 2 and operation not in ("refresh_session", "change_password"):
        return
    match operation:
        case "sign_up":
            case.body["email"] = f"{uuid4()}@garden.example"
        case "sign_in":
            case.body = dict(ACCOUNTS["shopper"])
        case "refresh_session":
            case.cookies.update(sign_in("shopper").cookies)
        case "get_person" | "give_group" | "take_group" | "end_sessions" | "reset_second_factors":
            case.path_parameters["id"] = LOOKED_AFTER
        case "list_audit":
            case.query.pop("cursor", None)
            case.query.pop("person", None)
        case "find_people" | "list_products" | "list_orders" | "list_all_orders" | "list_queries":
            case.query.pop("cursor", None)
        case "get_summary" | "list_outcomes" | "list_sales":
            case.query |= {"from": "2026-03-01", "to": "2026-03-31"}
            case.query.pop("cursor", None)
        case "run_query":
            case.body = {"sql": "select count(*) from fact_orders"}
        case "get_image":
            case.path_parameters["name"] = next(IMAGES)
        case "add_product":
            case.body |= {"slug": f"fuzz-{uuid4()}", "category": CATEGORY}
        case "change_password":
            case.body["password"] = ACCOUNTS["changing"]["password"]
        case "end_session":
            case.path_parameters["id"] = another_session()
        case "add_address":
            make_room()
        case "replace_address" | "delete_address":
            case.path_parameters["id"] = add_address()
        case "set_cart_item":
            case.path_parameters["product_id"] = next(PRODUCTS)
        case "create_credentials":
            case.body = {"session_policy": POLICY}
        case "place_order":
            fill_cart()
            case.headers["Idempotency-Key"] = str(uuid4())
            case.body |= {"payment": {"token": "tok_visa"}, "expected_total": total()}
            case.body.pop("expected_items", None)
        case "cancel_order" | "ship_order":
            case.path_parameters["id"] = place_order()
        case "deliver_order":
            case.path_parameters["id"] = ship_order()


# Refusals of values that are well-formed: a cursor is opaque, a link was never sent, an ETag may be old, a key may have
# come before, a card may be declined, a cart may be empty or cost something else, bytes may be no picture, a folder takes none from
# browsers, days may be no period, a text no query.
STATE = {
    "/problems/bad-cursor",
    "/problems/precondition-failed",
    "/problems/key-reused",
    "/problems/payment-declined",
    "/problems/cart-empty",
    "/problems/price-changed",
    "/problems/unsupported-image",
    "/problems/no-direct-uploads",
    "/problems/link-expired",
    "/problems/bad-period",
    "/problems/query-refused",
    "/problems/query-too-costly",
}
# Fields that name something which may not exist, or that no schema can describe.
REFERENCES = {
    "/category": "is none of the categories",
    "/address_id": "is no address of your address book",
    "/password": "is among the first that somebody would guess",
    "/session_policy": "is a policy in IAM's language of 1 to 2048 characters",
}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure counts: "valid data was rejected" does not when the shop's state is why."""
    # A header that nobody knows is no fault (RFC 9110 §5.1).
    if "x-schemathesis-unknown-property" in (case.headers or {}):
        return "negative_data_rejection" not in failure.checks
    if "positive_data_acceptance" not in failure.checks:
        return True
    problem = response.json()
    if problem["type"] in STATE:
        return False
    errors = problem.get("errors", [])
    return not errors or any(REFERENCES.get(e["pointer"]) != e["detail"] for e in errors)


@schemathesis.deserializer("image/png", "image/jpeg", "image/webp", "application/zip")
def octets(context, response):
    """A picture, or an archive, is what its schema calls a string: bytes."""
    return response.content.decode("latin-1")
