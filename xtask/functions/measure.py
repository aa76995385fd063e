"""What functions cost: how long the first and the next answers take, their memory, the size of their packages, and CPU
time. Behind the emulator, which adds its own time and takes none of the machine away as Lambda does."""

import os
import statistics
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from functions import PROGRAMS, called, event, shop  # noqa: E402
from test_functions import fill, order, product  # noqa: E402

NAMES = ["users", "catalog", "orders", "payments", "notices"]
WARM = 200
CHECKOUTS = 20
TICK = os.sysconf("SC_CLK_TCK")

# A request that reads the database, where there is one for anybody.
FIRST = {
    "users": ("GET", "/.well-known/jwks.json", None),
    "catalog": ("GET", "/v1/products", None),
    "orders": ("GET", "/v1/cart", "rose"),
    "payments": ("GET", "/v1/none", None),
    "notices": ("GET", "/v1/none", None),
}


def ask(functions, name):
    method, path, user = FIRST[name]
    started = time.perf_counter()
    functions[name].invoke(event(method, path, user=user))
    return (time.perf_counter() - started) * 1000


def memory(function):
    status = Path(f"/proc/{function.program()}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def cpu(functions):
    """CPU time of all functions until now, in ms."""
    total = 0
    for function in functions.values():
        program = function.program()
        if program:
            fields = Path(f"/proc/{program}/stat").read_text().rsplit(")", 1)[1].split()
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
    databases = {name: os.environ[f"TERRACE_TEST_DATABASE_{name.upper()}"] for name in NAMES}
    functions = shop(databases, Path(folder))
    # The first start of all makes tables and the assortment.
    for name in NAMES:
        ask(functions, name)
    print("| function | cold: start and first answer, ms | warm, ms | memory, MiB | zip, MiB |")
    print("|---|---|---|---|---|")
    for name in NAMES:
        cold = []
        for _ in range(runs):
            functions[name].kill()
            cold.append(ask(functions, name))
        warm = [ask(functions, name) for _ in range(WARM)]
        size = package(name, folder)
        print(f"| {name} | {several(cold)} | {statistics.median(warm):.1f} | {memory(functions[name]):.0f} | {size:.1f} |")
    item = product(functions)
    print("\n| of all functions that take part | CPU, ms |\n|---|---|")

    def measured(what, count, work):
        work()
        before = cpu(functions)
        for _ in range(count):
            work()
        print(f"| {what} | {(cpu(functions) - before) / count:.2f} |")

    user = str(uuid.uuid4())
    fill(functions, user, item)
    measured("list of products", WARM, lambda: called(functions["catalog"], "GET", "/v1/products"))
    measured("a product", WARM, lambda: called(functions["catalog"], "GET", f"/v1/products/{item['id']}"))
    measured("a cart", WARM, lambda: called(functions["orders"], "GET", "/v1/cart", user=user))

    def checkout():
        user = str(uuid.uuid4())
        fill(functions, user, item)
        functions["orders"].invoke(order(functions, user, "key"))

    measured("a checkout, with cart", CHECKOUTS, checkout)
    for function in functions.values():
        function.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]))
