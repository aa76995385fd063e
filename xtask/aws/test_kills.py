"""Functions are killed while somebody buys, again and again: what was acknowledged is there, once, and is paid once."""

import os
import random
import signal
import subprocess
import threading
import time
import uuid
from pathlib import Path

import boto3
from conftest import Stage
from people import OUTPUTS, account

KILLED = ["orders", "payments", "catalog"]
ADDRESS = {
    "name": "Rose Gardener",
    "line1": "1 Orchard Lane",
    "line2": None,
    "city": "Portland",
    "region": "OR",
    "postal_code": "97201",
    "country": "US",
}


def functions():
    """The processes of functions at this emulator, by its port."""
    port = os.environ["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program = os.readlink(process / "exe")
            names = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"/ministack-provided-code-{port}/" in program:
            name = names.partition(b"AWS_LAMBDA_FUNCTION_NAME=")[2].partition(b"\0")[0].decode()
            if name.rpartition("-")[2] in KILLED:
                yield int(process.name)


class Killer(threading.Thread):
    """Ends one of them each time that some are there, so often."""

    def __init__(self, times):
        super().__init__()
        self.left, self.killed = times, 0

    def run(self):
        while self.left:
            time.sleep(random.uniform(0.1, 0.8))
            there = list(functions())
            if there:
                self.left -= 1
                try:
                    os.kill(random.choice(there), signal.SIGKILL)
                    self.killed += 1
                except ProcessLookupError:
                    pass


def until(wanted, ask, seconds=120):
    """The first answer that is as wanted; a function that was killed has none."""
    ends = time.time() + seconds
    while True:
        answer = ask()
        if wanted(answer):
            return answer
        assert time.time() < ends, f"{answer.status}: {answer.text}"
        time.sleep(0.2)


def test_an_order_is_placed_once_and_paid_once_whatever_is_killed():
    api = Stage(OUTPUTS["Api"])
    is_ok = lambda it: it.status in (200, 201, 202)  # noqa: E731
    session = until(is_ok, lambda: api.call("POST", "/v1/sessions", account("shopper"))).json
    headers = {"authorization": f"Bearer {session['access_token']}"}
    product = until(is_ok, lambda: api.call("GET", "/v1/products?in_stock=true&limit=1")).json["items"][0]["id"]
    killer = Killer(times=8)
    killer.start()

    orders = []
    for _ in range(2):
        cart = f"/v1/cart/items/{product}"
        until(is_ok, lambda: api.call("PUT", cart, {"quantity": 1}, headers))
        total = until(is_ok, lambda: api.call("GET", "/v1/cart", headers=headers)).json["total"]
        body = {"address": ADDRESS, "payment": {"token": "tok_visa"}, "expected_total": total}
        with_key = headers | {"idempotency-key": str(uuid.uuid4())}
        orders.append(until(is_ok, lambda: api.call("POST", "/v1/orders", body, with_key)).json["id"])
    killer.join()

    # What the schedule does each minute.
    boto3.client("lambda").invoke(FunctionName="terrace-orders", Payload=b'{"source":"aws.events"}')
    for order in orders:
        until(
            lambda it: it.status == 200 and it.json["status"] == "confirmed" and it.json["payment"]["status"] == "captured",
            lambda: api.call("GET", f"/v1/orders/{order}", headers=headers),
        )
    listed = api.call("GET", "/v1/orders", headers=headers).json["items"]
    assert sorted(it["id"] for it in listed) == sorted(orders)
    assert killer.killed > 0
    captured = subprocess.check_output(
        ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname", "payments"],
        input=b"select order_id from ledger where kind = 'capture'",
        env=os.environ,
    )
    assert set(orders) <= set(captured.decode().split())
