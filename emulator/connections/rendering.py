"""A connection as it is stored, and as it is read.

The discovery document bigqueryconnection v1: passwords are input only; `cloudSql.credential` as a whole is.
"""

from typing import Any

from emulator.clock import milliseconds
from emulator.errors import JSON
from emulator.kinds.base import Kind
from emulator.model import Connection
from emulator.proto import masks

_EMPTY: tuple[Any, ...] = ("", False, None, 0)


def merged(one: JSON, other: JSON) -> JSON:
    """Both objects in one, nested ones too; `other` wins."""
    result = dict(one)
    for key, value in other.items():
        below = result.get(key)
        nested = isinstance(below, dict) and isinstance(value, dict)
        result[key] = merged(below or {}, value) if nested else value
    return result


def scrubbed(value: Any) -> Any:
    """The value with every secret (`{"plaintext": ...}`) replaced by its type."""
    if not isinstance(value, dict):
        return value
    kept = {key: scrubbed(item) for key, item in value.items() if key != "plaintext"}
    return {**kept, "secretType": "PLAINTEXT"} if value.get("plaintext") else kept


def pruned(value: JSON) -> JSON:
    """Without false and empty fields, which proto3 JSON leaves out.

    Parameter maps keep them: a oneof shows.
    """
    kept: JSON = {}
    for key, item in value.items():
        if isinstance(item, dict):
            kept[key] = item if key == "parameters" else pruned(item)
        elif item not in _EMPTY:
            kept[key] = item
    return kept


def split(body: JSON, kind: Kind) -> tuple[JSON, dict[str, str] | None]:
    """Take the secret out: the storable body, and the credential if user name and password are there."""
    if not kind.password:
        return pruned(scrubbed(body)), None
    username, password = masks.lookup(body, kind.username), masks.lookup(body, kind.password)
    credential = {"username": username, "password": password} if username and password else None
    if kind.hides_username:
        body = masks.assign(body, kind.username[:-1], None)
    return pruned(scrubbed(body)), credential


def rendered(connection: Connection) -> JSON:
    """What get, list, create and patch answer."""
    answer: JSON = {"name": connection.name}
    answer |= merged(connection.body, {connection.kind: connection.identity})
    answer |= {
        "creationTime": milliseconds(connection.created),
        "lastModifiedTime": milliseconds(connection.modified),
    }
    if connection.credential:
        answer["hasCredential"] = True
    return answer
