"""The newest refused logins of an instance: read by a worker from Cloud Logging, kept in a row."""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any

from connections.logins import log_query
from connections.logins.troubles import without_tokens
from connections.models import DatabaseInstance, LoginAlerts
from portal import audit, clock, operations
from portal.execution import Failure
from portal.gcp import log_entries
from portal.gcp.errors import ApiDisabled, GoogleError, PermissionDenied
from portal.gcp.log_entries import LogEntry
from portal.models import Operation, User
from portal.runs import Run

TASK = "connections.read_login_alerts"
READ = "read_log"
MOST = 20
SWITCHED_OFF = "The Cloud Logging API is switched off in the project. Whoever administers it runs:"
LONGEST_TEXT = 2000
Found = tuple[list[LogEntry], str]


def request_alerts(instance: DatabaseInstance, *, by: User) -> Operation:
    """Have a worker read the instance's log; one reading at a time."""
    with audit.appending():
        if under_way := running(instance):
            return under_way
        # Whoever may see the page may have it refreshed: nobody's right is asked again.
        return operations.enqueue(
            TASK,
            title=f"Read the refused logins of {instance.instance_id}",
            target=instance.resource.full_name,
            target_url=instance.get_absolute_url(),
            parameters={"instance": instance.pk},
            by=str(by),
            steps=[(READ, "Read the newest alerts from Cloud Logging")],
        )


def running(instance: DatabaseInstance) -> Operation | None:
    """The reading that is under way, if there is one."""
    target = instance.resource.full_name
    return Operation.objects.filter(task=TASK, target=target, state__in=Operation.UNFINISHED).first()


def apply_alerts(run: Run) -> None:
    """Read them. What Google denies is noted beside the list, not a failure."""
    instance = DatabaseInstance.objects.select_related("project", "resource").get(
        pk=run.operation.parameters["instance"]
    )
    run.step(READ, partial(_read, instance), partial(_keep, instance))
    with run.outcome():
        pass  # a look changes nothing at Google: there is nothing to audit


def alerts_failed(run: Run, failure: Failure) -> None:
    """Note why they could not be read; what was read last stays."""
    values = {"problem": failure.message, "read_at": clock.now()}
    LoginAlerts.objects.update_or_create(instance_id=run.operation.parameters["instance"], defaults=values)


def _read(instance: DatabaseInstance) -> Found:
    try:
        query = log_query.refused_logins(instance)
        return log_entries.newest(instance.project.project_id, query, MOST), ""
    except ApiDisabled:
        return [], f"{SWITCHED_OFF} {_switch_on(instance)}"
    except PermissionDenied as error:
        return [], f"The portal may not read the project's logs (roles/logging.viewer): {error.message}"
    except GoogleError as error:
        if error.retryable:
            raise
        return [], error.message


def _switch_on(instance: DatabaseInstance) -> str:
    project = shlex.quote(instance.project.project_id)
    return f"gcloud services enable logging.googleapis.com --project={project}"


def _keep(instance: DatabaseInstance, found: Found) -> str:
    entries, problem = found
    values: dict[str, Any] = {"read_at": clock.now(), "problem": problem}
    if not problem:
        values["entries"] = [_row(entry) for entry in entries]
    LoginAlerts.objects.update_or_create(instance=instance, defaults=values)
    return f"Not to be read: {problem}" if problem else f"{len(entries)} found."


def _row(entry: LogEntry) -> dict[str, str]:
    return {
        "id": entry.insert_id[:200],
        "at": entry.at.isoformat() if entry.at else "",
        "severity": entry.severity[:20],
        "text": without_tokens(entry.text)[:LONGEST_TEXT],
    }
