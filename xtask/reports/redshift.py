"""Reads the statements of reports' dashboards as Redshift's SQL: `cargo xtask test redshift-sql`.

A statement passes when sqlglot reads it as Redshift's, calls nothing that Redshift does not have, and says the same when
it is written as Redshift's, PostgreSQL's and SQLite's. That Redshift answers it, only a Redshift can show.
"""

import re
import sys
from pathlib import Path

import sqlglot
from sqlglot import exp

QUERIES = Path(__file__).resolve().parents[2] / "services/reports/queries"

# What the statements may call: the same in Redshift, PostgreSQL and SQLite.
FUNCTIONS = {"Count", "Sum", "Coalesce", "Cast", "Case", "If", "And", "Or", "Min", "Max"}

# What shows that the check finds anything.
BROKEN = {
    "select o.day from fact_orders o where": "no statement",
    "select json_group_array(day) from dim_days": "calls",
    "select strftime('%Y', day) from dim_days": "calls",
    "insert into dim_days values ('x')": "is no select",
    "select 1; select 2": "statements",
    "select top 5 day from dim_days": "no statement of postgres",
}


def fault(sql):
    """Why a statement is not of the common subset; none where it is."""
    # Parameters are the drivers' matter.
    sql = re.sub(r"\$\d", "1", sql)
    try:
        statements = sqlglot.parse(sql, read="redshift")
    except sqlglot.errors.SqlglotError as error:
        return f"no statement of Redshift: {error}"
    if len(statements) != 1:
        return f"{len(statements)} statements"
    [statement] = statements
    if not isinstance(statement, exp.Select):
        return "is no select"
    called = {type(it).__name__ for it in statement.find_all(exp.Func)} - FUNCTIONS
    if called:
        return f"calls {', '.join(sorted(called))}"
    for dialect in ("postgres", "sqlite"):
        try:
            other = sqlglot.parse_one(sql, read=dialect)
        except sqlglot.errors.SqlglotError as error:
            return f"no statement of {dialect}: {error}"
        if without_nulls(other) != without_nulls(statement):
            return f"says otherwise in {dialect}"
    return None


def without_nulls(statement):
    """The statement without where nulls come: nothing is ordered by what may be null."""
    for ordered in statement.find_all(exp.Ordered):
        ordered.set("nulls_first", None)
    return statement


def main():
    for sql, expected in BROKEN.items():
        found = fault(sql)
        assert found and expected in found, f"{sql}: {found}"
    files = sorted(QUERIES.glob("*.sql"))
    assert files, f"no statement in {QUERIES}"
    faults = [f"{file.name}: {found}" for file in files if (found := fault(file.read_text()))]
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(files)} statements of dashboards are Redshift's too")


main()
