"""Claiming a database login: one claim on the instance, from which all else that it needs follows.

Rows and audit events only, inside the caller's transaction; what is claimed on the project's policy has the
origin "login" and the instance as its purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from access import claims
from access.models import DATABASE_LOGIN, AccessRequest, Grant
from connections.logins.names import login_of
from connections.models import DatabaseInstance
from portal import audit, operations
from portal.models import Operation, User

TASK = "connections.grant_login"
LOOK, ROLES, USER = "look_at_instance", "give_roles", "add_user"
STEPS = (
    (LOOK, "Look whether IAM authentication is on"),
    (ROLES, "Give the project roles and read them back"),
    (USER, "Add the database user and read it back"),
)
Presence = Grant.Presence


@dataclass(frozen=True)
class NewLogin:
    """That `principal` may log in to the instance until then, because of `reason` or an approved request."""

    instance: DatabaseInstance
    principal: str
    expires_at: datetime | None = None
    reason: str = ""
    request: AccessRequest | None = None


def request_login(new: NewLogin, *, by: User | None) -> Operation:
    """Claim the login, or prolong the one that is there, and have a worker bring it about.

    Inside the caller's transaction. Raises NoSuchUserError for who cannot be a database user there.
    """
    instance = new.instance
    login_of(new.principal, instance.kind)
    operation = _enqueue(instance, new.principal, by)
    grant = _prolonged(new, operation) or claims.claim(
        instance.resource,
        new.principal,
        DATABASE_LOGIN,
        origin=Grant.Origin.REQUEST,
        by=by,
        reason=new.reason,
        operation=operation,
        expires_at=new.expires_at,
        request=new.request,
    )
    operation.parameters = {**operation.parameters, "grant": grant.pk}
    operation.save(update_fields=["parameters"])
    return operation


def request_restore(grant: Grant, *, by: User) -> Operation:
    """Have a worker bring back what a login lacks. Raises ValueError when it holds no more."""
    with audit.appending():
        current = Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
        if current.desired != Presence.PRESENT:
            raise ValueError("This login has ended.")
        instance = instance_of(current)
        operation = _enqueue(instance, current.principal, by)
        operation.parameters = {**operation.parameters, "grant": current.pk}
        operation.save(update_fields=["parameters"])
        Grant.objects.filter(pk=current.pk).update(operation=str(operation.pk))
        # Somebody may have taken away what the portal saw: the writer looks again.
        derived(instance, current.principal).update(observed=Presence.UNKNOWN)
        audit.record(
            "login.restore",
            by=by,
            target=instance.resource.full_name,
            project=instance.project.project_id,
            outcome=audit.Outcome.REQUESTED,
            detail=claims.facts(current),
            operation=operation,
        )
        return operation


def _enqueue(instance: DatabaseInstance, principal: str, by: User | None) -> Operation:
    return operations.enqueue(
        TASK,
        title=f"Let {principal.partition(':')[2]} log in to {instance.instance_id}",
        target=instance.resource.full_name,
        target_url=instance.get_absolute_url(),
        parameters={"instance": instance.pk},
        lock=instance.home,
        by=by,
        owners_may=True,
        steps=STEPS,
    )


def _prolonged(new: NewLogin, operation: Operation) -> Grant | None:
    """Let the live claim end later; it never ends sooner by that. None if there is none."""
    live = new.instance.resource.grants.select_for_update().filter(
        principal=new.principal,
        role=DATABASE_LOGIN,
        origin=Grant.Origin.REQUEST,
        desired=Presence.PRESENT,
    )
    held = live.order_by("pk").first()
    if held is None:
        return None
    both = held.expires_at and new.expires_at
    held.expires_at = max(held.expires_at, new.expires_at) if both else None  # type: ignore[type-var]
    held.operation = str(operation.pk)
    held.save(update_fields=["expires_at", "operation"])
    return held


def instance_of(grant: Grant) -> DatabaseInstance:
    """Return the instance that a login is claimed on."""
    found: DatabaseInstance = DatabaseInstance.objects.select_related("project", "resource").get(
        resource=grant.resource_id
    )
    return found


def live_logins(instance: DatabaseInstance, principal: str) -> QuerySet[Grant]:
    """The claims of the principal on logging in there that hold."""
    return instance.resource.grants.filter(principal=principal, role=DATABASE_LOGIN, desired=Presence.PRESENT)


def derived(instance: DatabaseInstance, principal: str) -> QuerySet[Grant]:
    """The claims on the project's policy that hold for the sake of the principal's login there.

    They have no end of their own: the login's end ends them, in the same transaction.
    """
    return Grant.objects.filter(
        origin=Grant.Origin.LOGIN,
        purpose=instance.resource.full_name,
        principal=principal,
        desired=Presence.PRESENT,
    )


def end_roles(
    instance: DatabaseInstance,
    principal: str,
    *,
    by: User | str | None = None,
    reason: str = "",
    operation: Operation | None = None,
) -> None:
    """End what a login claimed on the project, unless another login there still needs it."""
    if live_logins(instance, principal).exists():
        return
    found = list(derived(instance, principal).select_related("resource"))
    claims.end_all(found, by=by, reason=reason, operation=operation)
