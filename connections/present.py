"""How a connection is: its kind, its body as the portal has it, and as Google had it when last seen."""

from __future__ import annotations

from typing import Any

from connections import kinds
from connections.kinds.base import Kind
from connections.kinds.wire import Wire
from connections.models import Connection

# Stands in for a kind that the portal does not know: of such a connection it edits the names alone.
_UNKNOWN = Kind(
    slug="unknown",
    label="Not known to the portal",
    card_title="",
    card_text="",
    group="",
    docs_url="",
    wire=Wire(block="a kind that the portal does not know"),
)


def kind_of(connection: Connection) -> Kind | None:
    """The connection's kind, or None for one that the portal does not know."""
    try:
        return kinds.get(connection.kind)
    except KeyError:
        return None


def editable_kind(connection: Connection) -> Kind:
    """The connection's kind; for one that the portal does not know a kind without fields."""
    return kind_of(connection) or _UNKNOWN


def at_google(connection: Connection) -> dict[str, Any]:
    """The connection's body at Google, as last seen."""
    changed = connection.drift == Connection.Drift.CHANGED
    return dict(connection.seen) if changed else baseline(connection)


def baseline(connection: Connection) -> dict[str, Any]:
    """The connection's body as the portal has it."""
    if connection.body:
        return dict(connection.body)
    kind = kind_of(connection)
    common = {
        "friendlyName": connection.friendly_name,
        "description": connection.description,
        "kmsKeyName": connection.kms_key_name,
        "hasCredential": connection.has_credential,
    }
    own = kind.body(connection.properties) if kind else {}
    return own | {name: value for name, value in common.items() if value}
