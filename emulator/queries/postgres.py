"""Running the inner statement on the real PostgreSQL, as the connection's own user.

What goes wrong is told in BigQuery's words: Google's documentation, troubleshooting federated queries. The
session is read-only with a time limit, as BigQuery's is.
"""

import re
from dataclasses import dataclass
from typing import Any

import psycopg

from emulator.backends import Backend
from emulator.queries import types

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
MOST_ROWS = 10_000

CLOSED = (
    "Connect to PostgreSQL server failed: server closed the connection unexpectedly\n"
    "\tThis probably means the server terminated abnormally\n\tbefore or while processing the request."
)
_FATAL = re.compile(r"FATAL:\s+(.*)")


class QueryFailed(Exception):
    """The message is what BigQuery puts after `Invalid table-valued function EXTERNAL_QUERY`."""


@dataclass(frozen=True)
class Table:
    """Column names with BigQuery types, and rows of Python values."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Login:
    """Where to and as whom."""

    backend: Backend
    database: str
    username: str
    password: str


def _connect(login: Login) -> "psycopg.Connection[tuple[Any, ...]]":
    if not login.backend.has(login.database):
        fatal_text = f'FATAL: database "{login.database}" does not exist'
        raise QueryFailed(f"Failed to connect to PostgreSQL database. Error: {fatal_text}")
    try:
        return psycopg.connect(
            host=login.backend.host,
            port=login.backend.port,
            dbname=login.database,
            user=login.username,
            password=login.password,
            connect_timeout=CONNECT_SECONDS,
            options=f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s "
            "-c timezone=UTC",
            application_name="BigQuery",
        )
    except psycopg.Error as error:
        fatal = _FATAL.search(str(error))
        if fatal is None:
            raise QueryFailed(CLOSED) from error
        sentence = f"Failed to connect to PostgreSQL database. Error: FATAL: {fatal.group(1)}"
        raise QueryFailed(sentence) from error


def _failure(error: psycopg.Error) -> QueryFailed:
    state, message = error.sqlstate or "", str(error).strip()
    # Class 42 (syntax, unknown names) already shows when BigQuery asks for the result's columns.
    if state.startswith("42") and state != "42501":
        return QueryFailed(f"Failed to get query schema from PostgreSQL server. Error: ERROR: {message}")
    return QueryFailed(f"Failed to fetch row from PostgreSQL server. Error: ERROR: {message}")


def _columns(cursor: "psycopg.Cursor[tuple[Any, ...]]") -> tuple[tuple[str, str], ...]:
    if cursor.description is None:
        raise QueryFailed("The statement returns no rows.")
    try:
        return tuple((column.name, types.field_type(column.type_code)) for column in cursor.description)
    except types.UnsupportedType as error:
        raise QueryFailed(f"PostgreSQL type (OID = {error}) is not supported now") from error


def fetch(login: Login, statement: str) -> Table:
    """Run one statement and bring its rows. Raises QueryFailed."""
    connection = _connect(login)
    try:
        with connection.cursor() as cursor:
            # With parameters the extended protocol is used, which takes one statement only.
            cursor.execute(statement.encode(), prepare=True)
            columns = _columns(cursor)
            rows = tuple(cursor.fetchmany(MOST_ROWS + 1))
    except psycopg.Error as error:
        raise _failure(error) from error
    finally:
        connection.close()
    if len(rows) > MOST_ROWS:
        raise QueryFailed(f"The emulator returns at most {MOST_ROWS} rows.")
    return Table(columns, rows)
