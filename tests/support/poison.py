"""A database that refuses one row: a real fault for sweeps over many."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from django.db import connection

_POSTGRESQL = """
    CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF {condition} THEN RAISE EXCEPTION 'poisoned'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER poisoned BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION poisoned()
"""
_SQLITE = """
    CREATE TRIGGER poisoned BEFORE {act} ON {table} WHEN {condition}
    BEGIN SELECT RAISE(ABORT, 'poisoned'); END
"""


@contextmanager
def poisoned(table: str, condition: str, act: str = "UPDATE") -> Generator[None]:
    """Have the database refuse to change the rows of which the condition (SQL on NEW) holds."""
    statement = _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table=table, condition=condition, act=act))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("DROP FUNCTION poisoned() CASCADE")
            else:
                cursor.execute("DROP TRIGGER poisoned")
