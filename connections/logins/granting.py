"""Granting a database login in the worker: the roles on the project, then the IAM database user.

Each step looks before it acts, so that it can be repeated; what fails is taken back, so that nothing half
granted stays.
"""

from __future__ import annotations

from functools import partial

from access import claims, policy_writer
from access.models import Grant, Resource
from connections.logins import at_google, looking, users
from connections.logins.at_google import SeenInstance
from connections.logins.claiming import LOOK, ROLES, USER, end_roles
from connections.logins.names import DatabaseLogin, NoSuchUserError, login_of
from connections.logins.products import RULES, is_on
from connections.logins.roles import needed
from connections.logins.users import still_wanted
from connections.models import DatabaseInstance
from portal import audit, clock
from portal.execution import Failure
from portal.models import Step
from portal.runs import RefusedError, Run

GIVEN_UP = "given_up"
OFF_REMEDY = "Switch it on with the command on the instance's page, then retry."
Presence = Grant.Presence


def apply_grant(run: Run) -> None:
    """Do all that a login needs."""
    grant = Grant.objects.select_related("resource").get(pk=run.operation.parameters["grant"])
    instance = looking.of(run)
    login = _login(grant, instance)
    _ask_again(grant, run)
    since = clock.now()
    run.step(LOOK, partial(_look, instance), partial(looking.record_instance, instance))
    run.step(ROLES, partial(_give_roles, grant, instance, run), lambda said: said)
    run.step(
        USER, partial(users.add, login, grant, run), lambda seen: users.record(instance, login, seen, since)
    )
    with run.outcome():
        _record_active(grant, instance, login, run)


def _login(grant: Grant, instance: DatabaseInstance) -> DatabaseLogin:
    try:
        return login_of(grant.principal, instance.kind)
    except NoSuchUserError as reason:
        raise RefusedError(str(reason), "Ask for another principal.") from None


def _ask_again(grant: Grant, run: Run) -> None:
    """A retry begins with the login that was given up when it failed. Raises RefusedError if it was ended."""
    with run.fenced():
        if GIVEN_UP in run.operation.parameters:
            claims.ask_again(run.operation.parameters.pop(GIVEN_UP), run.operation)
            run.operation.save(update_fields=["parameters"])
        still_wanted(grant)


def _look(instance: DatabaseInstance) -> SeenInstance:
    seen = at_google.read(instance)
    if seen is None:
        raise RefusedError(looking.GONE, "Ask for a login to an instance that is there.")
    if not is_on(instance.kind, seen.flags):
        flag = RULES[instance.kind].flag
        raise RefusedError(f"IAM authentication is off: the instance's flag {flag} is not on.", OFF_REMEDY)
    return seen


def _give_roles(grant: Grant, instance: DatabaseInstance, run: Run) -> str:
    """Claim each role for this login, and bring the project's policy in line."""
    resource = claims.project_resource(instance.project)
    with run.fenced():
        still_wanted(grant)
        # From here on something of it may be at Google: its end is looked after as an end.
        Grant.objects.filter(pk=grant.pk, intended_at=None).update(intended_at=clock.now())
        made = [_claim_role(resource, grant, item.role, run) for item in needed(instance.kind)]
    if any(item.observed != Presence.PRESENT for item in made):
        policy_writer.write_pending(resource, run)
    refused = Grant.objects.filter(pk__in=[item.pk for item in made]).exclude(error="").first()
    if refused:
        raise RefusedError(refused.error, f"Grant {refused.role} to {refused.principal} by hand.")
    labels = ", ".join(item.label for item in needed(instance.kind))
    return f"Seen in the policy of {instance.project.project_id}: {labels}. It may take some minutes to act."


def _claim_role(resource: Resource, grant: Grant, role: str, run: Run) -> Grant:
    return claims.claim(
        resource,
        grant.principal,
        role,
        origin=Grant.Origin.LOGIN,
        by=run.operation.requested_by,
        purpose=grant.resource.full_name,
        reason=f"A database login at {grant.resource.title} needs this role.",
        operation=run.operation,
    )


def _record_active(grant: Grant, instance: DatabaseInstance, login: DatabaseLogin, run: Run) -> None:
    now = clock.now()
    # A login that was ended meanwhile keeps waiting for its own end.
    active = Grant.objects.filter(pk=grant.pk, desired=Presence.PRESENT)
    if not active.update(observed=Presence.PRESENT, observed_at=now, error=""):
        return
    fresh = DatabaseInstance.objects.select_for_update(of=("self",)).get(pk=instance.pk)
    fresh.holders[grant.principal] = [item.role for item in needed(instance.kind)]
    fresh.lacks.pop(grant.principal, None)
    fresh.save(update_fields=["holders", "lacks"])
    audit.record(
        "grant.activate",
        by=None,
        target=grant.resource.full_name,
        project=instance.project.project_id,
        outcome=audit.Outcome.SUCCEEDED,
        detail=claims.facts(grant) | {"observed": Presence.PRESENT, "database_user": login.name},
        operation=run.operation,
    )


def grant_failed(run: Run, failure: Failure) -> None:
    """Record why; what was given for the login is taken back, lest half of it stays."""
    grant = Grant.objects.select_related("resource").get(pk=run.operation.parameters["grant"])
    if grant.desired != Presence.PRESENT or grant.observed == Presence.PRESENT:
        return
    instance, operation = looking.of(run), run.operation
    operation.parameters = {**operation.parameters, GIVEN_UP: [grant.pk]}
    operation.save(update_fields=["parameters"])
    if grant.intended_at is None:
        claims.give_up({grant: failure.message}, operation)
        return
    claims.end(grant, by=None, reason=failure.message, operation=operation)
    Grant.objects.filter(pk=grant.pk).update(error=failure.message)
    end_roles(instance, grant.principal, reason=failure.message, operation=operation)
    operation.steps.filter(name=ROLES, state=Step.State.SUCCEEDED).update(
        state=Step.State.PENDING, message="Taken back, because the login failed.", ended_at=None
    )
