import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from functions import shop  # noqa: E402


@pytest.fixture(scope="session")
def functions(tmp_path_factory):
    functions = shop(tmp_path_factory.mktemp("functions"))
    yield functions
    for function in functions.values():
        function.stop()
