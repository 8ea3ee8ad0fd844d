"""The pick lists of the dialog, what a project has as a page, and looking again."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from connections import lookup, pick_lists
from connections.kinds.base import Kind
from connections.logins import page
from connections.services import discover
from portal.models import Operation, Project
from portal.permissions import actor, administrator, permitted


@require_safe
@permitted(administrator, load=lookup.kind)
def choices(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The choices for one field (`field`) of the dialog, in `project` and for `location`."""
    return _picker(request, kind, request.GET.get("operation", ""))


@require_POST
@permitted(administrator, load=lookup.kind)
def refresh_choices(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Have a worker look again; the pick list asks until it has."""
    operation = discover.request_discovery(_project(request), by=actor(request))
    return _picker(request, kind, str(operation.pk))


@require_safe
@permitted(administrator, load=lookup.project)
def assets(request: HttpRequest, project: Project) -> HttpResponse:
    """What the portal has seen in a project that connections can use."""
    under_way = Operation.objects.filter(
        task=discover.TASK,
        target=f"projects/{project.project_id}",
        state__in=Operation.UNFINISHED,
    ).first()
    context = {
        "project": project,
        "lists": pick_lists.everything(project),
        "pages": page.addresses(project),
        "under_way": under_way,
    }
    return render(request, "connections/assets.html", context)


@require_POST
@permitted(administrator, load=lookup.project)
def refresh_assets(request: HttpRequest, project: Project) -> HttpResponse:
    """Have a worker look again, and show what it finds."""
    discover.request_discovery(project, by=actor(request))
    return redirect("connections:assets", project_id=project.project_id)


def _picker(request: HttpRequest, kind: Kind, operation_id: str) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    project, location = _project(request), asked.get("location", "")[:40]
    if asked.get("field") == "kms_key_name":
        picker = pick_lists.keys(project, location)
    else:
        pick = next((pick for pick in kind.pickers if pick.field == asked.get("field")), None)
        if pick is None:
            raise Http404
        picker = pick_lists.of(pick, project, location, asked.get(pick.inside, "")[:500])
    context = {"picker": picker, "kind": kind, "under_way": _under_way(operation_id)}
    return render(request, "connections/picker.html", context)


def _project(request: HttpRequest) -> Project:
    asked = request.POST if request.method == "POST" else request.GET
    return lookup.project(asked.get("project", "")[:30])


def _under_way(operation_id: str) -> Operation | None:
    """Return the search while it goes on; an id that is none counts as over."""
    try:
        operation = Operation.objects.get(pk=operation_id, task=discover.TASK)
    except (Operation.DoesNotExist, ValidationError):
        return None
    return None if operation.is_over else operation
