"""The "External data source" dialog: show it, look at what was typed, create the connection."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from connections import again, commands, kinds, lookup, pick_lists
from connections.forms import rules, swapping
from connections.forms.external_source import CMEK, ExternalSourceForm
from connections.kinds.base import Kind
from connections.services import create as service
from portal.models import Operation, Project
from portal.permissions import actor, administrator, permitted
from portal.recency import to_page


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@permitted(administrator, load=lookup.kind, recent_sign_in=True)
def create(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The dialog, as a fragment for htmx and as a page of its own."""
    projects = lookup.usable_projects()
    if not projects:
        return to_page(request, reverse("connections:add_data"))
    if request.method == "GET":
        asked = request.GET.get("project", "")
        initial = {"project": _chosen(projects, asked).project_id} | again.values(
            request.GET.get("again", "")
        )
        return _show(request, _form(request, kind, projects, initial=initial))
    form = _form(request, kind, projects, data=request.POST)
    operation = _create(form, request)
    if operation is None:
        return _show(request, form, status=422)
    return to_page(request, operation.get_absolute_url())


@require_POST
@sensitive_post_parameters()
@permitted(administrator, load=lookup.kind)
def validate(request: HttpRequest, kind: Kind) -> HttpResponse:
    """What is wrong with what was typed so far, for the places beside the fields.

    The password is not sent here; were it, it would be dropped.
    """
    data = request.POST.copy()
    data.pop(kind.secret_field, None)
    data["kind"] = kind.slug  # whose dialog is open; another may be on its way
    form = _form(request, kind, lookup.usable_projects(), data=data)
    form.is_valid()
    asked = request.headers.get("HX-Trigger", "").removeprefix("id_").removesuffix("_errors")
    typed = [form[name] for name in form.fields if name != asked and data.get(name, "").strip()]
    context = {
        "asked": form[asked] if asked in form.fields else None,
        # Boxes and passwords cannot be wrong while typing; their places do not exist.
        "others": [
            field
            for field in typed
            if not field.is_hidden and field.widget_type not in {"checkbox", "password"}
        ],
    }
    return render(request, "connections/validated.html", context)


@require_POST
@sensitive_post_parameters()
@permitted(administrator, load=lookup.kind)
def preview(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The commands that would do the same as the form does so far."""
    data = request.POST.copy()
    if data.get("encryption") != CMEK:
        data.pop("kms_key_name", None)
    typed = {name: str(value).strip() for name, value in data.dict().items() if name != kind.secret_field}
    return render(request, "connections/preview.html", {"act": commands.preview(kind, typed)})


@require_POST
@sensitive_post_parameters()
@permitted(administrator, load=lookup.kind)
def swap_kind(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The dialog for the kind that was chosen in it, with what was typed in the fields that both have."""
    projects, data = lookup.usable_projects(), request.POST.copy()
    if not projects:  # the last one became unusable while the dialog was open
        return to_page(request, reverse("connections:add_data"))
    asked = next((other for other in kinds.all_kinds() if other.slug == data.get("kind")), kind)
    before = ExternalSourceForm(kind=kind, projects=projects, by=actor(request))
    form = _form(request, asked, projects, initial=swapping.typed(kind, asked, data.dict(), before.fields))
    form.fields["kind"].widget.attrs["autofocus"] = True  # where the focus was
    return _show(request, form, was_begun=True)


def _form(
    request: HttpRequest, kind: Kind, projects: list[Project], data: Any = None, **options: Any
) -> ExternalSourceForm:
    return ExternalSourceForm(data, kind=kind, projects=projects, by=actor(request), **options)


@sensitive_variables()
def _create(form: ExternalSourceForm, request: HttpRequest) -> Operation | None:
    """Ask for the connection; None when the form has to be shown again."""
    if not form.is_valid():
        return None
    asked = form.cleaned_data
    new = service.NewConnection(
        project=asked["project"],
        location=asked["location"],
        connection_id=asked["connection_id"],
        kind=form.source.slug,
        properties=form.properties,
        friendly_name=asked["friendly_name"],
        description=asked["description"],
        kms_key_name=asked.get("kms_key_name", ""),
        grant_service_agent=asked.get("grant_service_agent", False),
        test_query=asked.get("test_query", False),
        share=form.share,
        owners=tuple(asked["owners"]),
    )
    try:
        return service.request_create(new, form.password, by=actor(request))
    except IntegrityError:
        taken = rules.taken(new.project, new.location, new.connection_id)
        if not taken:
            raise
        form.add_error("connection_id", taken)  # somebody was quicker
        return None


def _show(request: HttpRequest, form: ExternalSourceForm, status: int = 200, **more: Any) -> HttpResponse:
    project = _chosen(form.projects, str(form["project"].value() or ""))
    location = str(form["location"].value() or "")
    pickers = {
        pick.field: pick_lists.of(pick, project, location, _value(form, pick.inside))
        for pick in form.source.pickers
    }
    if form.source.takes_kms_key:
        pickers["kms_key_name"] = pick_lists.keys(project, location)
    context = {"form": form, "kind": form.source, "project": project, "pickers": pickers, **more}
    return render(request, "connections/external_source.html", context, status=status)


def _value(form: ExternalSourceForm, field: str) -> str:
    return str(form[field].value() or "") if field else ""


def _chosen(projects: list[Project], project_id: str) -> Project:
    return next((project for project in projects if project.project_id == project_id), projects[0])
