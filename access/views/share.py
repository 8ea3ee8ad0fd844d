"""The "Connection permissions" dialog."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from access import claims, services
from access.drift import missing
from access.forms import ShareForm
from access.models import Grant, Resource
from access.rules import may_share
from portal.permissions import actor, permitted, signed_in
from portal.recency import to_page


def load(full_name: str) -> Resource:
    """Return the resource of a connection with its owners. Raises Http404."""
    found = Resource.objects.filter(full_name=full_name, kind=Resource.Kind.CONNECTION)
    resource = found.prefetch_related("owners").first()
    if resource is None:
        raise Http404
    return resource


@require_http_methods(["GET", "POST"])
@permitted(may_share, load=load, visible_to=signed_in, recent_sign_in=True)
def share(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Show who has which role; a POST adds, changes and removes, and leads to the operation."""
    user = actor(request)
    grants = list(missing.noted(claims.live(resource).filter(desired=Grant.Presence.PRESENT)))
    data = request.POST if request.method == "POST" else None
    form = ShareForm(data, grants=grants, own_member=user.member, resource=resource)
    if request.method == "POST" and form.is_valid():
        operation = services.request_share(resource, form.sharing, by=user)
        return to_page(request, operation.get_absolute_url())
    context = {"resource": resource, "form": form, "agent_grants": _agent_grants(resource)}
    return render(request, "access/share.html", context, status=422 if form.is_bound else 200)


def _agent_grants(resource: Resource) -> list[Grant]:
    """What others hold on the project for this resource's sake: shown, and not changed here."""
    found = Grant.objects.filter(
        purpose=resource.full_name, desired=Grant.Presence.PRESENT, origin=Grant.Origin.SERVICE_AGENT
    )
    return list(found.select_related("resource").order_by("pk"))
