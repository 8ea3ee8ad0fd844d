"""One person: what they may do, and whether they may come in."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.models import AuditEvent, User
from portal.people import queries, services
from portal.people.forms import RolesForm
from portal.permissions import actor, administrator, permitted
from portal.recency import to_page

EVENTS_SHOWN = 10


def load_person(pk: int) -> User:
    """The person of an address, or 404."""
    try:
        return queries.people().get(pk=pk)
    except User.DoesNotExist as error:
        raise Http404 from error


@require_safe
@permitted(administrator, load=load_person)
def person(request: HttpRequest, shown: User) -> HttpResponse:
    """Roles, sign-in, and what was recorded about them."""
    roles = [group.name for group in shown.groups.all()]
    return _page(request, shown, RolesForm(initial={"roles": roles}))


@require_POST
@permitted(administrator, load=load_person, recent_sign_in=True)
def change_roles(request: HttpRequest, shown: User) -> HttpResponse:
    """Give the person the roles that were ticked."""
    form = RolesForm(request.POST)
    if form.is_valid():
        try:
            services.change_roles(shown, form.cleaned_data["roles"], by=actor(request))
        except services.RefusedChangeError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"The roles of {shown.email} are saved.")
            return redirect("portal:person", pk=shown.pk)
    return _page(request, shown, form)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(administrator, load=load_person, recent_sign_in=True)
def deactivate(request: HttpRequest, shown: User) -> HttpResponse:
    """End a person's access, after asking."""
    if request.method != "POST":
        return render(request, "portal/people/deactivate.html", {"person": shown})
    try:
        services.deactivate(shown, by=actor(request))
    except services.RefusedChangeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{shown.email} is deactivated and signed out everywhere.")
    return to_page(request, reverse("portal:person", args=[shown.pk]))


@require_POST
@permitted(administrator, load=load_person, recent_sign_in=True)
def reactivate(request: HttpRequest, shown: User) -> HttpResponse:
    """Let a person in again."""
    try:
        services.reactivate(shown, by=actor(request))
    except services.RefusedChangeError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{shown.email} may sign in again.")
    return redirect("portal:person", pk=shown.pk)


def _page(request: HttpRequest, shown: User, form: RolesForm) -> HttpResponse:
    target = f"people/{shown.email}"
    context = {
        "person": shown,
        "form": form,
        "is_self": shown == request.user,
        "events": AuditEvent.objects.filter(target=target)
        .exclude(action="person.sign_in")
        .order_by("-position")[:EVENTS_SHOWN],
        "target": target,
    }
    return render(request, "portal/people/person.html", context, status=422 if form.errors else 200)
