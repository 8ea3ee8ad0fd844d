"""Approve or deny a request."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from access.forms_requests import DecisionForm
from access.models import AccessRequest, Decision
from access.requests import deciding, rules
from access.requests.deciding import Verdicted
from access.requests.journal import OvertakenError
from access.views.request import context_of, load
from portal.permissions import actor, permitted
from portal.recency import to_page


@require_POST
@permitted(rules.asked_to_decide, load=load, visible_to=rules.may_see, recent_sign_in=True)
def decide(request: HttpRequest, shown: AccessRequest) -> HttpResponse:
    """Decide what was shown; whoever comes second is told what happened, and sees it."""
    user = actor(request)
    form = DecisionForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        said = Verdicted(Decision.Verdict(values["verdict"]), values["reason"], values["duration"])
        try:
            decided = deciding.decide(shown, said, by=user, revision=values["revision"])
        except OvertakenError as late:
            messages.warning(request, str(late))
            return to_page(request, shown.get_absolute_url())
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _said(decided))
            return to_page(request, shown.get_absolute_url())
    return render(request, "access/request.html", context_of(shown, user, decision=form), status=422)


def _said(decided: AccessRequest) -> str:
    if decided.state == AccessRequest.State.DENIED:
        return f"Denied. {decided.requester} is told."
    if decided.state == AccessRequest.State.PENDING:
        return "Approved. Others have to approve it too before access is given."
    if decided.granted_at is None:
        return "Approved. Access is given when its time comes."
    return f"Approved. {decided.requester} is told, and a worker changes the policy."
