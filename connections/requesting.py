"""What access has to know of connections: how one is used, and whether it can be asked for."""

from __future__ import annotations

from collections.abc import Mapping

from access import uses
from access.models import AccessRequest, Resource
from access.requests import granting
from access.uses import Use
from connections import commands, kinds
from connections.logins import roles
from connections.models import Connection
from portal.models import User

NOT_YET = "The connection is not ready yet. Ask as soon as it is active."
FAILED = "The connection could not be made: there is nothing to use yet."
GONE = "The connection was deleted."
State = Connection.State


def register() -> None:
    """Tell access; once, when the apps are ready."""
    uses.register(Resource.Kind.CONNECTION, describe)
    granting.OBSTACLES[Resource.Kind.CONNECTION] = obstacle
    granting.OTHER_ROLES.update(_role_labels())


def _role_labels() -> dict[str, str]:
    """What the roles are called that connections need, and logins to databases."""
    labels = {kind.needs.role: kind.needs.label for kind in kinds.all_kinds() if kind.needs}
    return labels | {item.role: item.label for items in roles.ROLES.values() for item in items}


def describe(resources: list[Resource]) -> Mapping[int, Use]:
    """The query to copy for each connection, by its resource's key; one query for all of them."""
    found = Connection.objects.filter(resource__in=resources, state=State.ACTIVE).select_related("project")
    described = {}
    for connection in found.defer("body", "seen", "test_report", "key_report"):
        act = commands.querying(connection)
        command = next((one for one in act.commands if one.available), None) if act else None
        if command:
            described[connection.resource_id] = Use(command.text, "GoogleSQL", command.note)
    return described


def obstacle(resource: Resource) -> str:
    """Why nobody can ask for this connection now, as a sentence, or nothing."""
    state = Connection.objects.filter(resource=resource).values_list("state", flat=True).first()
    if state == State.CREATING:
        return NOT_YET
    if state == State.FAILED:
        return FAILED
    return GONE if state in {State.DELETING, State.DELETED} else ""


def waiting(resources: list[int], user: User) -> dict[int, AccessRequest]:
    """What this person waits for, by the resource's key; one query."""
    found = AccessRequest.objects.filter(
        resource__in=resources, requester=user, state=AccessRequest.State.PENDING
    )
    return {one.resource_id: one for one in found.defer("policy_document").order_by("-created_at", "pk")}
