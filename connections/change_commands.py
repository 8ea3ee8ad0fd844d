"""The equivalent commands of changing a connection, by connections.equivalents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connections import equivalents
from connections.commands import Act
from connections.differences import COMMON, mask, text
from connections.equivalents import PASSWORD_PLACEHOLDER, ConnectionSpec
from connections.kinds.base import Kind
from connections.kinds.wire import merged
from connections.models import Connection
from connections.present import at_google


def editing(connection: Connection, kind: Kind, typed: Mapping[str, Any]) -> Act | None:
    """Changing the connection to what was typed so far; None while nothing differs."""
    present = at_google(connection)
    properties = kind.seen(connection.properties, present)
    wanted = {name: typed.get(name, properties.get(name, "")) for name in kind.property_fields}
    common = {field: text(present.get(name)) for name, (field, _) in COMMON.items()}
    after = common | {field: str(typed[field]) for field in common if field in typed}
    paths = [name for name, (field, _) in COMMON.items() if common[field] != after[field]]
    paths += mask(kind, properties, wanted)
    if not paths:
        return None
    spec = _spec(connection, kind, wanted, after)
    return Act("edit", "Change the connection", equivalents.editing(spec, paths))


def putting_back(connection: Connection, kind: Kind, paths: Sequence[str]) -> Act | None:
    """Writing the portal's values over what was changed outside, in the fields of a mask; None for none."""
    if not paths:
        return None
    ours = {field: str(getattr(connection, field)) for field, _ in COMMON.values()}
    spec = _spec(connection, kind, connection.properties, ours)
    return Act("put-back", "Put it back", equivalents.editing(spec, paths))


def rotating(connection: Connection, kind: Kind) -> Act:
    """Replacing the password."""
    present = at_google(connection)
    common = {field: text(present.get(name)) for name, (field, _) in COMMON.items()}
    spec = _spec(connection, kind, kind.seen(connection.properties, present), common)
    return Act("rotate", "Replace the password", equivalents.rotating(spec, kind.credential_mask))


def deleting(connection: Connection) -> Act:
    """Deleting it."""
    place = (connection.project.project_id, connection.location, connection.connection_id)
    return Act("delete", "Delete the connection", equivalents.deleting(*place))


def _capitals(kind: Kind, properties: Mapping[str, Any]) -> dict[str, str]:
    """Names in capitals for what nobody has told the portal."""
    return {name: name.upper() for name in kind.untold(properties)}


def _spec(
    connection: Connection, kind: Kind, properties: Mapping[str, Any], common: Mapping[str, str]
) -> ConnectionSpec:
    return ConnectionSpec(
        project=connection.project.project_id,
        location=connection.location,
        connection_id=connection.connection_id,
        body=merged(
            kind.body({**properties, **_capitals(kind, properties)}, PASSWORD_PLACEHOLDER),
            kind.wire.beyond(at_google(connection)),
        ),
        friendly_name=common["friendly_name"],
        description=common["description"],
        kms_key_name=common["kms_key_name"],
    )
