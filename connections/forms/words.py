"""What the dialog says about a kind, where it depends on more than one thing."""

from __future__ import annotations

from connections.kinds.base import Kind


def grant_label(kind: Kind) -> str:
    """The label of the box that grants the connection's identity its roles."""
    if kind.grant_label or kind.needs is None:
        return kind.grant_label or f"Grant the {kind.identity_word} its roles"
    return f"Grant the {kind.identity_word} {kind.needs.label}"


def grant_help(kind: Kind) -> str:
    """What the box means."""
    if kind.needs is None:
        return "Only what this connection uses, on the projects in which that is."
    return f"BigQuery reaches the database with this role ({kind.needs.role}) on the project."
