"""The stores of a deployed stack: queries of the staff, passwords that change, products found by words, and answers that
functions share."""

import json
import os
import subprocess
import time
from urllib.parse import urlsplit
from urllib.request import urlopen

import boto3
import pytest
from conftest import Stage
from people import OUTPUTS, account
from test_stack import logs

CACHE, INDEX = os.environ.get("SHOP_CACHE"), os.environ.get("SHOP_INDEX")


@pytest.fixture(scope="module")
def api():
    return Stage(OUTPUTS["Api"])


@pytest.fixture(scope="module")
def staff(api):
    session = api.call("POST", "/v1/sessions", account("staff"))
    return {"authorization": f"Bearer {session.json['access_token']}"}


def psql(sql):
    """As the server's administrator."""
    asked = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--set", "ON_ERROR_STOP=1"]
    return subprocess.run(asked, input=sql.encode(), check=True, stdout=subprocess.PIPE).stdout


def test_a_query_of_the_staff_is_answered_from_the_star(api, staff):
    sql = "select count(*) from dim_days"

    answer = api.call("POST", "/v1/reports/queries", {"sql": sql}, headers=staff)

    assert answer.status == 200, answer.text + logs("reports")
    assert answer.json["rows"][0][0] > 7_000


@pytest.mark.parametrize(
    "sql",
    ["delete from fact_orders", "select 1; drop table fact_orders", "select * from asked_query", "select pg_sleep(60)"],
)
def test_a_hostile_query_comes_to_nothing(api, staff, sql):
    answer = api.call("POST", "/v1/reports/queries", {"sql": sql}, headers=staff)

    assert answer.status == 422, answer.text
    assert answer.json["type"] in ("/problems/query-refused", "/problems/query-too-costly")


def test_a_password_that_changes_is_read_by_functions_that_run(api, staff):
    ask = {
        "CatalogDatabase": ("catalog", "/v1/products?limit=1", None),
        "OrdersDatabase": ("orders", "/v1/orders", None),
        "ReportsDatabase": ("reports", "/v1/reports/summary", None),
        "ReaderDatabase": ("reports_reader", "/v1/reports/queries", {"sql": "select 1"}),
    }
    secrets = boto3.client("secretsmanager")

    for output, (role, path, body) in ask.items():
        method = "POST" if body else "GET"
        before = api.call(method, path, body, headers=staff)
        assert before.status == 200, before.text
        password = f"{role}{time.time_ns()}"
        psql(f"alter role {role} password '{password}'")
        text = json.dumps({"username": role, "password": password})
        secrets.put_secret_value(SecretId=OUTPUTS[output], SecretString=text)
        psql(f"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{role}'")

        # What was under way on a connection that ended may fail, once for each.
        answers = [api.call(method, path, body, headers=staff).status for _ in range(8)]
        assert answers[4:] == [200] * 4, f"{role}: {answers}" + logs(role.partition("_")[0])


@pytest.mark.skipif(not INDEX, reason="no index was given")
def test_products_are_found_by_words_in_an_index_that_a_pass_keeps(api):
    ends = time.time() + 150
    while True:
        try:
            with urlopen(f"{INDEX}/_count") as answer:
                count = json.load(answer)["count"]
        except OSError:
            count = 0
        if count:
            break
        assert time.time() < ends, logs("catalog")
        time.sleep(1)

    # Another function may still have a connection that was ended.
    tries = (api.call("GET", "/v1/products?q=tomatoe&limit=5") for _ in range(6))
    found = next(answer for answer in tries if answer.status == 200)
    assert "tomato" in found.text.lower(), found.text


@pytest.mark.skipif(not CACHE, reason="no Redis was given")
def test_functions_share_answers_in_redis(api):
    api.call("GET", "/v1/categories")

    at = urlsplit(CACHE)
    ask = ["redis-cli", "-p", str(at.port), "keys", "*"]
    keys = subprocess.run(ask, env=os.environ | {"REDISCLI_AUTH": at.password}, stdout=subprocess.PIPE)

    assert b"{catalog}:answer:" in keys.stdout, keys.stdout
