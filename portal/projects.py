"""Registering a Google Cloud project: look its number up, see what is missing, say how to mend it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal import audit, clock, operations, requirements
from portal.execution import Failure
from portal.gcp import projects as google_projects
from portal.gcp.errors import PermissionDenied
from portal.models import Operation, Project, User
from portal.runs import RefusedError, Run
from portal.signals import project_checked

TASK = "portal.check_project"
LOOK_UP, CHECK = "look_up", "check_requirements"


class KnownProjectError(Exception):
    """Google knows the project: connections may be in it, so it stays."""

    def __init__(self, project: Project) -> None:
        super().__init__(f"{project.project_id} is a project at Google, so it stays registered.")


def request_register(project_id: str, *, by: User) -> tuple[Project, Operation]:
    """Take a project in and have a worker check it. Raises IntegrityError if it is registered already."""
    with audit.appending():
        project = Project.objects.create(
            project_id=project_id, registered_by=str(by), registered_at=clock.now()
        )
        operation = _enqueue_check(project, by)
        audit.record(
            "project.register",
            by=by,
            target=f"projects/{project_id}",
            project=project_id,
            outcome=audit.Outcome.REQUESTED,
            operation=operation,
        )
        return project, operation


def request_check(project: Project, *, by: User) -> Operation:
    """Have a worker look again at what a project has and lacks."""
    with audit.appending():
        operation = _enqueue_check(project, by)
        audit.record(
            "project.check",
            by=by,
            target=f"projects/{project.project_id}",
            project=project.project_id,
            outcome=audit.Outcome.REQUESTED,
            operation=operation,
        )
        return operation


def remove(project: Project, *, by: User) -> None:
    """Forget a project that was never found at Google, such as a mistyped one. Raises KnownProjectError."""
    with audit.appending():
        if not Project.objects.filter(pk=project.pk, number=None).delete()[0]:
            raise KnownProjectError(project)
        audit.record(
            "project.remove",
            by=by,
            target=f"projects/{project.project_id}",
            project=project.project_id,
            outcome=audit.Outcome.SUCCEEDED,
        )


def apply_check(run: Run) -> None:
    """Look the number up, then APIs and permissions."""
    project = Project.objects.filter(project_id=run.operation.parameters["project_id"]).first()
    if project is None:
        raise RefusedError("The project was removed from the portal meanwhile.", "Register it again.")
    run.step(LOOK_UP, lambda: _look_up(project.project_id), lambda info: _record_number(project, info))
    run.step(
        CHECK, lambda: requirements.look(project.project_id), lambda found: _record_findings(project, found)
    )
    with run.outcome():
        _record(run, audit.Outcome.SUCCEEDED)
        project_checked.send(sender=Project, project=project)


def check_failed(run: Run, failure: Failure) -> None:
    """Record that the project could not be looked up."""
    _record(run, audit.Outcome.FAILED, failure.message)


def _look_up(project_id: str) -> google_projects.ProjectInfo:
    try:
        return google_projects.get(project_id)
    except PermissionDenied as error:  # Google's answer for a missing project too
        raise RefusedError(
            error.message,
            "Check the project ID, and give the portal's service account roles/browser on the project.",
        ) from error


def _record_number(project: Project, info: google_projects.ProjectInfo) -> str:
    project.number, project.display_name = info.number, info.display_name
    project.save(update_fields=["number", "display_name"])
    return f"Project number {info.number}."


def _record_findings(project: Project, findings: list[dict[str, Any]]) -> str:
    project.findings, project.checked_at = findings, clock.now()
    project.save(update_fields=["findings", "checked_at"])
    missing = len(project.missing)
    return f"{missing} of {len(findings)} APIs and permissions missing." if missing else "Nothing is missing."


def _enqueue_check(project: Project, by: User) -> Operation:
    return operations.enqueue(
        TASK,
        title=f"Check project {project.project_id}",
        target=f"projects/{project.project_id}",
        target_url=reverse("portal:project", args=[project.project_id]),
        parameters={"project_id": project.project_id},
        lock=f"check projects/{project.project_id}",
        by=by,
        steps=[(LOOK_UP, "Look the project up"), (CHECK, "Check APIs and permissions")],
    )


def _record(run: Run, outcome: audit.Outcome, reason: str = "") -> None:
    audit.record(
        "project.check",
        by=run.operation.requested_by,
        target=run.operation.target,
        project=run.operation.parameters["project_id"],
        outcome=outcome,
        reason=reason,
        operation=run.operation,
    )
