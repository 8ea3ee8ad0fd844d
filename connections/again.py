"""Creating a connection once more: the values of one that Google does not have any more, for the dialog."""

from __future__ import annotations

from typing import Any

from access import claims
from access.models import CONNECTION_USER, Grant
from connections.models import GIVES_WAY, Connection


def values(asked: str) -> dict[str, Any]:
    """Return what the dialog is to begin with; {} unless `asked` is the key of such a connection.

    Who could use it is filled in too; the password is not: nobody has it.
    """
    if not asked.isdecimal() or len(asked) > 18:
        return {}
    found = Connection.objects.filter(GIVES_WAY, pk=asked).select_related("project", "resource").first()
    if found is None:
        return {}
    users = claims.live(found.resource).filter(role=CONNECTION_USER, desired=Grant.Presence.PRESENT)
    return {
        **found.properties,
        "project": found.project.project_id,
        "connection_id": found.connection_id,
        "location": found.location,
        "friendly_name": found.friendly_name,
        "description": found.description,
        "encryption": "cmek" if found.kms_key_name else "google",
        "kms_key_name": found.kms_key_name,
        "owners": ", ".join(owner.email for owner in found.resource.owners.all()),
        "principals": "\n".join(dict.fromkeys(grant.principal for grant in users)),
    }
