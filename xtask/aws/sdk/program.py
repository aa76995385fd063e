"""A shopper's program at Amazon API Gateway, by the client. `cargo xtask test sdk-aws` deploys the shop and starts this: the
environment has temporary credentials, as AWS gives them, and both addresses of the API."""

import os
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from terrace_sdk import Credentials, Problem, Terrace, types

url, signed, faulty = os.environ["SHOP_API"], os.environ["SHOP_SIGNED"], os.environ["SHOP_FAULTS"]
who: types.SignIn = {"email": os.environ["SHOP_EMAIL"], "password": os.environ["SHOP_PASSWORD"]}
key, secret, session = (os.environ[f"AWS_{name}"] for name in ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"])
line: types.AddressInput = {
    "name": "Rose Gardener",
    "line1": "1 Orchard Lane",
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}
address: types.DeliveryAddressInput = {**line}


def by(key: str, secret: str, session: str | None, now: Callable[[], float] = time.time) -> Terrace:
    credentials = Credentials(key, secret, session)
    return Terrace(signed, signing=True, credentials=lambda: credentials, region=os.environ["AWS_REGION"], now=now)


def slow() -> float:
    return time.time() - 3600


def refused(status: int, slug: str, call: Callable[[], Any]) -> Problem:
    """What is raised, which has to be a problem of this kind."""
    try:
        call()
    except Problem as problem:
        assert (problem.status, problem.slug) == (status, slug), (problem, problem.document)
        assert problem.request_id
        return problem
    raise AssertionError(f"{slug} was expected")


def order(buyer: Terrace, token: str, expected: types.OrdersMoney) -> types.Order:
    return buyer.place_order({"address": address, "payment": {"token": token}, "expected_total": expected})


def order_faults(faults: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{faulty}/faults", method="PUT", data=faults.encode())).close()


# What everybody may read is at the address for people, without a signature.
shop = Terrace(url)
names = {product["slug"] for product in shop.each(lambda cursor: shop.list_products(cursor=cursor, limit=20))}
assert len(names) > 20, "a list has more than one page"
plant = shop.list_products(in_stock=True, q="monstera")["items"][0]
refused(404, "not-found", lambda: shop.get_product("no-such-plant"))
refused(401, "invalid-token", shop.get_cart)
refused(401, "wrong-credentials", lambda: shop.sign_in({**who, "password": "Another1phrase!"}))

# Whoever signs in is who the credentials are of.
shop.sign_in(who)
program = by(key, secret, session, slow)
assert program.get_me() == shop.get_me()

# Buy and cancel, by a clock that is an hour slow.
program.clear_cart()
refused(422, "invalid-body", lambda: program.set_cart_item(plant["id"], {"quantity": 0}))
program.set_cart_item(plant["id"], {"quantity": 1})
total = program.get_cart()["total"]
changed = refused(409, "price-changed", lambda: order(program, "tok_visa", {**total, "amount": total["amount"] + 1}))
assert changed.document["price_change"]["total"] == total
refused(402, "payment-declined", lambda: order(program, "tok_declined", total))
bought = order(program, "tok_visa", total)
assert program.get_order(bought["id"])["number"] == bought["number"]
assert bought["id"] in [it["id"] for it in program.each(lambda cursor: program.list_orders(cursor=cursor))]
assert program.cancel_order(bought["id"])["status"] == "cancelled"
refused(409, "wrong-state", lambda: program.cancel_order(bought["id"]))
refused(403, "forbidden", program.list_all_orders)
# API Gateway has no streams, and no such method.
refused(403, "missing-authentication-token", lambda: next(program.follow_order(bought["id"])))

# Signatures: what is not whole is refused; a wrong clock is corrected by the refusal.
refused(403, "missing-authentication-token", Terrace(signed).get_cart)
refused(403, "unrecognized-client", by(key, secret, None).get_cart)
refused(403, "unrecognized-client", by("ASIAAAAAAAAAAAAAAAAA", secret, session).get_cart)
refused(403, "invalid-signature", by(key, "another", session).get_cart)
late = by(key, secret, session, slow)
with ThreadPoolExecutor() as threads:
    assert all(me["email"] == who["email"] for me in threads.map(lambda _: late.get_me(), range(3)))

# Networks and busy servers: what may be repeated is, and nothing else.
order_faults("429 503 lost")
program.set_cart_item(plant["id"], {"quantity": 1})
before = len(program.list_orders()["items"])
order_faults("lost 503 429")
once = order(program, "tok_visa", total)
orders = program.list_orders()["items"]
assert (len(orders), orders[0]["id"]) == (before + 1, once["id"]), "one order, though its answer was lost"
order_faults("503")
try:
    program.add_address(line)
    raise AssertionError("what may be carried out twice was repeated")
except Problem as busy:
    assert (busy.status, busy.retry_after) == (503, 1), busy
assert program.list_addresses()["items"] == []
print(f"python: {len(names)} products, {len(orders)} orders")
