"""Where policies at Google and the portal's claims differ, and deciding about it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.drift import checking, deciding
from access.forms_grants import DriftForm
from access.models import Drift, Resource
from access.rules import may_see_access, may_share
from portal.models import User
from portal.permissions import actor, overseer, permitted, signed_in
from portal.views import paging

State = Drift.State
PAGE_SIZE = 50


def load(pk: int) -> Resource:
    """Return a resource with its owners. Raises Http404."""
    resource = Resource.objects.filter(pk=pk).prefetch_related("owners").first()
    if resource is None:
        raise Http404
    return resource


def seen_by(user: User) -> QuerySet[Resource]:
    """The resources whose differences this person may see."""
    if overseer(user):
        return Resource.objects.all()
    return Resource.objects.filter(owners=user)


@require_safe
@permitted(signed_in)
def drifts(request: HttpRequest) -> HttpResponse:
    """Every resource with differences that this person answers for."""
    live = ~Q(drifts__state=State.RESOLVED)
    differing = Drift.objects.exclude(state=State.RESOLVED).values("resource")
    found = (
        seen_by(actor(request))
        .filter(pk__in=differing)
        .annotate(
            open_count=Count("drifts", filter=Q(drifts__state=State.OPEN)),
            ignored_count=Count("drifts", filter=Q(drifts__state=State.IGNORED)),
            found_at=Max("drifts__found_at", filter=live),
        )
    )
    page = paging.ordered_page(found, request.GET, "-open_count", "full_name", size=PAGE_SIZE)
    return render(request, "access/drifts.html", {"page": page})


@require_http_methods(["GET", "HEAD"])
@permitted(may_see_access, load=load, visible_to=may_see_access)
def drift(request: HttpRequest, resource: Resource) -> HttpResponse:
    """The differences of one resource, and the form to decide about them."""
    return _page(request, resource, DriftForm(drifts=_rows(resource)))


@require_POST
@permitted(may_share, load=load, visible_to=may_see_access, recent_sign_in=True)
def decide_drift(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Do what was decided about the chosen differences."""
    form = DriftForm(request.POST, drifts=_rows(resource))
    if not form.is_valid():
        return _page(request, resource, form)
    try:
        operation = deciding.decide(resource, form.keys, form.decision, by=actor(request))
    except (deciding.OvertakenError, ValueError) as error:
        form.add_error(None, str(error))
        return _page(request, resource, form)
    if operation:
        return redirect(operation.get_absolute_url())
    messages.success(request, "Decided.")
    return redirect("access:drift", pk=resource.pk)


@require_POST
@permitted(may_share, load=load, visible_to=may_see_access)
def check_drift(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Have a worker compare now."""
    return redirect(checking.request_check(resource, by=actor(request)).get_absolute_url())


def _rows(resource: Resource) -> list[Drift]:
    return list(resource.drifts.exclude(state=State.RESOLVED).order_by("-state", "kind", "role", "principal"))


def _page(request: HttpRequest, resource: Resource, form: DriftForm) -> HttpResponse:
    context = {"resource": resource, "form": form, "may_decide": may_share(actor(request), resource)}
    return render(request, "access/drift.html", context, status=422 if form.errors else 200)
