"""One story of a shopper, by the client. `cargo xtask test sdk` starts the shop and this."""

import os
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import urllib3

from terrace_sdk import Credentials, Problem, Terrace, slugs, types

url, faulty = os.environ["SHOP_API"], os.environ["SHOP_FAULTS"]
email = f"python-{uuid.uuid4()}@garden.example"
password = "a long pass phrase"
address: types.AddressInput = {
    "name": "Rose Gardener",
    "line1": "1 Orchard Lane",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}
delivery: types.DeliveryAddressInput = {**address}


def refused(status: int, slug: str, call: Callable[[], Any]) -> Problem:
    """What is raised, which has to be a problem of this kind."""
    try:
        call()
    except Problem as problem:
        assert (problem.status, problem.slug) == (status, slug), problem
        assert problem.request_id
        return problem
    raise AssertionError(f"{slug} was expected")


# Browse.
shop = Terrace(url)
names = {product["slug"] for product in shop.each(lambda cursor: shop.list_products(cursor=cursor, limit=5))}
assert len(names) > 10, "a list has more than one page"
plant = shop.list_products(in_stock=True, q="monstera")["items"][0]
refused(404, slugs.NOT_FOUND, lambda: shop.get_product("a b ü*?"))
try:
    shop.get_product("..")
    raise AssertionError("a path that leads elsewhere was expected to be refused")
except ValueError:
    pass

# Sign up and in.
who: types.SignIn = {"email": email, "password": password}
rose: types.SignUp = {"email": email, "password": password, "name": "Rose"}
refused(401, slugs.SIGN_IN_REQUIRED, shop.get_cart)
broken = refused(422, slugs.INVALID_BODY, lambda: shop.sign_up({**rose, "password": "short", "name": ""}))
assert {error.pointer for error in broken.errors} == {"/name", "/password"}
shop.sign_up(rose)
refused(409, slugs.EMAIL_TAKEN, lambda: shop.sign_up(rose))
refused(401, slugs.WRONG_CREDENTIALS, lambda: shop.sign_in({**who, "password": "another phrase"}))
shop.sign_in(who)
shop.refresh_session()
assert shop.get_me()["email"] == email


# Buy, with signed requests: the clock is an hour slow, and set by what the API answers.
def slow() -> float:
    return time.time() - 3600


def order(buyer: Terrace, token: str, expected: types.OrdersMoney) -> types.Order:
    return buyer.place_order({"address": delivery, "payment": {"token": token}, "expected_total": expected})


signing = Terrace(url, signing=True, now=slow)
signing.sign_in(who)
signing.set_cart_item(plant["id"], {"quantity": 1})
total = signing.get_cart()["total"]
more: types.OrdersMoney = {**total, "amount": total["amount"] + 1}
changed = refused(409, slugs.PRICE_CHANGED, lambda: order(signing, "tok_visa", more))
assert changed.document["price_change"]["total"] == total
refused(402, slugs.PAYMENT_DECLINED, lambda: order(signing, "tok_declined", total))
bought = order(signing, "tok_visa", total)
assert bought["status"] == "confirmed"

# Whose cards are declined again and again waits longer than the client would: that comes back at once.
unlucky = Terrace(url)
other: types.SignUp = {"email": f"other-{email}", "password": password, "name": "Other"}
unlucky.sign_up(other)
unlucky.sign_in({"email": other["email"], "password": password})
unlucky.set_cart_item(plant["id"], {"quantity": 1})
for card in range(5):
    refused(402, slugs.PAYMENT_DECLINED, lambda: order(unlucky, "tok_declined", total))
begun = time.monotonic()
waits = refused(429, slugs.TOO_MANY_DECLINES, lambda: order(unlucky, "tok_visa", total))
assert (waits.retry_after or 0) > 20 and time.monotonic() - begun < 5, waits.retry_after

# Follow and cancel; whoever comes back goes on where they were.
seen = []
for event in signing.follow_order(bought["id"]):
    seen.append(event.status)
    if event.status == "confirmed":
        signing.cancel_order(bought["id"])
assert seen == ["placed", "confirmed", "cancelled"], seen
rest = [event.status for event in signing.follow_order(bought["id"], last_event_id="2")]
assert rest == ["cancelled"], rest
refused(409, slugs.WRONG_STATE, lambda: signing.cancel_order(bought["id"]))

# Signatures: what is not whole is refused; a wrong clock is corrected by the refusal.
issued = shop.create_credentials()
key, secret, session = issued["access_key_id"], issued["secret_access_key"], issued["session_token"]


def by(secret: str, session: str | None, **settings: Any) -> Terrace:
    return Terrace(url, signing=True, credentials=lambda: Credentials(key, secret, session), **settings)


refused(403, slugs.MISSING_AUTHENTICATION_TOKEN, by(secret, None).get_me)
refused(403, slugs.INVALID_SIGNATURE, by("another", session).get_me)
# The one whose answer corrects the clock is not the only one that was wrong.
late = by(secret, session, now=slow)
with ThreadPoolExecutor() as threads:
    assert all(me["email"] == email for me in threads.map(lambda _: late.get_me(), range(3)))
both = by(secret, session)
both.list_products(q="gärtner's (a*b) & c+d=e/f", limit=1)
with ThreadPoolExecutor() as threads:
    list(threads.map(lambda quantity: both.set_cart_item(plant["id"], {"quantity": quantity}), [1, 2]))


# Networks and busy servers: what may be repeated is, and nothing else.
def order_faults(faults: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{faulty}/faults", method="PUT", data=faults.encode())).close()


through = Terrace(faulty)
through.sign_in(who)
order_faults("429 503 lost")
assert through.get_me()["email"] == email
through.set_cart_item(plant["id"], {"quantity": 1})
before = len(through.list_orders()["items"])
order_faults("lost 503 429")
once = order(through, "tok_visa", total)
orders = through.list_orders()["items"]
assert (len(orders), orders[0]["id"]) == (before + 1, once["id"]), "one order, though its answer was lost"
order_faults("503")
busy = refused(503, slugs.UNKNOWN, lambda: through.add_address(address))
assert busy.retry_after == 1, busy
assert through.list_addresses()["items"] == []
order_faults("429")
through.add_address(address)


# An answer that comes byte by byte has the time of an attempt; a call is given up while it waits, and while it reads.
def given_up(faults: str, wanted: Callable[[], Any]) -> None:
    order_faults(faults)
    started = time.monotonic()
    wanted()
    assert time.monotonic() - started < 10, faults
    order_faults("")


def cancelled(call: Callable[[threading.Event], Any]) -> None:
    enough = threading.Event()
    timer = threading.Timer(0.3, enough.set)
    timer.start()
    try:
        call(enough)
        raise AssertionError("the call was to be given up")
    except CancelledError:
        timer.join()


given_up("drip", lambda: refused(0, slugs.UNREACHABLE, Terrace(faulty, timeout=0.3, retries=0).list_categories))
given_up("drip", lambda: cancelled(lambda enough: through.get_me(cancel=enough)))
given_up("busy", lambda: cancelled(lambda enough: through.get_me(cancel=enough)))

# A stream that breaks after each event goes on where it was.
order_faults("cut cut cut")
seen = []
for event in through.follow_order(once["id"]):
    seen.append(event.status)
    if event.status == "confirmed":
        shop.cancel_order(once["id"])
assert seen == ["placed", "confirmed", "cancelled"], seen
order_faults("")


# Time passes: tokens and credentials are renewed before they end, once for all who wait.
class Recorder(urllib3.PoolManager):
    paths: list[str] = []

    def urlopen(self, method: str, url: str, *arguments: Any, **settings: Any) -> urllib3.BaseHTTPResponse:
        self.paths.append(urlsplit(url).path)
        return super().urlopen(method, url, *arguments, **settings)


recorder = Recorder()
later = 0.0
patient = Terrace(url, signing=True, now=lambda: time.time() + later, pool=recorder)
patient.sign_in(who)


def asked_together() -> list[str]:
    recorder.paths.clear()
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda _: patient.get_me(), range(3)))
    return list(recorder.paths)


me = ["/v1/me"] * 3
assert asked_together() == ["/v1/me/credentials", *me]
assert asked_together() == me
later = 14.5 * 60
assert asked_together() == ["/v1/sessions/refresh", "/v1/me/credentials", *me]

# Leave.
shop.sign_out()
refused(401, slugs.SIGN_IN_REQUIRED, shop.get_me)
print(f"python: {len(names)} products, {len(orders)} orders")
