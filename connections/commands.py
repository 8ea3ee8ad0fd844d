"""The equivalent commands of a connection's page and of the dialog, by connections.equivalents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from access.models import CONNECTION_USER, Grant
from connections import equivalents
from connections.about import kind_of
from connections.equivalents import PASSWORD_PLACEHOLDER, ConnectionSpec, Equivalent
from connections.kinds.base import Kind
from connections.models import Connection

STATEMENT = "SELECT 1"
SOMEBODY = "user:PERSON@example.com"


@dataclass(frozen=True)
class Act:
    """One act with its form in each tool; `name` makes ids unique on a page."""

    name: str
    title: str
    commands: list[Equivalent]

    @property
    def open_tab(self) -> int:
        """Which tab is open at first, from 0: that of the first tool that can do it."""
        return next((place for place, command in enumerate(self.commands) if command.available), 0)


def acts(connection: Connection, grants: Iterable[Grant], agent_grants: Iterable[Grant]) -> list[Act]:
    """Creating, granting and sharing this very connection; what the portal cannot write down is left out."""
    kind = kind_of(connection)
    found = []
    if kind is not None:
        found.append(_creating(connection, kind))
        if kind.needs and (member := _agent(connection, agent_grants)):
            granting = equivalents.granting(connection.project.project_id, kind.needs.role, member)
            found.append(Act("grant", f"Grant the service agent {kind.needs.label}", granting))
    pairs = [
        (grant.principal, grant.role)
        for grant in grants
        if grant.desired == Grant.Presence.PRESENT and grant.origin == Grant.Origin.SHARE
    ]
    place = (connection.project.project_id, connection.location, connection.connection_id)
    sharing = equivalents.sharing(*place, pairs or [(SOMEBODY, CONNECTION_USER)])
    found.append(Act("share", "Share the connection", sharing))
    return found


def querying(connection: Connection) -> Act | None:
    """A query through the connection, ready to copy; None for a name that EXTERNAL_QUERY does not take."""
    with suppress(ValueError):
        return Act("query", "Query", equivalents.querying(connection.path, STATEMENT))
    return None


def preview(kind: Kind, typed: Mapping[str, str]) -> Act:
    """Creating what a half-filled form describes, with names in capitals where nothing was typed yet."""
    properties = {name: typed.get(name) or name.upper() for name in kind.property_fields}
    spec = ConnectionSpec(
        project=typed.get("project") or "PROJECT_ID",
        location=typed.get("location") or "LOCATION",
        connection_id=typed.get("connection_id") or "CONNECTION_ID",
        body=kind.body(properties, PASSWORD_PLACEHOLDER),
        friendly_name=typed.get("friendly_name", ""),
        description=typed.get("description", ""),
        kms_key_name=typed.get("kms_key_name", ""),
    )
    return Act("create", "Create the connection", equivalents.creating(spec))


def _creating(connection: Connection, kind: Kind) -> Act:
    common = {
        "project": connection.project.project_id,
        "location": connection.location,
        "connection_id": connection.connection_id,
        "friendly_name": connection.friendly_name,
        "description": connection.description,
        "kms_key_name": connection.kms_key_name,
    }
    own = {name: str(connection.properties.get(name, "")) for name in kind.property_fields}
    return preview(kind, {**own, **common})


def _agent(connection: Connection, agent_grants: Iterable[Grant]) -> str:
    if connection.service_account:
        return f"serviceAccount:{connection.service_account}"
    return next((grant.principal for grant in agent_grants), "")
