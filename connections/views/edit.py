"""Editing a connection, and putting back what was changed outside the portal."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from connections import change_commands, life
from connections.differences import resets_credential
from connections.forms.life import EditForm, PasswordForm
from connections.models import Connection
from connections.present import editable_kind
from connections.rules import may_manage
from connections.services import edit as service
from connections.services.living import NotNowError, known_kind
from connections.views.asking import lead, load
from portal.gcp import regions
from portal.permissions import actor, permitted, signed_in
from portal.recency import to_page

COMES_ALONG = "Google forgets the credential when these change: it has to come along."


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@permitted(may_manage, load=load, visible_to=signed_in, recent_sign_in=True)
def edit(request: HttpRequest, shown: Connection) -> HttpResponse:
    """The form, with what Google has now; a POST leads to the operation."""
    kind = editable_kind(shown)
    form = EditForm(request.POST if request.method == "POST" else None, connection=shown, kind=kind)
    if request.method == "POST" and (response := _asked(request, shown, form)):
        return response
    context = {
        "connection": shown,
        "kind": kind,
        "form": form,
        "own_fields": [form[name] for name in kind.property_fields],
        "secret": form[kind.secret_field] if kind.secret_field else None,
        "location": regions.find(shown.location),
    }
    return render(request, "connections/edit.html", context, status=422 if form.is_bound else 200)


@sensitive_variables()
def _asked(request: HttpRequest, shown: Connection, form: EditForm) -> HttpResponse | None:
    """Ask for the change; None when the form has to be shown again."""
    if not form.is_valid():
        return None
    cleaned = form.cleaned_data
    wanted = service.Wanted(cleaned["friendly_name"], cleaned["description"], form.properties)
    try:
        operation = service.request_edit(shown, wanted, form.password, by=actor(request))
    except service.PasswordNeededError as reason:
        form.add_error(form.kind.secret_field, str(reason))
        return None
    except NotNowError as reason:
        form.add_error(None, str(reason))
        return None
    return to_page(request, operation.get_absolute_url())


@require_POST
@sensitive_post_parameters()
@permitted(may_manage, load=load, visible_to=signed_in)
def preview(request: HttpRequest, shown: Connection) -> HttpResponse:
    """The commands that would do the same as the form does so far. The password is not sent here."""
    kind = editable_kind(shown)
    data = request.POST.copy()
    data.pop(kind.secret_field, None)
    form = EditForm(data, connection=shown, kind=kind)
    form.is_valid()
    act = change_commands.editing(shown, kind, form.cleaned_data)
    return render(request, "connections/edit_preview.html", {"act": act})


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@permitted(may_manage, load=load, visible_to=signed_in, recent_sign_in=True)
def put_back(request: HttpRequest, shown: Connection) -> HttpResponse:
    """Write the portal's values over what was changed outside, after showing them."""
    try:
        kind = known_kind(shown)
    except NotNowError as reason:
        messages.warning(request, str(reason))
        return to_page(request, shown.get_absolute_url())
    paths = service.put_back_mask(shown, kind, service.own_values(shown))
    needs_password = resets_credential(kind, paths)
    data = request.POST if request.method == "POST" else None
    form = PasswordForm(data, connection=shown, kind=kind, help_text=COMES_ALONG, required=needs_password)
    if form.is_valid():
        password = form.cleaned_data["password"]
        by = actor(request)
        return lead(request, shown, lambda: service.request_put_back(shown, password, told=form.told, by=by))
    found = life.outside_changes(shown)
    context = {
        "connection": shown,
        "form": form if needs_password else None,
        "differences": [item for item in found if item.known],
        "beyond_reach": [item for item in found if not item.known],
        "act": change_commands.putting_back(shown, kind, paths),
    }
    return render(request, "connections/put_back.html", context, status=422 if form.is_bound else 200)
