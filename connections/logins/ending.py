"""Ending database logins: what no other live claim needs is taken back, the roles first, then the users.

Whoever ends the claim on the instance (a person, the expiry sweep) has `request_end` called in the same
transaction; the portal asks again by itself until Google was seen to follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db.models import QuerySet

from access import claims, policy_writer
from access.models import DATABASE_LOGIN, ENDING, Grant, Resource
from connections.logins import at_google, looking, sql
from connections.logins.at_google import StillGrantedError
from connections.logins.claiming import end_roles
from connections.logins.names import NoSuchUserError, login_of
from connections.logins.roles import login_role
from connections.models import DatabaseInstance, DatabaseUser
from portal import audit, clock, operations
from portal.execution import Failure
from portal.models import Operation, User
from portal.runs import RefusedError, Run

TASK = "connections.end_logins"
ROLES, USERS = "take_roles_back", "take_users_away"
STEPS = (
    (ROLES, "Take the project roles back"),
    (USERS, "Take the database users away"),
)
State = Operation.State
Presence = Grant.Presence
Present = DatabaseUser.Presence.PRESENT


def request_end(instance: DatabaseInstance, *, by: User | str | None) -> Operation | None:
    """Have a worker take back what ended logins gave; None where there is nothing to take back.

    Inside the caller's transaction, after the claims were ended. One operation for all that wait.
    """
    ended = list(_ended(instance))
    if not ended and not left_behind(instance).exists():
        return None
    target = instance.resource.full_name
    waiting = Operation.objects.filter(task=TASK, target=target, state__in=(State.PENDING, State.WAITING))
    operation = waiting.first() or operations.enqueue(
        TASK,
        title=f"Take back logins to {instance.instance_id}",
        target=target,
        target_url=instance.get_absolute_url(),
        parameters={"instance": instance.pk},
        lock=instance.home,
        # To take away what was ended needs no right of anybody's: it is not asked about again.
        by=str(by) if by else None,
        steps=STEPS,
    )
    for grant in ended:
        end_roles(instance, grant.principal, by=by, reason="The database login ended.", operation=operation)
    return operation


def request_end_of(grant: Grant, *, by: User, reason: str = "") -> Operation | None:
    """End one login and have what it gave taken back."""
    with audit.appending():
        claims.end(grant, by=by, reason=reason)
        return request_end(DatabaseInstance.objects.get(resource=grant.resource_id), by=by)


def request_clean(instance: DatabaseInstance, *, by: User) -> Operation | None:
    """Have a worker try again to take away the users that no login needs; None if there are none."""
    with audit.appending():
        return request_end(instance, by=by)


def _ended(instance: DatabaseInstance) -> QuerySet[Grant]:
    found = instance.resource.grants.filter(ENDING, role=DATABASE_LOGIN)
    return found.select_related("resource").order_by("pk")


def left_behind(instance: DatabaseInstance) -> QuerySet[DatabaseUser]:
    """The users that the portal made, that are still there, and that no login needs."""
    made = DatabaseUser.objects.filter(home=instance.home, observed=Present, intended_at__isnull=False)
    return made.exclude(principal__in=_wanted(instance)).order_by("name")


def _wanted(instance: DatabaseInstance) -> set[str]:
    """Whose logins hold at any instance with the same users."""
    found = Grant.objects.filter(
        resource__database_instance__home=instance.home, role=DATABASE_LOGIN, desired=Presence.PRESENT
    )
    return set(found.values_list("principal", flat=True))


def apply_end(run: Run) -> None:
    """Take back what the ended logins gave."""
    instance = looking.of(run)
    run.step(ROLES, partial(_take_roles_back, instance, run), lambda said: said)
    run.step(USERS, partial(_take_users_away, instance, run), lambda said: said)
    with run.outcome():
        pass  # each login's end has its event


def end_failed(run: Run, failure: Failure) -> None:
    """Nothing to give up: what is to be taken away stays so, and access.reconcile asks for it again."""


def _take_roles_back(instance: DatabaseInstance, run: Run) -> str:
    """End the claims on the project that no login needs, and bring its policy in line."""
    with run.fenced():
        for grant in _ended(instance):
            end_roles(instance, grant.principal, reason="The database login ended.", operation=run.operation)
    resource = claims.project_resource(instance.project)
    waiting = Grant.objects.filter(ENDING, origin=Grant.Origin.LOGIN, purpose=instance.resource.full_name)
    if not waiting.exists():
        return "No role has to go."
    policy_writer.write_pending(resource, run)
    return f"Seen in the policy of {instance.project.project_id}: what no other claim needs is gone."


def _take_users_away(instance: DatabaseInstance, run: Run) -> str:
    said: list[str] = []
    stuck: dict[str, str] = {}
    before = list(left_behind(instance))
    tried = set()
    for grant in _ended(instance):
        try:
            name = login_of(grant.principal, instance.kind).name
        except NoSuchUserError:
            name = ""
        tried.add(name)
        try:
            gone = _take_away(instance, name, grant.principal, run)
            said.append(f"{name}: {gone or 'gone'}.")
            _record(grant, name, gone, run)
        except StillGrantedError as error:
            stuck[name] = str(error)
    for user in before:
        if user.name in tried:
            continue
        try:
            said.append(f"{user.name}: {_take_away(instance, user.name, user.principal, run) or 'gone'}.")
        except StillGrantedError as error:
            stuck[user.name] = str(error)
    if stuck:
        raise _still_granted(instance, stuck)
    return " ".join(said) or "No user has to go."


def _take_away(instance: DatabaseInstance, name: str, principal: str, run: Run) -> str:
    """Take a database user away if it is the portal's and nobody needs it; return why it stays, or "".

    Raises StillGrantedError when the database will not drop it and its owner could still log in.
    """
    if principal in _wanted(instance):
        return "another login needs the user"
    row = DatabaseUser.objects.filter(home=instance.home, name=name).first()
    if row is None or row.intended_at is None:
        return "the portal did not make the user"
    found = at_google.find(instance, name)
    if found is not None and found.principal == principal:
        try:
            at_google.delete(instance, found)
        except StillGrantedError:
            if at_google.holds(instance, principal, login_role(instance.kind)):
                raise
            return "nobody logs in as it without the role; the database keeps it for what it was granted"
    with run.fenced(audited=False):
        DatabaseUser.objects.filter(pk=row.pk).update(
            observed=DatabaseUser.Presence.ABSENT, intended_at=None, seen_at=clock.now()
        )
    return ""


def _record(grant: Grant, name: str, stays: str, run: Run) -> None:
    """Write down that a login has ended, and what of it stays."""
    value = Presence.RELEASED if stays else Presence.ABSENT
    with run.fenced():
        ended = Grant.objects.filter(pk=grant.pk, desired=Presence.ABSENT)
        if not ended.update(observed=value, observed_at=clock.now()):
            return
        audit.record(
            "grant.revoke",
            by=None,
            target=grant.resource.full_name,
            project=grant.resource.project_id,
            outcome=audit.Outcome.SUCCEEDED,
            reason=stays,
            detail=claims.facts(grant) | {"observed": value, "database_user": name},
            operation=run.operation,
        )


def _still_granted(instance: DatabaseInstance, stuck: Iterable[str]) -> RefusedError:
    names = ", ".join(sorted(stuck))
    return RefusedError(
        f"The database will not drop {names}: something is still granted to it, and another claim on the "
        "project lets it log in.",
        "Run the SQL on the instance's page in each of its databases, then retry: "
        + " ".join(sql.take_back(instance.kind, name).replace("\n", " ") for name in sorted(stuck)),
    )


class LoginEnder:
    """access.requests.granting.Ender for database instances."""

    task = TASK

    def end(self, resource: Resource, *, by: User | str | None) -> Operation | None:
        """Have a worker take back what the ended logins at an instance gave."""
        instance = DatabaseInstance.objects.select_related("project", "resource").get(resource=resource)
        return request_end(instance, by=by)
