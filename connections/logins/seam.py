"""What access is given so that requests for database logins go the way of all requests."""

from __future__ import annotations

from datetime import datetime

from access.models import DATABASE_LOGIN, AccessRequest, Grant, Resource
from access.requests import granting
from connections.logins.claiming import NewLogin, request_login
from connections.logins.ending import LoginEnder
from connections.logins.names import DatabaseLogin, NoSuchUserError, collision, login_of
from connections.logins.products import RULES
from connections.logins.roles import needed
from connections.models import DatabaseInstance, DatabaseUser
from portal.models import Operation, User


class LoginGranter:
    """access.requests.granting.Granter for database instances."""

    def grant(self, request: AccessRequest, *, by: User | None, expires_at: datetime | None) -> Operation:
        """Claim the login that was approved, and have a worker bring it about."""
        new = NewLogin(
            instance=_instance(request.resource),
            principal=request.principal,
            expires_at=expires_at,
            reason=request.reason,
            request=request,
        )
        return request_login(new, by=by)


def gains(request: AccessRequest) -> list[granting.Gain]:
    """What the project's policy gains by a login."""
    instance = _instance(request.resource)
    project = f"projects/{instance.project.project_id}"
    return [(project, item.role, request.principal) for item in needed(instance.kind)]


def refusals(request: AccessRequest) -> dict[str, str]:
    """Why nobody can let the principal log in there, by field of the form: from what a worker last saw."""
    instance = _instance(request.resource)
    try:
        login = login_of(request.principal, instance.kind)
    except NoSuchUserError as reason:
        return {"principal": str(reason)}
    holder = _holder(instance, login)
    return {"principal": collision(login, holder, instance.kind)} if holder else {}


def details(resource: Resource, principal: str) -> dict[str, str]:
    """Where the login would be, as whom, and with which roles."""
    instance = _instance(resource)
    cluster = f", cluster {instance.cluster}" if instance.cluster else ""
    project = instance.project.project_id
    roles = ", ".join(item.label for item in needed(instance.kind))
    try:
        name = login_of(principal, instance.kind).name
    except NoSuchUserError:
        name = "None: this principal cannot be a database user there"
    return {
        "Instance": f"{RULES[instance.kind].label}{cluster}, in {instance.location}",
        "Database user": name,
        "Project roles": f"{roles} on {project}",
    }


def _holder(instance: DatabaseInstance, login: DatabaseLogin) -> str:
    """Who has the login's name there or was promised it, if it is somebody else."""
    seen = DatabaseUser.objects.filter(
        home=instance.home, name=login.name, observed=DatabaseUser.Presence.PRESENT
    )
    others = seen.exclude(principal__in=("", login.principal)).values_list("principal", flat=True)
    return others.first() or next(iter(_promised(instance, login)), "")


def _promised(instance: DatabaseInstance, login: DatabaseLogin) -> list[str]:
    """Whose live logins there have the same name: on MySQL other addresses can."""
    if not RULES[instance.kind].mysql:
        return []
    held = instance.resource.grants.filter(role=DATABASE_LOGIN, desired=Grant.Presence.PRESENT)
    asked = instance.resource.requests.filter(state=AccessRequest.State.PENDING)
    principals = {*held.values_list("principal", flat=True), *asked.values_list("principal", flat=True)}
    principals.discard(login.principal)
    return sorted(who for who in principals if _name(who, instance) == login.name)


def _name(principal: str, instance: DatabaseInstance) -> str:
    try:
        return login_of(principal, instance.kind).name
    except NoSuchUserError:
        return ""


def _instance(resource: Resource) -> DatabaseInstance:
    found: DatabaseInstance = DatabaseInstance.objects.select_related("project", "resource").get(
        resource=resource
    )
    return found


def register() -> None:
    """Tell access who grants and who ends logins; once, when the apps are ready."""
    granting.register(
        Resource.Kind.INSTANCE,
        LoginGranter(),
        LoginEnder(),
        gains=gains,
        refusals=refusals,
        details=details,
    )
