"""Changing an approval policy: the form, YAML, back to the default; and a resource's labels."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from access.approval import dry_run, labels, text, versions
from access.approval.forms import PolicyForm
from access.approval.proposals import DefaultForm, LabelsForm, ProposalForm, YamlForm
from access.approval.rules import may_edit_policy, may_see_policy, may_set_labels
from access.models import Resource
from access.views.policy import frame, load, load_one
from portal.permissions import actor, permitted
from portal.recency import to_page


@require_http_methods(["GET", "POST"])
@permitted(may_edit_policy, load=load, visible_to=may_see_policy, recent_sign_in=True)
def edit(request: HttpRequest, resource: Resource) -> HttpResponse:
    """The policy as a form; Check shows what it would do, Save makes it the next version."""
    data = request.POST if request.method == "POST" else None
    form = PolicyForm(data, resource=resource, judged=versions.current(resource))
    return _answer(request, resource, form, "access/policy/edit.html")


@require_http_methods(["GET", "POST"])
@permitted(may_edit_policy, load=load, visible_to=may_see_policy, recent_sign_in=True)
def edit_yaml(request: HttpRequest, resource: Resource) -> HttpResponse:
    """The policy as YAML, to change here or to paste over."""
    data = request.POST if request.method == "POST" else None
    judged = versions.current(resource)
    form = YamlForm(data, resource=resource, judged=judged, files=request.FILES)
    return _answer(request, resource, form, "access/policy/yaml.html")


def _answer(request: HttpRequest, resource: Resource, form: ProposalForm, template: str) -> HttpResponse:
    valid = form.is_valid()
    if valid and form.saves and (saved := _saved(request, resource, form)):
        return saved
    context = frame(request, resource) | {"form": form, "judged": form.judged}
    if form.document:
        context |= {
            "before": text.dump(form.judged.document),
            "after": text.dump(form.document),
            "dry_run": dry_run.replay(form.document, resource),
        }
    return render(request, template, context, status=422 if form.errors else 200)


def _saved(request: HttpRequest, resource: Resource, form: ProposalForm) -> HttpResponse | None:
    """Save it; None if somebody else did meanwhile."""
    cleaned = form.cleaned_data
    try:
        version = versions.save_version(
            resource, form.document, by=actor(request), comment=cleaned["comment"], seen=cleaned["seen"]
        )
    except versions.OutdatedError as outdated:
        form.add_error(None, str(outdated))
        return None
    messages.success(request, f"Version {version.version} counts from now on.")
    return redirect("access:policy", resource.full_name)


@require_http_methods(["GET", "POST"])
@permitted(may_edit_policy, load=load, visible_to=may_see_policy, recent_sign_in=True)
def default(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Ask why, then let the default count again."""
    form = DefaultForm(request.POST if request.method == "POST" else None)
    here = reverse("access:policy", args=[resource.full_name])
    if form.is_valid():
        try:
            versions.save_version(resource, None, by=actor(request), comment=form.cleaned_data["comment"])
        except versions.OutdatedError as outdated:
            form.add_error(None, str(outdated))
        else:
            messages.success(request, "The default counts from now on.")
            return to_page(request, here)
    context = frame(request, resource) | {"form": form}
    return render(request, "access/policy/default.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@permitted(may_set_labels, load=load_one, visible_to=may_see_policy, recent_sign_in=True)
def edit_labels(request: HttpRequest, resource: Resource) -> HttpResponse:
    """A resource's labels."""
    form = LabelsForm(request.POST if request.method == "POST" else None, initial={"labels": resource.labels})
    if form.is_valid():
        labels.set_labels(resource, form.cleaned_data["labels"], by=actor(request))
        messages.success(request, "The labels are saved.")
        return to_page(request, reverse("access:policy", args=[resource.full_name]))
    context = frame(request, resource) | {"form": form}
    return render(request, "access/policy/labels.html", context, status=422 if form.is_bound else 200)
