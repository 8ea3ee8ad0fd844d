"""In the dialog, below the key that was chosen: whether BigQuery may use it, and the role that it lacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from connections import commands, life, lookup
from connections.forms import rules
from connections.kinds.base import Kind
from connections.services import checks, preflight
from portal.models import Operation, Project, User
from portal.permissions import actor, administrator, permitted

Act = Callable[..., Operation]


@require_POST
@permitted(administrator, load=lookup.kind)
def check_key(request: HttpRequest, kind: Kind) -> HttpResponse:
    """What a worker saw, or sees now: it looks when nobody has for some minutes."""
    followed = request.POST.get("operation", "")
    return _answer(request, kind, partial(preflight.request_check, followed=followed))


@require_POST
@permitted(administrator, load=lookup.kind, recent_sign_in=True)
def grant_key(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Have a worker give BigQuery's encryption account the role on the key."""
    return _answer(request, kind, preflight.request_grant)


def _answer(request: HttpRequest, kind: Kind, act: Act) -> HttpResponse:
    project = lookup.project(request.POST.get("project", "")[:30])
    key = request.POST.get("kms_key_name", "").strip()
    operation = _asked(act, project, key, actor(request))
    report = preflight.report(operation)
    failed = operation is not None and operation.state == Operation.State.FAILED
    grantable = failed or report.get("action") == checks.GRANT_KEY
    context = {
        "kind": kind,
        "operation": operation,
        "by_hand": commands.using_key(project, key) if grantable else [],
        "key_report": report,
        "key_looked_at": life.moment(report),
    }
    return render(request, "connections/key_check.html", context)


def _asked(act: Act, project: Project, key: str, by: User) -> Operation | None:
    """The operation, or None for what is no key: the field says so itself."""
    try:
        rules.key_name(key)
    except ValidationError:
        return None
    return act(project, key, by=by)
