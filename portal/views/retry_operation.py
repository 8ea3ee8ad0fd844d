"""Trying a failed operation again, from the step that failed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from portal import operations, secrets
from portal.models import Operation
from portal.permissions import actor, permitted, requester_or_overseer
from portal.views.operation import RetryForm, load_operation, may_retry, page_context


@sensitive_post_parameters("credential")
@sensitive_variables("form")
@require_POST
@permitted(may_retry, load=load_operation, visible_to=requester_or_overseer, recent_sign_in=True)
def retry_operation(request: HttpRequest, shown: Operation) -> HttpResponse:
    """Start it again; where the password is gone, with the one that was typed."""
    form = RetryForm(shown, request.POST)
    if form.is_valid():
        try:
            credential = form.cleaned_data.get("credential", "")
            operations.request_retry(shown, by=actor(request), credential=credential)
            return redirect(shown)
        except secrets.CredentialGoneError:
            messages.warning(request, "The password is needed again.")
            return redirect(shown)
        except ValueError as error:  # somebody else has retried it already
            messages.info(request, str(error))
            return redirect(shown)
    context = page_context(actor(request), shown, form)
    return render(request, "portal/operations/operation.html", context, status=422)
