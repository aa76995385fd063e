"""Reads the statements of reports' dashboards, and those of its adapter for Redshift, as Redshift's SQL:
`cargo xtask test redshift-sql`.

A statement passes when sqlglot reads it as Redshift's, calls nothing that Redshift does not have, and says the same when
it is written as Redshift's, PostgreSQL's and, for dashboards, SQLite's. That Redshift answers it, only a Redshift can show.
"""

import re
import sys
from pathlib import Path

import sqlglot
from sqlglot import exp

REPORTS = Path(__file__).resolve().parents[2] / "services/reports"
QUERIES, WRITES = REPORTS / "queries", REPORTS / "redshift"

# What the statements may call: the same in Redshift, PostgreSQL and SQLite.
FUNCTIONS = {"Count", "Sum", "Coalesce", "Cast", "Case", "If", "And", "Or", "Min", "Max"}

# What the adapter's may be, with what they may call besides, and the types of its columns.
KINDS = (exp.Create, exp.Copy, exp.Insert, exp.Update, exp.Delete)
WRITING_FUNCTIONS = FUNCTIONS | {"RowNumber", "Exists"}
TYPES = {"VARCHAR", "BIGINT"}
RESERVED = sqlglot.dialects.Redshift.Generator.RESERVED_KEYWORDS

# What shows that the check finds anything.
BROKEN_WRITES = {
    "insert into dim_days (day) values ('x') on conflict do nothing": "OnConflict",
    "delete from dim_days returning day": "Returning",
    "truncate dim_days": "is no write",
    "create table x (y uuid)": "UUID",
    "create table x (y bigint primary key)": "PrimaryKey",
    "update dim_days set month = to_char(now(), 'YYYY')": "calls",
    "create table x (snapshot bigint)": "reserved",
    "delete from dim_days where": "no statement",
}
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


def write_faults(text):
    """Why statements of the adapter are not Redshift's, or say otherwise in PostgreSQL."""
    text = re.sub(r"\$\d", "1", text)
    try:
        statements = sqlglot.parse(text, read="redshift")
    except sqlglot.errors.SqlglotError as error:
        return [f"no statement of Redshift: {error}"]
    faults = [fault for statement in statements for fault in write_faults_of(statement)]
    if any(isinstance(statement, exp.Copy) for statement in statements):
        return faults
    others = sqlglot.parse(text, read="postgres")
    same = [without_nulls(it) for it in others] == [without_nulls(it) for it in statements]
    return faults + ([] if same else ["says otherwise in postgres"])


def write_faults_of(statement):
    """Why one is not."""
    if not isinstance(statement, KINDS):
        yield f"is no write: {statement.sql()[:60]}"
    called = {type(it).__name__ for it in statement.find_all(exp.Func)} - WRITING_FUNCTIONS
    if called:
        yield f"calls {', '.join(sorted(called))}"
    # Keys that Redshift would not enforce, and what it does not know.
    for it in statement.find_all(exp.OnConflict, exp.Returning, exp.Lock, exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint, exp.PrimaryKey):
        yield f"has {type(it).__name__}"
    for it in statement.find_all(exp.DataType):
        if it.this.name not in TYPES:
            yield f"has the type {it.this.name}"
    for it in statement.find_all(exp.Identifier):
        if it.name.lower() in RESERVED and not it.args.get("quoted"):
            yield f"{it.name} is reserved"


def without_nulls(statement):
    """The statement without where nulls come: nothing is ordered by what may be null. And with one way to say "is not null",
    which is read in two."""
    for ordered in statement.find_all(exp.Ordered):
        ordered.set("nulls_first", None)
    for negated in [it for it in statement.find_all(exp.Is) if it.args.get("negate")]:
        negated.set("negate", None)
        negated.replace(exp.Not(this=negated.copy()))
    return statement


def main():
    for sql, expected in BROKEN.items():
        found = fault(sql)
        assert found and expected in found, f"{sql}: {found}"
    for sql, expected in BROKEN_WRITES.items():
        found = write_faults(sql)
        assert any(expected in it for it in found), f"{sql}: {found}"
    files, writes = (sorted(folder.glob("*.sql")) for folder in (QUERIES, WRITES))
    assert files and writes, f"no statement in {QUERIES} or {WRITES}"
    faults = [f"{file.name}: {found}" for file in files if (found := fault(file.read_text()))]
    faults += [f"{file.name}: {found}" for file in writes for found in write_faults(file.read_text())]
    if faults:
        sys.exit("\n".join(faults))
    print(f"{len(files)} statements of dashboards are Redshift's too, and {len(writes)} files of its adapter")


main()
