"""The equivalent commands of a connection's page and of the dialog, by connections.equivalents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django import forms

from access.models import CONNECTION_USER, Grant
from connections import equivalents
from connections.differences import COMMON, text
from connections.equivalents import PASSWORD_PLACEHOLDER, ConnectionSpec, Equivalent
from connections.equivalents.base import equivalent
from connections.kinds.base import Kind
from connections.kinds.wire import merged
from connections.models import Connection
from connections.present import baseline, kind_of
from portal.gcp.services import encryption_agent
from portal.models import Project

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
        found.extend(_granting(connection, kind, _agent(connection, agent_grants)))
    found.extend(_encrypting(connection))
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
    """A query through the connection, or what uses it, ready to copy; None where there is nothing to say."""
    kind = kind_of(connection)
    if kind is not None and not kind.test_statement:
        text = kind.sample.format(path=connection.path)
        return Act("query", "Query", [equivalent("sql", text)]) if text else None
    with suppress(ValueError):  # a name that EXTERNAL_QUERY does not take
        statement = kind.test_statement if kind else STATEMENT
        return Act("query", "Query", equivalents.querying(connection.path, statement))
    return None


def preview(kind: Kind, typed: Mapping[str, Any], beyond: Mapping[str, Any] | None = None) -> Act:
    """Creating what a half-filled form describes, with names in capitals where nothing was typed yet.

    `beyond` is what the connection has besides the form's fields (Wire.beyond).
    """
    spec = ConnectionSpec(
        project=typed.get("project") or "PROJECT_ID",
        location=typed.get("location") or "LOCATION",
        connection_id=typed.get("connection_id") or "CONNECTION_ID",
        body=merged(kind.body(_sketch(kind, typed), PASSWORD_PLACEHOLDER), beyond or {}),
        friendly_name=typed.get("friendly_name", ""),
        description=typed.get("description", ""),
        kms_key_name=typed.get("kms_key_name", ""),
    )
    return Act("create", "Create the connection", equivalents.creating(spec))


def _sketch(kind: Kind, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The kind's own values as far as they are typed; what it can do without is left out."""
    fields = kind.fields()
    drawn: dict[str, Any] = {}
    for name in kind.property_fields:
        if isinstance(fields[name], forms.BooleanField):
            drawn[name] = bool(typed.get(name))
        else:
            drawn[name] = typed.get(name) or (name.upper() if fields[name].required else "")
    kind.clean(drawn)  # what is wrong is said beside the fields
    return drawn


def _granting(connection: Connection, kind: Kind, member: str) -> Iterable[Act]:
    """The roles that the connection's identity needs, as soon as that is known."""
    own = connection.project
    for number, needed in enumerate(kind.roles(connection.properties) if member else ()):
        project = own.project_id if needed.project in {"", str(own.number)} else needed.project
        title = f"Grant the {kind.identity_word} {needed.label}"
        yield Act(f"grant{number or ''}", title, equivalents.granting(project, needed.role, member))


def _encrypting(connection: Connection) -> Iterable[Act]:
    """The role on the customer-managed key."""
    if connection.kms_key_name:
        with suppress(ValueError):  # a name that Google may give and the portal does not know
            yield from using_key(connection.project, connection.kms_key_name)


def using_key(project: Project, key: str) -> list[Act]:
    """The role on a key for BigQuery in this project, none before its number is known.

    Raises ValueError for what is not the full name of a key.
    """
    if not project.number:
        return []
    member = f"serviceAccount:{encryption_agent(project.number)}"
    return [Act("key", "Let BigQuery use the customer-managed key", equivalents.encrypting(key, member))]


def _creating(connection: Connection, kind: Kind) -> Act:
    common = {
        "project": connection.project.project_id,
        "location": connection.location,
        "connection_id": connection.connection_id,
    }
    body = baseline(connection)  # columns are shorter than what Google takes
    common |= {field: text(body.get(name)) for name, (field, _) in COMMON.items()}
    own = {name: connection.properties.get(name, "") for name in kind.property_fields}
    return preview(kind, {**own, **common}, kind.wire.beyond(body))


def _agent(connection: Connection, agent_grants: Iterable[Grant]) -> str:
    if connection.service_account:
        return f"serviceAccount:{connection.service_account}"
    return next((grant.principal for grant in agent_grants), "")
