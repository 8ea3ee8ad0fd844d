"""Say something about a request."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from access.forms_requests import CommentForm
from access.models import AccessRequest
from access.requests import conversing, rules
from access.views.request import context_of, load
from portal.permissions import actor, permitted


@require_POST
@permitted(rules.may_comment, load=load, visible_to=rules.may_see)
def comment(request: HttpRequest, shown: AccessRequest) -> HttpResponse:
    """Add it, and go back to the conversation."""
    user = actor(request)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            conversing.comment(shown, form.cleaned_data["text"], by=user)
        except ValidationError as refused:
            form.add_error("text", refused)
        else:
            return redirect(f"{shown.get_absolute_url()}#conversation")
    return render(request, "access/request.html", context_of(shown, user, comment=form), status=422)
