"""EXTERNAL_QUERY where the stand-in has no database: Cloud SQL for MySQL and SAP Datasphere.

Of each the demo company has one, with one user, and one statement is run on it: `SELECT n`, with which people
try a connection out (`SELECT n FROM DUMMY` on SAP HANA, which has no SELECT without FROM). Anything else is
refused as not emulated. The refusals of MySQL are those that its users quote; unverified: the words of SAP's,
and the name of a column without alias.
"""

import re
from dataclasses import dataclass

from emulator.calling import Call
from emulator.errors import ApiError
from emulator.model import Connection
from emulator.queries import checks, target
from emulator.queries.checks import Refusal
from emulator.queries.parser import Statement
from emulator.queries.postgres import Table

_SELECT = r"^\s*SELECT\s+(\d{1,18})(?:\s+AS\s+([A-Za-z_]\w*))?"
_MYSQL = "Failed to connect to MySQL database. Error: MysqlErrorCode"


@dataclass(frozen=True)
class Pretended:
    """A database with one user; `statement` is what it answers."""

    product: str
    username: str
    password: str
    statement: re.Pattern[str]
    database: str = ""


SHOP = Pretended(
    product="Cloud SQL for MySQL",
    username="shop_reader",
    password="shop-demo-password",
    statement=re.compile(_SELECT + r"\s*;?\s*$", re.IGNORECASE),
    database="shop",
)
FINANCE = Pretended(
    product="SAP HANA",
    username="FINANCE#BIGQUERY",
    password="finance-demo-password",
    statement=re.compile(_SELECT + r"\s+FROM\s+DUMMY\s*;?\s*$", re.IGNORECASE),
)
INSTANCES = {"projects/528461093377/instances/shop": SHOP}
HOSTS = {"finance.hanacloud.example.com:443": FINANCE}


def stands_in(call: Call, connection: Connection) -> bool:
    """Whether a query through this connection is answered here."""
    if _is_sap(connection):
        return True
    found = target.of(call.world, connection)
    return found is not None and found.dialect == "MySQL" and found.resource in INSTANCES


def fetch(call: Call, connection: Connection, statement: Statement) -> Table:
    """The one row of `SELECT n`. Raises ApiError 400 for what is in the way, and 501 for other statements."""
    pretended = _on_sap(call, connection, statement) if _is_sap(connection) else None
    return _answer(pretended or _on_mysql(call, connection, statement), statement)


def _is_sap(connection: Connection) -> bool:
    block = connection.body.get("configuration", {})
    return connection.kind == "configuration" and block.get("connectorId") == "saphana"


def _on_sap(call: Call, connection: Connection, statement: Statement) -> Pretended:
    """No role is needed there: the host asks for user and password alone."""
    refuse = Refusal(statement.at)
    checks.check_key(call, connection)
    credential = checks.credential(connection, refuse)
    host = connection.body["configuration"].get("endpoint", {}).get("hostPort", "")
    found = HOSTS.get(host)
    if found is None:
        raise refuse(f"Failed to connect to SAP HANA database. Error: Cannot connect to host {host}.")
    if (credential["username"], credential["password"]) != (found.username, found.password):
        raise refuse("Failed to connect to SAP HANA database. Error: authentication failed.")
    return found


def _on_mysql(call: Call, connection: Connection, statement: Statement) -> Pretended:
    refuse = Refusal(statement.at)
    instance, credential = checks.admitted(call, connection, refuse)
    found, user = INSTANCES[instance.resource], credential["username"]
    if (user, credential["password"]) != (found.username, found.password):
        raise refuse(f"{_MYSQL}(1045): Access denied for user '{user}'@'10.40.0.3' (using password: YES)")
    if instance.database != found.database:
        raise refuse(f"{_MYSQL}(1049): Unknown database '{instance.database}'")
    return found


def _answer(pretended: Pretended, statement: Statement) -> Table:
    match = pretended.statement.match(statement.inner)
    if match is None:
        message = f"The emulator runs no SQL on {pretended.product} but SELECT of one integer."
        raise ApiError(501, message, status="UNIMPLEMENTED", reason="notImplemented")
    return Table(((match.group(2) or "f0_", "INTEGER"),), ((int(match.group(1)),),))
