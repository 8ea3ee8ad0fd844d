"""Looking at an instance: its flags, its database users, and who holds the roles. Changes nothing at Google.

A person may ask for a look and follows its steps; a periodic one writes no operation. A login that lacks what
it had is told in the audit trail, once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from access.models import DATABASE_LOGIN, Grant
from connections.logins import at_google, standing
from connections.logins.at_google import SeenInstance, SeenUser
from connections.models import DatabaseInstance, DatabaseUser
from portal import audit, clock, operations, sweeping
from portal.execution import Failure
from portal.gcp.errors import GoogleError
from portal.models import Operation, User
from portal.runs import RefusedError, Run

logger = logging.getLogger(__name__)

TASK = "connections.look_at_instance"
INSTANCE, USERS, ROLES = "read_instance", "list_users", "read_policy"
STEPS = (
    (INSTANCE, "Read the instance and its flags"),
    (USERS, "List its database users"),
    (ROLES, "See who holds the roles that a login needs"),
)
GONE = "Google does not have this instance any more."
STALE_AFTER = timedelta(hours=1)
Present = DatabaseUser.Presence.PRESENT
Absent = DatabaseUser.Presence.ABSENT


def request_look(instance: DatabaseInstance, *, by: User) -> Operation:
    """Have a worker look now; one look at a time."""
    with audit.appending():
        target = instance.resource.full_name
        under_way = Operation.objects.filter(task=TASK, target=target, state__in=Operation.UNFINISHED).first()
        if under_way:
            return under_way
        # It changes nothing, so the right of whoever asked is not asked about again.
        return operations.enqueue(
            TASK,
            title=f"Look at instance {instance.instance_id}",
            target=target,
            target_url=instance.get_absolute_url(),
            parameters={"instance": instance.pk},
            by=str(by),
            steps=STEPS,
        )


def of(run: Run) -> DatabaseInstance:
    """Return the instance of an operation."""
    found: DatabaseInstance = DatabaseInstance.objects.select_related("project", "resource").get(
        pk=run.operation.parameters["instance"]
    )
    return found


def apply_look(run: Run) -> None:
    """Look, step by step."""
    instance, since = of(run), clock.now()
    run.step(INSTANCE, partial(_read, instance), partial(record_instance, instance))
    run.step(
        USERS, partial(at_google.users, instance), lambda found: record_users(instance, *found, since=since)
    )
    run.step(ROLES, partial(_holders, instance), partial(record_holders, instance))
    with run.outcome():
        tell_lacks(instance, run.operation)


def look_failed(run: Run, failure: Failure) -> None:
    """Note beside the instance why it could not be looked at."""
    DatabaseInstance.objects.filter(pk=run.operation.parameters["instance"]).update(problem=failure.message)


def look_at_due() -> int:
    """Look at the instances that were not looked at for an hour; return how many were.

    One that cannot be written holds up no other; raises sweeping.UnfinishedError at the end.
    """
    stale = Q(looked_at=None) | Q(looked_at__lt=clock.now() - STALE_AFTER)
    due = DatabaseInstance.objects.filter(stale).select_related("project", "resource").order_by("pk")
    return sweeping.each(due, _look_if_told, lambda instance: instance.resource.full_name)


def _look_if_told(instance: DatabaseInstance) -> bool:
    try:
        _look(instance)
    except (GoogleError, RefusedError) as error:
        logger.info("instance %s could not be looked at", instance.resource.full_name)
        said = error.message if isinstance(error, GoogleError) else str(error)
        # Not again the next minute: what Google denies now, it will deny then.
        DatabaseInstance.objects.filter(pk=instance.pk).update(problem=said, looked_at=clock.Now())
        return False
    return True


def _look(instance: DatabaseInstance) -> None:
    since = clock.now()
    seen, found = _read(instance), at_google.users(instance)
    with transaction.atomic():
        record_instance(instance, seen)
        record_users(instance, *found, since=since)
    held = _holders(instance)
    with audit.appending():
        record_holders(instance, held)
        tell_lacks(instance, None)


def _read(instance: DatabaseInstance) -> SeenInstance:
    found = at_google.read(instance)
    if found is None:
        raise RefusedError(GONE, "What was granted there can be ended; it takes back the project roles.")
    return found


def record_instance(instance: DatabaseInstance, seen: SeenInstance) -> str:
    """Write down what the instance said of itself; return it as a sentence."""
    instance.flags, instance.state = dict(seen.flags), seen.state
    instance.instance_type, instance.database_version = seen.instance_type, seen.database_version
    instance.save(update_fields=["flags", "state", "instance_type", "database_version"])
    return f"IAM authentication is {instance.authentication}."


def record_users(
    instance: DatabaseInstance, found: Collection[SeenUser], built_in: int, *, since: datetime
) -> str:
    """Write down which IAM users there are; what was seen after `since` is newer than this list."""
    now = clock.now()
    known = {user.name: user for user in DatabaseUser.objects.filter(home=instance.home)}
    for seen in found:
        record_user(instance, seen, known.get(seen.name), since=since, now=now)
    there = {seen.name for seen in found}
    gone = DatabaseUser.objects.filter(home=instance.home, seen_at__lte=since).exclude(name__in=there)
    # Whoever makes a user of this name after this one was seen to be gone made another one.
    gone.filter(Q(intended_at=None) | Q(intended_at__lte=since)).update(
        observed=Absent, seen_at=now, intended_at=None
    )
    instance.built_in_users = built_in
    instance.save(update_fields=["built_in_users"])
    return f"{len(found)} with IAM, {built_in} built in."


def record_user(
    instance: DatabaseInstance, seen: SeenUser, known: DatabaseUser | None, *, since: datetime, now: datetime
) -> None:
    """Write down one user that is there, unless something newer is known."""
    values = {"type": seen.type, "principal": seen.principal, "observed": Present, "seen_at": now}
    if known is None:
        DatabaseUser.objects.get_or_create(home=instance.home, name=seen.name, defaults=values)
        return
    DatabaseUser.objects.filter(pk=known.pk, seen_at__lte=since).update(**values)


def _holders(instance: DatabaseInstance) -> dict[str, list[str]]:
    claimed = instance.resource.grants.filter(role=DATABASE_LOGIN, desired=Grant.Presence.PRESENT)
    users = DatabaseUser.objects.filter(home=instance.home, observed=Present).exclude(principal="")
    principals = {*claimed.values_list("principal", flat=True), *users.values_list("principal", flat=True)}
    return at_google.holders(instance, sorted(principals))


def record_holders(instance: DatabaseInstance, held: dict[str, list[str]]) -> str:
    """Write down who holds which roles; with it the look is complete."""
    instance.holders, instance.looked_at, instance.problem = held, clock.now(), ""
    instance.save(update_fields=["holders", "looked_at", "problem"])
    complete = sum(bool(roles) for roles in held.values())
    return f"{complete} of {len(held)} hold some of them."


def tell_lacks(instance: DatabaseInstance, operation: Operation | None) -> None:
    """Record an event for each login that newly lacks something. In the caller's transaction."""
    before, now = instance.lacks, standing.lacking(instance)
    for principal, lacks in now.items():
        if lacks != before.get(principal):
            audit.record(
                "login.drift",
                by=None,
                target=instance.resource.full_name,
                project=instance.project.project_id,
                outcome=audit.Outcome.SUCCEEDED,
                reason="A login that was granted lacks something at Google.",
                detail={"principal": principal, "lacks": lacks},
                operation=operation,
            )
    if now != before:
        instance.lacks = now
        instance.save(update_fields=["lacks"])
