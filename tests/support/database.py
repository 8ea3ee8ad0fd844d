"""Emptying a test database quickly, whose audit trail refuses to be emptied."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from django.core.management.commands import flush
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from portal.apps import ensure_rows

# What Django and its sites framework made with the tables; no test changes it.
KEPT = {"django_content_type", "auth_permission", "django_site"}


@contextmanager
def flush_despite_triggers() -> Generator[None]:
    """Let Django's flush between transactional tests pass the triggers that protect the audit trail.

    Only the flush gets through: whatever a test itself does meets the triggers as in production. It empties
    the tables that hold something, and makes the portal's own first rows again: a thousand times in a run.
    """
    with (
        patch.object(connection.ops, "execute_sql_flush", _empty),
        patch.object(flush, "emit_post_migrate_signal", lambda *_: ensure_rows()),
    ):
        yield


def _empty(_sql: Iterable[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if tables := _filled(cursor):
            despite = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
            with despite(cursor, tables):
                for table in tables:
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


def _filled(cursor: CursorWrapper) -> list[str]:
    """Return the tables of the models that have a row."""
    names = set(connection.introspection.django_table_names(only_existing=False)) - KEPT
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"
            for name in sorted(names)
        )
    )
    return [name for (name,) in cursor.fetchall()]


@contextmanager
def _on_postgresql(cursor: CursorWrapper, _tables: list[str]) -> Iterator[None]:
    """A session of a replica fires no ordinary trigger, nor those of foreign keys."""
    cursor.execute("SET LOCAL session_replication_role = replica")
    yield


@contextmanager
def _on_sqlite(cursor: CursorWrapper, tables: list[str]) -> Iterator[None]:
    """SQLite cannot switch triggers off, so they are dropped and made again, word for word."""
    cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = [(name, definition) for table, name, definition in cursor.fetchall() if table in tables]
    for name, _ in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    yield
    for _, definition in triggers:
        cursor.execute(definition)
