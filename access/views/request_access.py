"""Request access: the form, filled in from a template or an earlier request where the address says so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from access import durations
from access.approval import versions
from access.approval.document import PolicyDocument
from access.forms_requests import ME, OTHER, RequestForm
from access.models import AccessRequest, Grant, RequestTemplate, Resource
from access.requests import asking, granting, standing, templates
from access.requests.asking import NewRequest
from portal import recency
from portal.models import User
from portal.permissions import actor, permitted, signed_in


def load(full_name: str) -> Resource:
    """Return the resource that can be asked for, with its owners. Raises Http404."""
    kinds = [kind for kind in granting.ROLES if kind in granting.GRANTERS]
    found = Resource.objects.filter(full_name=full_name, kind__in=kinds).prefetch_related("owners").first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@permitted(signed_in, load=load)
def request_access(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Show the form; a POST asks, and leads to the request's page."""
    user = actor(request)
    document = versions.current(resource).document
    form = RequestForm(
        request.POST if request.method == "POST" else None,
        document=document,
        roles=_roles(resource, document),
        own_member=user.member,
        initial=_before(request, user),
    )
    if request.method == "POST" and form.is_valid() and (answer := _ask(request, form, resource)):
        return answer
    context = {
        "resource": resource,
        "form": form,
        "steps": [(standing.in_words(step.approvers), step.needed) for step in document.steps],
        "lapses_after": durations.words(document.lapses_after),
        "obstacle": granting.obstacle(resource) or document.problem,
        **_already(resource, user),
    }
    return render(request, "access/request_access.html", context, status=422 if form.is_bound else 200)


def _ask(request: HttpRequest, form: RequestForm, resource: Resource) -> HttpResponse | None:
    """Ask, and lead to the request; None when it cannot be, and then the form says why."""
    user, values = actor(request), form.cleaned_data
    new = NewRequest(
        resource=resource,
        principal=values["principal"],
        role=values["role"],
        duration=values["duration"],
        reason=values["reason"],
        ticket=values.get("ticket", ""),
        starts_at=values["starts_at"],
    )
    try:
        made = asking.ask(new, by=user, confirmed=recency.is_good(request, user))
    except asking.ConfirmFirstError:
        return recency.demand(request, user)
    except ValidationError as refused:
        form.refuse(refused)
        return None
    if values["save_as"]:
        templates.keep(new, values["save_as"], owner=user)
    messages.success(request, _said(made))
    return redirect(made)


def _said(made: AccessRequest) -> str:
    if made.state == AccessRequest.State.APPROVED:
        return "No approval is needed: access is on its way."
    return "Sent. You are told as soon as somebody decides."


def _roles(resource: Resource, document: PolicyDocument) -> dict[str, str]:
    """The roles of the resource's kind that its policy lets people ask for."""
    roles = granting.ROLES[resource.kind]
    if resource.kind != Resource.Kind.CONNECTION:
        return roles
    return {role: label for role, label in roles.items() if role in document.roles}


def _already(resource: Resource, user: User) -> dict[str, Any]:
    """What this person has here, and what they wait for."""
    own = user.member
    held = resource.grants.filter(principal=own, desired=Grant.Presence.PRESENT).order_by("role")
    pending = resource.requests.filter(state=AccessRequest.State.PENDING)
    waiting = pending.filter(Q(requester=user) | Q(principal=own))
    return {"held": list(held), "waiting": list(waiting.order_by("created_at"))}


def _before(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the form begins with: a template of one's own, or an earlier request of one's own."""
    source: RequestTemplate | AccessRequest | None = None
    if (key := request.GET.get("template", "")).isdecimal() and len(key) < 19:
        source = RequestTemplate.objects.filter(pk=int(key), owner=user).first()
    elif again := request.GET.get("again"):
        try:
            source = AccessRequest.objects.filter(pk=UUID(again), requester=user).first()
        except ValueError:
            source = None
    if source is None:
        return {}
    own = source.principal in {"", user.member}
    return {
        "role": source.role,
        "whose": ME if own else OTHER,
        "principal": "" if own else source.principal,
        "reason": source.reason,
        "duration": durations.words(source.duration),
        "ticket": getattr(source, "ticket", ""),
    }
