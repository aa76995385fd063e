"""What functions cost: how long the first and the next answers take, their memory, the size of their packages, and CPU
time, beside the shop in one process. Behind the emulator, which adds its own time and takes none of the machine away as
Lambda does."""

import json
import os
import statistics
import sys
import tempfile
import time
import urllib.request
import uuid
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from functions import NAMES, PROGRAMS, called, event, shop  # noqa: E402
from test_functions import ADDRESS, fill, order, product  # noqa: E402

WARM = 200
CHECKOUTS = 20
TICK = os.sysconf("SC_CLK_TCK")

# A request that reads the database, where there is one for anybody.
FIRST = {
    "users": ("GET", "/.well-known/jwks.json", None),
    "catalog": ("GET", "/v1/products", None),
    "orders": ("GET", "/v1/cart", "rose"),
    "reports": ("GET", "/v1/reports/summary", "rose"),
}


def ask(functions, name):
    method, path, user = FIRST.get(name, ("GET", "/v1/none", None))
    started = time.perf_counter()
    functions[name].invoke(event(method, path, user=user, groups="staff"))
    return (time.perf_counter() - started) * 1000


def memory(function):
    status = Path(f"/proc/{function.program()}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def cpu(processes):
    """CPU time of all of them until now, in ms."""
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total * 1000 / TICK


def package(name, folder):
    path = Path(folder) / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(PROGRAMS / name, "bootstrap")
    return path.stat().st_size / 1024 / 1024


def several(values):
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"


def main(runs):
    folder = tempfile.mkdtemp()
    functions = shop(Path(folder))
    # The first start of all makes tables and the assortment.
    for name in NAMES:
        ask(functions, name)
    print("| function | cold: from the start of emulator and program to the first answer, ms | warm, ms | memory, MiB | zip, MiB |")
    print("|---|---|---|---|---|")
    for name in NAMES:
        cold = []
        for _ in range(runs):
            functions[name].stop()
            # The emulator starts the program before the first event comes.
            started = time.perf_counter()
            functions[name].start()
            ask(functions, name)
            cold.append((time.perf_counter() - started) * 1000)
        warm = [ask(functions, name) for _ in range(WARM)]
        size = package(name, folder)
        print(f"| {name} | {several(cold)} | {statistics.median(warm):.1f} | {memory(functions[name]):.0f} | {size:.1f} |")
    apart, together = by_functions(functions), by_one_process()
    print("\n| CPU, ms | functions that take part | edge and services in one process |\n|---|---|---|")
    for what in apart:
        print(f"| {what} | {apart[what]:.2f} | {together[what]:.2f} |")
    for function in functions.values():
        function.stop()


def each(processes, count, work):
    """CPU time of one time of it."""
    work()
    before = cpu(processes())
    for _ in range(count):
        work()
    return (cpu(processes()) - before) / count


def by_functions(functions):
    item, shopper = product(functions, 2 * CHECKOUTS), str(uuid.uuid4())
    fill(functions, shopper, item)

    def processes():
        return [function.program() for function in functions.values() if function.program()]

    def checkout():
        user = str(uuid.uuid4())
        fill(functions, user, item)
        placed = functions["orders"].invoke(order(functions, user, "key"))
        assert placed["statusCode"] == 201, placed

    catalog, orders = functions["catalog"], functions["orders"]
    return {
        "list of products": each(processes, WARM, lambda: called(catalog, "GET", "/v1/products")),
        "a product": each(processes, WARM, lambda: called(catalog, "GET", f"/v1/products/{item['id']}")),
        "a cart": each(processes, WARM, lambda: called(orders, "GET", "/v1/cart", user=shopper)),
        "a checkout, with its cart": each(processes, CHECKOUTS, checkout),
    }


def by_one_process():
    """The same of the shop that runs as one program, through its edge, over SQLite."""
    token = None

    def ask(method, path, body=None, **headers):
        if token:
            headers["authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        headers["content-type"] = "application/json"
        request = urllib.request.Request(os.environ["SHOP_API"] + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=40) as answer:
            return json.loads(answer.read())

    account = json.loads(Path(os.environ["SHOP_ACCOUNTS"]).read_text())["shopper"]
    token = ask("POST", "/v1/sessions", account)["access_token"]
    page = ask("GET", "/v1/products?in_stock=true&limit=100")
    item = next(item for item in page["items"] if ask("GET", f"/v1/products/{item['id']}")["stock"] >= 2 * CHECKOUTS)

    def put_into_cart():
        return ask("PUT", f"/v1/cart/items/{item['id']}", {"quantity": 1})

    def checkout():
        put_into_cart()
        total = ask("GET", "/v1/cart")["total"]
        body = {"address": ADDRESS, "payment": {"token": "tok_visa"}, "expected_total": total}
        ask("POST", "/v1/orders", body, **{"idempotency-key": str(uuid.uuid4())})

    def processes():
        return [os.environ["SHOP_PROCESS"]]

    put_into_cart()
    return {
        "list of products": each(processes, WARM, lambda: ask("GET", "/v1/products")),
        "a product": each(processes, WARM, lambda: ask("GET", f"/v1/products/{item['id']}")),
        "a cart": each(processes, WARM, lambda: ask("GET", "/v1/cart")),
        "a checkout, with its cart": each(processes, CHECKOUTS, checkout),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
