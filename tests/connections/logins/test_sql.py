"""SQL to paste, held by a real PostgreSQL: whatever the name, it means that user and nothing else.

MySQL's is read by a parser of that dialect, see test_sql_dialects.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.logins import sql
from connections.logins.products import Product
from emulator import demo_database
from emulator.estate import DEMO_INSTANCE
from tests.support.examples import examples

# What a role's name may be: anything but NUL, up to 63 bytes.
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40).filter(
    lambda name: len(name.encode()) <= 63
)
HOSTILE = ['"', 'a"; DROP TABLE orders; --', "o'neil@example.com", "ana@example.com", "`", 'a""b', "$$", "\\"]


@pytest.fixture(scope="module")
def database() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The demo's PostgreSQL, as its administrator."""
    with (
        TemporaryDirectory(prefix="login-sql-") as folder,
        demo_database.running(Path(folder) / "data") as backends,
    ):
        backend = backends[DEMO_INSTANCE]
        with psycopg.connect(
            host=backend.host,
            port=backend.port,
            user="postgres",
            dbname=backend.databases[0],
            autocommit=True,
        ) as connection:
            yield connection


def check(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """Paste what is shown for this name, and look what came of it."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"CREATE ROLE {sql.identifier(name)}".encode())
        connection.execute(sql.grant(Product.ALLOYDB, name).encode())
        held = connection.execute(
            "SELECT grantee FROM information_schema.role_table_grants"
            " WHERE table_name = 'orders' AND grantee = %s AND privilege_type = 'SELECT'",
            [name],
        ).fetchall()
        assert held == [(name,)]
        connection.execute(sql.take_back(Product.ALLOYDB, name).encode())
        connection.execute(f"DROP ROLE {sql.identifier(name)}".encode())
        assert connection.execute("SELECT count(*) FROM orders").fetchone()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_names(database: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    check(database, name)


@examples(60)
@given(name=NAMES)
def test_any_name_is_quoted_as_postgresql_reads_it(
    database: psycopg.Connection[tuple[object, ...]], name: str
) -> None:
    check(database, name)


@examples(60)
@given(name=NAMES)
def test_an_identifier_is_read_back_unchanged(
    database: psycopg.Connection[tuple[object, ...]], name: str
) -> None:
    """As the name of a column, so that the server's own parser tells what it read."""
    cursor = database.execute(f"SELECT 1 AS {sql.identifier(name)}".encode())
    assert cursor.description
    assert cursor.description[0].name == name


def test_a_database_and_a_schema_can_be_named() -> None:
    said = sql.grant(Product.POSTGRESQL, "ana@example.com", "crm", "sales")
    assert said.splitlines() == [
        'GRANT CONNECT ON DATABASE "crm" TO "ana@example.com";',
        'GRANT USAGE ON SCHEMA "sales" TO "ana@example.com";',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "sales" TO "ana@example.com";',
    ]
    assert "`ana`@`%`" in sql.take_back(Product.MYSQL, "ana")


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        sql.identifier(name)
