"""Holding the database, so that a worker comes to its commit and no further."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from django.db import connection

from portal.models import Operation


def _address() -> str:
    settings = connection.settings_dict
    return (
        f"host={settings['HOST']} port={settings['PORT']} user={settings['USER']} dbname={settings['NAME']}"
    )


@contextmanager
def held(operation: Operation) -> Generator[None]:
    """Let nobody else write the operation's row (SQLite: anything) while the block lasts."""
    if connection.vendor == "sqlite":
        with _file_held():
            yield
        return
    with psycopg.connect(_address()) as session:
        session.execute("SELECT 1 FROM portal_operation WHERE id = %s FOR UPDATE", [operation.pk])
        yield
        session.rollback()


@contextmanager
def audit_held() -> Generator[None]:
    """Let nobody else append to the audit trail (SQLite: write anything) while the block lasts."""
    if connection.vendor == "sqlite":
        with _file_held():
            yield
        return
    with psycopg.connect(_address()) as session:
        session.execute("SELECT 1 FROM portal_audithead FOR UPDATE")
        yield
        session.rollback()


@contextmanager
def _file_held() -> Generator[None]:
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, timeout=20)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()
