"""Emptying a test database whose audit trail refuses to be emptied."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from unittest.mock import patch

from django.db import connection

Flush = Callable[[Iterable[str]], None]


@contextmanager
def flush_despite_triggers() -> Generator[None]:
    """Let Django's flush between transactional tests pass the triggers that protect the audit trail.

    Only the flush gets through: whatever a test itself does meets the triggers as in production.
    """
    flush: Flush = connection.ops.execute_sql_flush
    without_triggers = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    with patch.object(connection.ops, "execute_sql_flush", lambda sql: without_triggers(flush, sql)):
        yield


def _on_postgresql(flush: Flush, sql: Iterable[str]) -> None:
    """A replica's session fires no ordinary trigger; the tests' user may become one."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            flush(sql)
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")


def _on_sqlite(flush: Flush, sql: Iterable[str]) -> None:
    """SQLite cannot switch triggers off, so they are dropped and made again, word for word."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers: list[tuple[str, str]] = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        try:
            flush(sql)
        finally:
            for _, definition in triggers:
                cursor.execute(definition)
