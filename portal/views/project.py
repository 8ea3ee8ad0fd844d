"""One project: what is missing in it and how to mend that, then what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal import projects
from portal.models import Operation, Project
from portal.permissions import actor, administrator, permitted
from portal.views.projects import DELETED

OPERATIONS_SHOWN = 8


@dataclass(frozen=True)
class Remedy:
    """A command, and the missing things that it brings."""

    command: str
    kind: str
    role: str
    findings: list[dict[str, Any]]


def load_project(project_id: str) -> Project:
    """The project of an address, or 404."""
    return get_object_or_404(Project, project_id=project_id)


@require_safe
@permitted(administrator, load=load_project)
def project(request: HttpRequest, shown: Project) -> HttpResponse:
    """The project's page."""
    remedies, operations = remedies_of(shown.missing), operations_of(shown)
    check = next((operation for operation in operations if operation.task == projects.TASK), None)
    context = {
        "project": shown,
        "remedies": remedies,
        "optional_remedies": remedies_of(shown.unused),
        "script": "\n".join(remedy.command for remedy in remedies),
        "present": [finding for finding in shown.findings if finding["present"]],
        "operations": operations,
        "failed_check": check if check and check.state == Operation.State.FAILED else None,
        "connection_count": shown.connections.exclude(state=DELETED).count(),
    }
    return render(request, "portal/projects/project.html", context)


@require_POST
@permitted(administrator, load=load_project)
def check_project(request: HttpRequest, shown: Project) -> HttpResponse:
    """Have a worker look again."""
    return redirect(projects.request_check(shown, by=actor(request)))


@require_POST
@permitted(administrator, load=load_project, recent_sign_in=True)
def remove_project(request: HttpRequest, shown: Project) -> HttpResponse:
    """Forget a project that is not one at Google."""
    try:
        projects.remove(shown, by=actor(request))
    except projects.KnownProjectError as error:
        messages.error(request, str(error))
        return redirect(shown)
    messages.success(request, f"{shown.project_id} is removed from the portal.")
    return redirect("portal:projects")


def remedies_of(findings: list[dict[str, Any]]) -> list[Remedy]:
    """What is missing, by the command that mends it: one role brings several permissions."""
    found: dict[str, Remedy] = {}
    for finding in findings:
        command = finding["command"]
        remedy = found.setdefault(command, Remedy(command, finding["kind"], finding["role"], []))
        remedy.findings.append(finding)
    return list(found.values())


def operations_of(shown: Project) -> list[Operation]:
    """The last operations on the project or something in it."""
    name = f"projects/{shown.project_id}"
    below = Q(target=name) | Q(target__startswith=f"{name}/")
    return list(Operation.objects.filter(below).order_by("-created_at", "id")[:OPERATIONS_SHOWN])
