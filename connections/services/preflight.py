"""Before a connection is made: whether BigQuery may use the key that was chosen, and the role it lacks.

A worker looks; its operation keeps what it saw, and the dialog shows that. Nothing of it belongs to a
connection yet: the role is claimed for the project, whose encryption account uses the key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from access import claims, policy_writer
from access.models import Grant, Resource
from connections.services import checks
from portal import audit, clock, operations
from portal.execution import Failure
from portal.gcp import services as google_services
from portal.gcp.kms import KEY_ROLE
from portal.models import Operation, Project, User
from portal.runs import RefusedError, Run

TASK, GRANT_TASK = "connections.check_key", "connections.grant_key"
LOOK, GRANT = "look_at_key", "grant_role"
ACTION = "key.grant"
FRESH = timedelta(minutes=10)
REPORT = "report"


def last(project: Project, key: str) -> Operation | None:
    """The last look at the key for this project's connections."""
    looks = Operation.objects.filter(target=key, task__in=(TASK, GRANT_TASK))
    return looks.filter(parameters__project_id=project.project_id).order_by("-created_at").first()


def report(operation: Operation | None) -> dict[str, Any]:
    """What a look found: a check's fields, and `at`; {} while there is nothing."""
    found: dict[str, Any] = operation.parameters.get(REPORT, {}) if operation else {}
    return found


def request_check(project: Project, key: str, *, followed: str = "", by: User) -> Operation:
    """Have a worker look, unless one does or has a moment ago.

    `followed` is the ID of the operation that the page waits for: however it ended, that is the answer.
    """
    with audit.appending():
        before = last(project, key)
        if before and (not before.is_over or str(before.pk) == followed or _is_fresh(before)):
            return before
        return _enqueue(TASK, project, key, by, f"Look at the key {_short(key)}")


def request_grant(project: Project, key: str, *, by: User) -> Operation:
    """Let BigQuery's encryption account of the project use the key, and look again."""
    with audit.appending():
        operation = _enqueue(
            GRANT_TASK, project, key, by, "Let BigQuery use the key", (GRANT, "Grant it the key's role")
        )
        account = google_services.encryption_agent(project.number or 0)
        grant = claims.claim(
            claims.key_resource(key),
            f"serviceAccount:{account}",
            KEY_ROLE,
            origin=Grant.Origin.ENCRYPTION,
            by=by,
            purpose=f"projects/{project.project_id}",
            reason="BigQuery encrypts the credentials of this project's connections with this key.",
            operation=operation,
        )
        # Somebody may have taken away what the portal saw: the writer looks at it again.
        Grant.objects.filter(pk=grant.pk).update(
            observed=Grant.Presence.UNKNOWN, error="", operation=str(operation.pk)
        )
        _record(operation, audit.Outcome.REQUESTED)
        return operation


def apply_check(run: Run) -> None:
    """Look."""
    _look(run)
    with run.outcome():
        pass  # a look changes nothing at Google: there is nothing to audit


def check_failed(run: Run, failure: Failure) -> None:
    """Nothing to take back."""


def apply_grant(run: Run) -> None:
    """Write the key's policy, then look."""
    resource = Resource.objects.get(full_name=run.operation.target)
    run.step(GRANT, partial(_write, resource, run), lambda said: said)
    _look(run)
    with run.outcome():
        _record(run.operation, audit.Outcome.SUCCEEDED)


def grant_failed(run: Run, failure: Failure) -> None:
    """Record why; what was not seen at Google is given up, lest a later change brings it about."""
    resource = Resource.objects.get(full_name=run.operation.target)
    claims.give_up_unapplied(resource, failure.message, run.operation)
    _record(run.operation, audit.Outcome.FAILED, failure.message)


def _write(resource: Resource, run: Run) -> str:
    claims.ask_refused_again(resource.grants.all(), run)
    policy_writer.write_pending(resource, run)
    if refused := claims.refusal(resource.grants.all(), run.operation):
        raise RefusedError(refused.error, f"Grant {refused.role} to {refused.principal} by hand.")
    return "Seen in the key's policy. It may take some minutes to act."


def _look(run: Run) -> None:
    project = Project.objects.get(project_id=run.operation.parameters["project_id"])

    def record(check: checks.Check) -> str:
        found = check.as_json() | {"at": clock.now().isoformat()}
        run.operation.parameters = {**run.operation.parameters, REPORT: found}
        run.operation.save(update_fields=["parameters"])
        return check.message

    run.step(LOOK, partial(checks.key_check, project, run.operation.target), record)


def _enqueue(
    task: str, project: Project, key: str, by: User, title: str, *before: tuple[str, str]
) -> Operation:
    return operations.enqueue(
        task,
        title=title,
        target=key,
        parameters={"project_id": project.project_id},
        lock=key,
        by=by,
        steps=[*before, (LOOK, "Look whether BigQuery may use it")],
    )


def _is_fresh(operation: Operation) -> bool:
    found = report(operation)
    return bool(found) and clock.now() - datetime.fromisoformat(found["at"]) < FRESH


def _short(key: str) -> str:
    return key.rpartition("/")[2]


def _record(operation: Operation, outcome: audit.Outcome, reason: str = "") -> None:
    audit.record(
        ACTION,
        by=operation.requested_by,
        target=operation.target,
        project=operation.parameters["project_id"],
        outcome=outcome,
        reason=reason,
        operation=operation,
    )
