"""Querying: bq, the SQL and Python run the very statement."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given

from connections.equivalents import querying
from portal.gcp.queries import external_query_sql
from tests.connections.equivalents import reading, samples
from tests.connections.equivalents.shells import Shell
from tests.support.examples import examples

statements = samples.hostile.filter(lambda text: bool(text.strip()))
many = examples(40)


@given(connection_id=samples.ids, project=samples.projects, sql=statements)
@many
def test_bq_queries(shell: Shell, connection_id: str, project: str, sql: str) -> None:
    path = f"{project}.us-central1.{connection_id}"
    statement, bq, _ = querying(path, sql)

    (call,) = shell.called(bq.text)

    verb, flags, positional = reading.bq_words(call)
    assert verb == "query"
    assert flags == {"project_id": project, "location": "us-central1", "use_legacy_sql": "false"}
    assert [*positional, *([call.stdin.removesuffix("\n")] if call.stdin else [])] == [statement.text]
    assert statement.text == external_query_sql(path, sql)


@given(connection_id=samples.ids, sql=statements)
@many
def test_python_queries(connection_id: str, sql: str) -> None:
    statement, _, python = querying(f"acme.us.{connection_id}", sql)
    found = [
        ast.literal_eval(node.value)
        for node in ast.parse(python.text).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "sql"
    ]

    assert found == [statement.text]


def test_what_people_see() -> None:
    statement, bq, python = querying("acme.us.orders", "SELECT 1\nFROM customers")

    assert (statement.tool, statement.language) == ("sql", "sql")
    assert bq.text == (
        "bq query \\\n  --project_id=acme \\\n  --location=us \\\n  --use_legacy_sql=false \\\n  <<'SQL'\n"
        "SELECT * FROM EXTERNAL_QUERY('acme.us.orders', '''SELECT 1\nFROM customers''')\nSQL"
    )
    assert 'bigquery.Client(project="acme", location="us")' in python.text


@pytest.mark.parametrize(("path", "sql"), [("acme.us.orders", " "), ("orders", "SELECT 1")])
def test_no_statement_and_no_path_are_refused(path: str, sql: str) -> None:
    with pytest.raises(ValueError, match=r"statement|path"):
        querying(path, sql)
