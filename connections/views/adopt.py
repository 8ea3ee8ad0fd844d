"""The connections that a project has and the portal does not manage: find them, take them over."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from connections import kinds, lookup
from connections.models import ConnectionSearch, FoundConnection
from connections.services import adopt as service
from portal.models import Operation, Project
from portal.permissions import actor, administrator, permitted
from portal.views import paging

PAGE_SIZE = 100
ORDER = ("location", "connection_id")


@require_safe
@permitted(administrator, load=lookup.project)
def found(request: HttpRequest, project: Project) -> HttpResponse:
    """What the last search found."""
    rows = FoundConnection.objects.filter(project=project)
    labels = {kind.slug: kind.name for kind in kinds.all_kinds()}
    page = paging.ordered_page(rows.defer("body"), request.GET, *ORDER, size=PAGE_SIZE)
    for row in page.rows:
        row.kind_label = labels.get(row.kind, "Not known to the portal")  # type: ignore[attr-defined]  # for the template
    under_way = Operation.objects.filter(
        task__in=(service.FIND_TASK, service.ADOPT_TASK),
        target=f"projects/{project.project_id}",
        state__in=Operation.UNFINISHED,
    ).first()
    context = {
        "project": project,
        "page": page,
        "count": rows.count(),
        "search": ConnectionSearch.objects.filter(project=project).first(),
        "under_way": under_way,
    }
    return render(request, "connections/found.html", context)


@require_POST
@permitted(administrator, load=lookup.project)
def find(request: HttpRequest, project: Project) -> HttpResponse:
    """Have a worker list every location."""
    service.request_find(project, by=actor(request))
    return redirect("connections:found", project_id=project.project_id)


@require_POST
@permitted(administrator, load=lookup.project, recent_sign_in=True)
def adopt(request: HttpRequest, project: Project) -> HttpResponse:
    """Take over the chosen ones, or all."""
    rows = FoundConnection.objects.filter(project=project)
    if "all" not in request.POST:
        chosen = [value for value in request.POST.getlist("chosen") if value.isdecimal() and len(value) < 18]
        rows = rows.filter(pk__in=chosen)
    try:
        operation = service.request_adopt(project, rows.defer("body").order_by("pk"), by=actor(request))
    except ValueError as reason:
        messages.warning(request, str(reason))
        return redirect("connections:found", project_id=project.project_id)
    return redirect(operation.get_absolute_url())
