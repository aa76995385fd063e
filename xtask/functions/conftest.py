import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from functions import shop  # noqa: E402


@pytest.fixture(scope="session")
def functions(tmp_path_factory):
    names = ["users", "catalog", "orders", "payments", "notices"]
    databases = {name: os.environ[f"TERRACE_TEST_DATABASE_{name.upper()}"] for name in names}
    functions = shop(databases, tmp_path_factory.mktemp("functions"))
    yield functions
    for function in functions.values():
        function.stop()
