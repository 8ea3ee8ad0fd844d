"""Naming the owners of a connection or a database instance."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from access import owners as service
from access.forms_owners import OwnersForm
from access.models import Resource
from portal.permissions import actor, administrator, permitted, signed_in
from portal.recency import to_page

KINDS = (Resource.Kind.CONNECTION, Resource.Kind.INSTANCE)


def load(full_name: str) -> Resource:
    """Return a resource that has owners, with them. Raises Http404."""
    found = Resource.objects.filter(full_name=full_name, kind__in=KINDS).prefetch_related("owners").first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@permitted(administrator, load=load, visible_to=signed_in, recent_sign_in=True)
def owners(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Show who they are; a POST names others."""
    form = OwnersForm(request.POST if request.method == "POST" else None, resource=resource)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            changed = service.set_owners(
                resource, asked["owners"], by=actor(request), reason=asked["reason"], seen=asked["seen"]
            )
        except service.OutdatedError as outdated:
            form.begin_anew(str(outdated))
        else:
            messages.success(request, "The owners are saved." if changed else "Nothing was changed.")
            return to_page(request, resource.url)
    context = {"resource": resource, "form": form}
    return render(request, "access/owners.html", context, status=422 if form.is_bound else 200)
