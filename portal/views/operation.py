"""An operation's page: its steps go live one by one, in every open tab."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import authority, recency
from portal.models import Operation, Step, User
from portal.permissions import actor, permitted, requester_or_overseer


class RetryForm(forms.Form):
    """What a retry needs: the password again if it is no longer kept."""

    credential = forms.CharField(
        label="Database password",
        strip=False,
        max_length=1000,
        help_text="It is sealed at once, used by the worker, and destroyed when BigQuery has it.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, operation: Operation, data: Any = None) -> None:
        super().__init__(data)
        if not operation.needs_credential:
            del self.fields["credential"]


def may_retry(user: User, operation: Any) -> bool:
    """Whoever may ask for such an operation now; that they asked for this one gives no right."""
    return authority.may(user, operation)


def load_operation(pk: UUID) -> Operation:
    """The operation of an address with its steps, or 404."""
    try:
        return Operation.objects.prefetch_related("steps").get(pk=pk)
    except Operation.DoesNotExist as error:
        raise Http404 from error


@require_safe
@permitted(requester_or_overseer, load=load_operation, visible_to=requester_or_overseer)
def operation(request: HttpRequest, shown: Operation) -> HttpResponse:
    """The operation's page."""
    return render(request, "portal/operations/operation.html", page_context(actor(request), shown))


@require_safe
@permitted(requester_or_overseer, load=load_operation, visible_to=requester_or_overseer)
def operation_live(request: HttpRequest, shown: Operation) -> HttpResponse:
    """The part of the page that changes while the operation runs."""
    context = page_context(actor(request), shown) | {"live": True}
    status = recency.STOP_POLLING if shown.is_over else 200
    return render(request, "portal/operations/live.html", context, status=status)


def page_context(user: User, shown: Operation, form: RetryForm | None = None) -> dict[str, Any]:
    """What the page and its live part show; `form` is a retry that has mistakes."""
    failed = shown.state == Operation.State.FAILED
    may = failed and not shown.replaced_by and may_retry(user, shown)
    steps = list(shown.steps.all())
    return {
        "operation": shown,
        "steps": steps,
        "done": sum(step.state == Step.State.SUCCEEDED for step in steps),
        "form": (form or RetryForm(shown)) if may else None,
        "has_remedy": any(step.remedy and step.state == Step.State.FAILED for step in steps),
        "go_to": go_to(shown),
        "ahead": ahead_of(shown),
    }


def ahead_of(shown: Operation) -> Operation | None:
    """The operation that this one waits for: of those with one lock, one runs at a time."""
    if not shown.lock or shown.state != Operation.State.PENDING:
        return None
    others = Operation.objects.filter(lock=shown.lock).exclude(pk=shown.pk)
    running = others.filter(state=Operation.State.RUNNING).order_by("created_at")
    found: Operation | None = running.first()
    return found


def go_to(shown: Operation) -> str:
    """What the button to the operation's target says."""
    if not shown.target_url:
        return ""
    parts = shown.target.split("/")
    kind = parts[-2] if len(parts) > 1 else ""
    names = {"connections": "connection", "projects": "project", "people": "person"}
    return f"Go to {names.get(kind, 'result')}"
