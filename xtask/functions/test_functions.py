"""The shop as functions, over PostgreSQL: each program is the one that serves otherwise, built with its feature."""

import csv
import json
import os
import subprocess
import threading
import time
import uuid
from pathlib import Path

import pytest

from functions import SITE, called, event, record

USAGE = Path(__file__).parents[2] / "aws/usage.csv"

ADDRESS = {
    "name": "Rose Gardener", "line1": "1 Terrace Road", "city": "Portland", "region": "OR",
    "postal_code": "97201", "country": "US",
}


def product(functions, least=10):
    """One that there is enough of."""
    status, page = called(functions["catalog"], "GET", "/v1/products", query={"in_stock": "true", "limit": "100"})
    assert status == 200, page
    return next(item for item in page["items"] if stock(functions, item) >= least)


def stock(functions, item):
    status, page = called(functions["catalog"], "GET", f"/v1/products/{item['id']}")
    assert status == 200
    return page["stock"]


def order(functions, user, key, token="tok_visa"):
    """Orders what is in the cart; the answer, or None where the function did not give one."""
    status, cart = called(functions["orders"], "GET", "/v1/cart", user=user)
    assert status == 200, cart
    body = {"address": ADDRESS, "payment": {"token": token}, "expected_total": cart["total"]}
    return event("POST", "/v1/orders", user=user, body=body, headers={"Idempotency-Key": key})


def fill(functions, user, item, quantity=1):
    path = f"/v1/cart/items/{item['id']}"
    status, cart = called(functions["orders"], "PUT", path, user=user, body={"quantity": quantity})
    assert status == 200, cart


def orders_of(functions, user):
    status, page = called(functions["orders"], "GET", "/v1/orders", user=user)
    assert status == 200, page
    return page["items"]


def test_the_assortment_is_read_by_anybody(functions):
    status, page = called(functions["catalog"], "GET", "/v1/products", query={"q": "fern"}, headers={"Origin": SITE})

    assert status == 200 and page["items"]


def test_an_order_is_placed_and_settled_within_its_request(functions):
    user, item = str(uuid.uuid4()), product(functions)
    before = stock(functions, item)
    fill(functions, user, item, 2)

    placed = functions["orders"].invoke(order(functions, user, "first"))

    body = json.loads(placed["body"])
    assert placed["statusCode"] == 201, body
    assert placed["multiValueHeaders"]["location"] == [f"/v1/orders/{body['id']}"]
    # The last steps come after the answer is made, and before the function rests.
    assert stock(functions, item) == before - 2
    assert orders_of(functions, user)[0]["payment"]["status"] == "captured"


def test_a_purchase_uses_what_its_cost_is_computed_from(functions):
    """aws/usage.csv: the way of somebody who knows what to buy."""
    user, item = str(uuid.uuid4()), product(functions)
    before = {name: function.invoked for name, function in functions.items()}
    events_before = events()

    requests = [
        called(functions["catalog"], "GET", "/v1/products"),
        called(functions["catalog"], "GET", f"/v1/products/{item['id']}"),
    ]
    fill(functions, user, item)
    placed = functions["orders"].invoke(order(functions, user, "counted"))
    number = json.loads(placed["body"])["id"]
    requests.append(called(functions["orders"], "GET", f"/v1/orders/{number}", user=user))

    used = {f"invocations of {name}": function.invoked - before[name] for name, function in functions.items()}
    # Those that are looked at here, and the three that fill the cart, read it and order.
    used["requests"] = len(requests) + 3
    used["events"] = events() - events_before
    assert {status for status, _ in requests} == {200}
    assert {name: times for name, times in used.items() if times} == usage()


def usage():
    lines = USAGE.read_text().splitlines()
    return {row["what"]: int(row["times"]) for row in csv.DictReader(it for it in lines if not it.startswith("#"))}


def events():
    """How many its outbox has ever had for others."""
    sql = "select coalesce(pg_sequence_last_value('outbox_seq_seq'), 0)"
    url = os.environ["TERRACE_TEST_DATABASE_ORDERS"]
    told = subprocess.run(["psql", url, "--no-psqlrc", "-tAc", sql], capture_output=True, text=True, check=True)
    return int(told.stdout)


def test_metrics_are_lines_of_the_log_that_cloudwatch_reads(functions):
    user, item = str(uuid.uuid4()), product(functions)
    fill(functions, user, item)
    functions["orders"].invoke(order(functions, user, "measured"))

    log = (Path(os.environ["TERRACE_TEST_LOGS"]) / "orders.log").read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith('{"_aws"')]
    told = {line["step"]: line for line in lines if line["outcome"] == "done"}
    assert {"reserve", "authorise", "commit", "capture"} <= told.keys()
    described = told["authorise"]["_aws"]["CloudWatchMetrics"]
    assert described == [{
        "Namespace": "terrace",
        "Dimensions": [["step", "outcome"]],
        "Metrics": [{"Name": "orders_steps_total"}],
    }]
    assert told["authorise"]["orders_steps_total"] == 1.0


def test_staff_operations_are_for_staff_though_no_edge_says_so(functions):
    for groups, expected in [("", 403), ("manager", 403), ("[staff]", 200)]:
        status, _ = called(functions["orders"], "GET", "/v1/admin/orders", user=str(uuid.uuid4()), groups=groups)
        assert status == expected, groups
    status, _ = called(functions["orders"], "GET", "/v1/admin/orders")
    assert status == 401


def happened(topic, key, payload):
    """A record of a queue that brings an event."""
    return record({
        "id": str(uuid.uuid4()), "topic": topic, "key": key, "payload": json.dumps(payload), "at": "2026-01-01T00:00:00Z",
    })


def test_of_a_batch_the_bad_record_comes_again_alone(functions):
    item = product(functions)
    order_id = str(uuid.uuid4())
    facts = {"order_id": order_id, "lines": [{"product_id": item["id"], "quantity": 1}]}
    good, bad = happened("order.confirmed", order_id, facts), happened("order.confirmed", order_id, {})

    answer = functions["catalog"].invoke({"Records": [good, bad]})

    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["messageId"]}]}


def test_an_order_that_a_queue_tells_of_is_in_the_reports_once(functions):
    order_id = str(uuid.uuid4())

    def usd(cents):
        return {"amount": cents, "currency": "USD"}

    line = {"product_id": str(uuid.uuid4()), "name": "Fern", "category": "plants", "quantity": 2, "unit_price": usd(900)}
    told = happened("order.confirmed", order_id, {
        "order_id": order_id, "user_id": str(uuid.uuid4()), "at": "2026-01-01T00:00:01Z",
        "placed_at": "2026-01-01T00:00:00Z", "subtotal": usd(1800), "shipping": usd(495), "tax": usd(0),
        "total": usd(2295), "lines": [line],
    })

    # The same event twice, as queues may bring it.
    answers = [functions["reports"].invoke({"Records": [told]}) for _ in range(2)]

    assert answers == [{"batchItemFailures": []}] * 2
    period = {"from": "2026-01-01", "to": "2026-01-01"}
    status, summary = called(
        functions["reports"], "GET", "/v1/reports/summary", user=str(uuid.uuid4()), groups="staff", query=period,
    )
    assert status == 200 and summary["orders"] == 1, summary


def test_a_letter_that_a_queue_brings_leaves_at_once(functions):
    answer = functions["notices"].invoke({"Records": [record({"Type": "Notification", "Message": "no event"})]})

    assert len(answer["batchItemFailures"]) == 1


def test_a_schedule_settles_what_payments_left_open(functions):
    user, item = str(uuid.uuid4()), product(functions)
    fill(functions, user, item)
    placed = functions["orders"].invoke(order(functions, user, "open", token="tok_unknown"))
    assert placed["statusCode"] == 202, placed

    status = settle(functions, user)

    assert status == ["confirmed"]


def settle(functions, user):
    """Runs the schedule until every order of the user has come to rest."""
    for _ in range(60):
        ran = functions["orders"].invoke({"run": "resume"})
        assert ran == {"ran": ["resume"]}, ran
        statuses = [it["status"] for it in orders_of(functions, user)]
        if "placed" not in statuses:
            return statuses
        time.sleep(0.5)
    raise AssertionError("it does not come to rest")


def test_an_unknown_event_is_refused_and_says_nothing_of_us(functions):
    answer = functions["orders"].invoke({"hello": "world"})

    assert "does not know" in answer["errorMessage"]
    answer = functions["orders"].invoke({"run": "away"})
    assert "drives, resume, relay" in answer["errorMessage"]


@pytest.fixture(scope="module")
def whole(functions):
    """How long an order takes that nobody disturbs, in seconds."""
    user = str(uuid.uuid4())
    fill(functions, user, product(functions))
    request, started = order(functions, user, "whole"), time.monotonic()
    functions["orders"].invoke(request)
    return time.monotonic() - started


KILLS = 12


# Before the order is stored, between any two of its steps, and when it is done.
@pytest.mark.parametrize("part", range(KILLS))
def test_a_function_that_is_ended_loses_no_order(functions, whole, part):
    user, item, key = str(uuid.uuid4()), product(functions), str(uuid.uuid4())
    before = stock(functions, item)
    fill(functions, user, item, 3)
    request, answers = order(functions, user, key), []

    def ask():
        try:
            answers.append(functions["orders"]._invoke(request, 40))
        except OSError:
            pass

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(whole * (part + 0.5) / KILLS)
    functions["orders"].kill()
    asking.join()

    # Whoever got no answer asks again with the same key.
    again = functions["orders"].invoke(request)
    assert again.get("statusCode") in (201, 202), again
    # The lease of who died runs out first.
    deadline = time.monotonic() + 40
    while True:
        settle(functions, user)
        orders = orders_of(functions, user)
        if orders[0]["payment"]["status"] == "captured" or time.monotonic() > deadline:
            break
        time.sleep(1)
    assert [it["status"] for it in orders] == ["confirmed"]
    assert orders[0]["payment"]["status"] == "captured"
    assert stock(functions, item) == before - 3
    for answer in answers:
        if answer and answer.get("statusCode") == 201:
            assert json.loads(answer["body"])["id"] == orders[0]["id"]
