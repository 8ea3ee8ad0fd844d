"""EXTERNAL_QUERY on Cloud Spanner: the stand-in has no Spanner, and runs one statement itself.

That statement is `SELECT n`, with which people try a connection out. Anything else is refused as not
emulated. Spanner has no credential and no service agent: whoever asks needs the permissions (Google's
documentation, Spanner federated queries). Unverified: the words of the refusals, and the name of a column
without alias.
"""

import re

from emulator import errors, names
from emulator.calling import Call
from emulator.errors import ApiError
from emulator.furniture import SPANNER
from emulator.model import Connection
from emulator.queries.parser import Statement
from emulator.queries.postgres import Table

_CONSTANT = re.compile(r"^\s*SELECT\s+(\d{1,18})(?:\s+AS\s+([A-Za-z_]\w*))?\s*;?\s*$", re.IGNORECASE)


def _check(call: Call, connection: Connection) -> None:
    block = connection.body["cloudSpanner"]
    name = names.canonical(call.world, block["database"])
    needed = "spanner.databases.useDataBoost" if block.get("useDataBoost") else "spanner.databases.select"
    if not call.may(needed, name):
        raise errors.permission_denied(needed, "spanner", block["database"])
    if f"//{SPANNER}/{name}" not in call.world.resources:
        raise errors.not_found(f"Database not found: {block['database']}")


def fetch(call: Call, connection: Connection, statement: Statement) -> Table:
    """The one row of `SELECT n`. Raises ApiError 403, 404, and 501 for other statements."""
    _check(call, connection)
    match = _CONSTANT.match(statement.inner)
    if match is None:
        message = "The emulator runs no SQL on Cloud Spanner but SELECT of one integer."
        raise ApiError(501, message, status="UNIMPLEMENTED", reason="notImplemented")
    return Table(((match.group(2) or "f0_", "INTEGER"),), ((int(match.group(1)),),))
