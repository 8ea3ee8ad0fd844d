"""The state file: the tables as JSON, replaced whole at each write.

It holds the credentials of connections, which are test data; the file is for its owner only all the same.
"""

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from emulator.model import (
    Account,
    Binding,
    Connection,
    CustomRole,
    Named,
    Operation,
    Policy,
    Project,
    Token,
    World,
)

_FORMAT = 1


def _policy(row: dict[str, Any]) -> Policy:
    bindings = tuple(Binding(b["role"], tuple(b["members"]), b["condition"]) for b in row["bindings"])
    return Policy(bindings, row["etag"], tuple(row["audit_configs"]))


def _custom_role(row: dict[str, Any]) -> CustomRole:
    return CustomRole(**{**row, "permissions": tuple(row["permissions"])})


def _token(row: dict[str, Any]) -> Token:
    return Token(**{**row, "scopes": tuple(row["scopes"])})


_READERS: dict[str, Callable[[Any], Any]] = {
    "projects": lambda row: Project(**row),
    "policies": _policy,
    "connections": lambda row: Connection(**row),
    "clusters": lambda row: Named(**row),
    "instances": lambda row: Named(**row),
    "key_rings": lambda row: Named(**row),
    "keys": lambda row: Named(**row),
    "custom_roles": _custom_role,
    "accounts": lambda row: Account(**row),
    "groups": tuple,
    "tokens": _token,
    "operations": lambda row: Operation(**row),
    "resources": lambda row: Named(**row),
}


def dump(world: World) -> dict[str, Any]:
    """The tables as JSON values."""
    return asdict(world)


def save(world: World, path: Path) -> None:
    """Write the tables to `path` so that a crash leaves the old file or the new one, never half of one."""
    text = json.dumps({"format": _FORMAT, **dump(world)})
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: Path) -> World:
    """Read the tables back.

    Raises ValueError when the file is not one that `save` wrote.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError(f"{path} is not a state file of this emulator")
    tables = {table.name: data.get(table.name, {}) for table in fields(World)}
    return World(
        **{name: {key: _READERS[name](row) for key, row in rows.items()} for name, rows in tables.items()}
    )
