"""Templates of one's own for repeated requests."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from access.models import RequestTemplate
from access.requests import templates as kept
from portal.models import User
from portal.permissions import actor, permitted, signed_in
from portal.recency import to_page


def load(pk: int) -> RequestTemplate:
    """Return the template at this address. Raises Http404."""
    found = RequestTemplate.objects.select_related("resource").filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    return found


def own(user: User, template: RequestTemplate) -> bool:
    """Whose template it is."""
    return user.is_active and template.owner_id == user.pk


@require_safe
@permitted(signed_in)
def templates(request: HttpRequest) -> HttpResponse:
    """What this person asks for again and again."""
    found = RequestTemplate.objects.filter(owner=actor(request)).select_related("resource").order_by("name")
    return render(request, "access/templates.html", {"templates": found, "tab": "templates"})


@require_http_methods(["GET", "POST"])
@permitted(own, load=load, visible_to=own)
def delete_template(request: HttpRequest, shown: RequestTemplate) -> HttpResponse:
    """Ask whether they mean it; a POST forgets the template."""
    if request.method != "POST":
        return render(request, "access/delete_template.html", {"template": shown})
    kept.forget(shown)
    messages.success(request, f"The template “{shown.name}” is gone.")
    return to_page(request, reverse("access:templates"))
