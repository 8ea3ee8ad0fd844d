"""What the page of one database instance shows, from what a worker last saw."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from access.models import Grant
from access.rules import may_see_access
from connections.forms.logins import SqlForm
from connections.logins import sql, standing
from connections.logins.claiming import derived, live_logins
from connections.logins.names import NoSuchUserError, login_of
from connections.logins.products import RULES
from connections.logins.roles import needed
from connections.logins.standing import Standing
from connections.models import Asset, Connection, DatabaseInstance
from connections.rules import may_manage
from portal.models import AuditEvent, Operation, Project, User
from portal.permissions import overseer

NEWEST = 8


def context(shown: DatabaseInstance, user: User, query: QueryDict) -> dict[str, Any]:
    """What templates/connections/instance.html asks for; nobody else's login for whoever may not see them."""
    everybody = standing.standings(shown)
    own = next((one for one in everybody if one.principal == user.member), None)
    sees_access = may_see_access(user, shown)
    connections = _connections(shown)
    found = {
        "instance": shown,
        "rules": RULES[shown.kind],
        "roles": needed(shown.kind),
        "own": own,
        "own_name": _own_name(shown, user),
        "connections": connections,
        "sees_access": sees_access,
        "may_manage": may_manage(user, shown),
        "i_own_it": user in shown.resource.owners.all(),
    }
    told = everybody if sees_access else [own] if own else []
    found |= _sql(shown, told, connections, query)
    if sees_access:
        found |= {
            "standings": everybody,
            "iam_users": sum(one.has_user for one in everybody),
            "left_behind": [one for one in everybody if one.left_behind],
            "operations": _operations(shown),
            "events": _events(shown),
            "sees_audit": overseer(user),
        }
    return found


def addresses(project: Project) -> dict[str, str]:
    """Where the pages of a project's instances are, by what connections call the instances. One query."""
    found = DatabaseInstance.objects.filter(project=project).select_related("resource")
    return {row.source_name: row.get_absolute_url() for row in found}


def _own_name(shown: DatabaseInstance, user: User) -> str:
    """The database user that this person would be, or ""."""
    try:
        return login_of(user.member, shown.kind).name
    except NoSuchUserError:
        return ""


def _connections(shown: DatabaseInstance) -> list[Connection]:
    found = Connection.objects.filter(properties__instance=shown.source_name)
    rows = found.exclude(state=Connection.State.DELETED).select_related("project")
    return list(rows.order_by("connection_id", "pk")[:50])


def _sql(
    shown: DatabaseInstance, told: list[Standing], connections: list[Connection], query: QueryDict
) -> dict[str, Any]:
    """The statement that lets a database user read, for the user, database and schema that are chosen."""
    names = [one.name for one in told if one.name and (one.has_user or one.grant)]
    if not names:
        return {}
    mysql = RULES[shown.kind].mysql
    form = SqlForm(query, names=names, databases=_databases(shown, connections), mysql=mysql)
    text = sql.grant(shown.kind, *(form.chosen(name) for name in ("who", "database", "schema")))
    return {"sql_form": form, "sql": text, "sql_language": "MySQL" if mysql else "PostgreSQL"}


def _databases(shown: DatabaseInstance, connections: list[Connection]) -> list[str]:
    """The databases that are known: of the pick lists, and those that connections use."""
    asset = Asset.objects.filter(name=shown.source_name).first()
    listed = list(asset.attributes.get("databases") or []) if asset else []
    used = [str(row.properties.get("database", "")) for row in connections]
    return [name for name in dict.fromkeys([*used, *listed]) if name]


def _operations(shown: DatabaseInstance) -> list[Operation]:
    found = Operation.objects.filter(target=shown.resource.full_name)
    return list(found.order_by("-created_at", "id")[:5])


def _events(shown: DatabaseInstance) -> list[AuditEvent]:
    found = AuditEvent.objects.filter(target=shown.resource.full_name)
    return list(found.order_by("-position")[:NEWEST])


def consequences(grant: Grant) -> list[str]:
    """What ending this login takes back, as lines for the dialog."""
    instance: DatabaseInstance = grant.resource.database_instance
    who = grant.principal.partition(":")[2]
    if live_logins(instance, grant.principal).exclude(pk=grant.pk).exists():
        return [f"Another claim lets {who} log in here: roles and database user stay."]
    others = (
        Grant.objects.filter(
            principal=grant.principal,
            role__in=derived(instance, grant.principal).values("role"),
            resource__project_id=instance.project.project_id,
            desired=Grant.Presence.PRESENT,
        )
        .exclude(purpose=instance.resource.full_name)
        .values_list("role", flat=True)
    )
    kept = set(others)
    lines = [
        f"{item.label} on {instance.project.project_id} "
        + ("stays: something else needs it." if item.role in kept else "is taken back.")
        for item in needed(instance.kind)
    ]
    return [*lines, "The database user is taken away if the portal made it and no other login needs it."]
