"""How SQLite finds what the code asks for: by an index, or by looking through a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

only_sqlite = pytest.mark.skipif("config.getoption('database') == 'postgresql'", reason="SQLite's plans")


@contextmanager
def plans() -> Iterator[list[str]]:
    """Collect the lines of the plan of each query that is asked meanwhile."""
    found: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith("SELECT"):
            rows = execute(f"EXPLAIN QUERY PLAN {sql}", params, many, context).fetchall()
            found.extend(row[3] for row in rows)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found
