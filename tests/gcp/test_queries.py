"""The SQL of a federated query."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.gcp.queries import external_query_sql

PATH = "acme-analytics.us-central1.orders"
HEAD, TAIL = f"SELECT * FROM EXTERNAL_QUERY('{PATH}', '''", "''')"
ESCAPES = {"\\\\": "\\", "\\'": "'", "\\r": "\r"}

statements = st.text(st.sampled_from("ab '\"\\\r\n%;-`é"), min_size=1, max_size=30).filter(str.strip)


def unquote(literal: str) -> str:
    """What GoogleSQL reads between triple quotes: escapes replaced, ending at the first three bare quotes."""
    bare = re.sub(r"\\.", "..", literal, flags=re.DOTALL)
    assert "'''" not in bare, "the string would end early"
    assert not bare.endswith("'"), "the last quote would belong to the closing ones"
    assert not bare.startswith("'")
    return re.sub(r"\\[\\'r]", lambda found: ESCAPES[found.group()], literal)


@given(statements)
@example("SELECT 'it''s' || '\\'")
@example("'''")
@example("SELECT '''three''' || 1")
@example("SELECT '\\''")
def test_any_statement_reaches_the_database_as_it_was_written(statement: str) -> None:
    """Quotes and backslashes neither end the string early nor get lost."""
    sql = external_query_sql(PATH, statement)
    assert sql.startswith(HEAD)
    assert sql.endswith(TAIL)
    assert unquote(sql[len(HEAD) : -len(TAIL)]) == statement


def test_a_usual_statement_stays_readable() -> None:
    """People copy it from the page."""
    sql = external_query_sql(PATH, "SELECT * FROM orders\nWHERE state = 'paid' AND n > 3")
    assert sql == f"{HEAD}SELECT * FROM orders\nWHERE state = 'paid' AND n > 3{TAIL}"


@pytest.mark.parametrize("path", ["", "orders", "a.b", "a.b.c'", "a.b.c d", "a.b.c.d.e'--"])
def test_a_path_that_cannot_be_is_refused(path: str) -> None:
    """It stands in a string of its own."""
    with pytest.raises(ValueError, match="path"):
        external_query_sql(path, "SELECT 1")


@pytest.mark.parametrize("statement", ["", "  \n", "SELECT 1\0"])
def test_a_statement_that_cannot_be_is_refused(statement: str) -> None:
    """Nothing to send."""
    with pytest.raises(ValueError, match="statement"):
        external_query_sql(PATH, statement)
