"""An approval policy's page: what counts, its history, one version, and the YAML to take away."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from access import claims
from access.approval import text, versions, words
from access.approval.document import stored
from access.approval.rules import may_edit_policy, may_see_policy, may_set_labels
from access.approval.scope import followers
from access.models import ApprovalPolicy, Resource
from portal.models import Project
from portal.permissions import actor, permitted
from portal.views import paging

PAGE_SIZE = 20
INHERITED = "# No policy of its own: the default counts.\n"


def load(full_name: str) -> Resource:
    """Return the resource that a policy is about, with its owners: a connection, a project, an instance.

    A project's may have no row yet: saving a version makes it. Raises Http404.
    """
    found = Resource.objects.filter(full_name=full_name).exclude(kind=Resource.Kind.KMS_KEY)
    resource = found.prefetch_related("owners").first()
    if resource is None:
        project = get_object_or_404(Project, project_id=full_name.removeprefix("projects/"))
        resource = Resource(full_name=full_name, **claims.project_values(project))
    return resource


def load_one(full_name: str) -> Resource:
    """As load(), without projects."""
    resource = load(full_name)
    if resource.kind == Resource.Kind.PROJECT:
        raise Http404
    return resource


def load_version(full_name: str, number: int) -> ApprovalPolicy:
    """Return one version of the resource's policy. Raises Http404."""
    resource = load(full_name)
    version: ApprovalPolicy = get_object_or_404(versions.history(resource), version=number)
    version.resource = resource
    return version


def frame(request: HttpRequest, resource: Resource) -> dict[str, Any]:
    """What every page about a policy needs."""
    user = actor(request)
    return {
        "resource": resource,
        "is_default": resource.kind == Resource.Kind.PROJECT,
        "may_edit": may_edit_policy(user, resource),
        "may_set_labels": may_set_labels(user),
    }


@require_safe
@permitted(may_see_policy, load=load, visible_to=may_see_policy)
def policy(request: HttpRequest, resource: Resource) -> HttpResponse:
    """What counts now, in words, and who changed it when and why."""
    judged = versions.current(resource)
    found = versions.history(resource)
    if (before := paging.before(request.GET)) is not None:
        found = found.filter(version__lt=before)
    context = frame(request, resource) | {
        "judged": judged,
        "project_name": versions.project_name(resource),
        "rules": words.rules(judged.document, is_default=resource.kind == Resource.Kind.PROJECT),
        "page": paging.key_page(found, request.GET, size=PAGE_SIZE, key_of=lambda row: str(row.version)),
        "newest": versions.newest_number(resource),
        "followers": followers(resource).count() if resource.kind == Resource.Kind.PROJECT else None,
    }
    return render(request, "access/policy/policy.html", context)


@require_safe
@permitted(may_see_policy, load=load_version, visible_to=may_see_policy)
def version(request: HttpRequest, shown: ApprovalPolicy) -> HttpResponse:
    """One version: in words, and how it differs from the one before it or another."""
    others = [number for number in _numbers(shown.resource) if number != shown.version]
    against = _chosen(request.GET.get("against", ""), others, shown.version)
    context = frame(request, shown.resource) | {
        "version": shown,
        "rules": words.rules(stored(shown.document), is_default=shown.resource.kind == Resource.Kind.PROJECT)
        if shown.document is not None
        else [],
        "others": others,
        "against": against,
        "before": _text_of(shown.resource, against),
        "after": _text(shown),
        "requests": shown.requests.count(),
    }
    return render(request, "access/policy/version.html", context)


@require_safe
@permitted(may_see_policy, load=load, visible_to=may_see_policy)
def export(request: HttpRequest, resource: Resource) -> HttpResponse:
    """What counts now, as a YAML file."""
    judged = versions.current(resource)
    raw = judged.version.document if judged.version else None
    body = text.write(raw) if raw and judged.document.problem else text.dump(judged.document)
    response = HttpResponse(body, content_type="application/yaml; charset=utf-8")
    name = "-".join(resource.full_name.split("/")[1::2])
    response["Content-Disposition"] = f'attachment; filename="policy-{_plain(name)}.yaml"'
    return response


def _numbers(resource: Resource) -> list[int]:
    return list(versions.history(resource).values_list("version", flat=True)[:200])


def _chosen(typed: str, others: list[int], number: int) -> int | None:
    """The version to compare with: the one asked for, else the one before."""
    if typed:
        if not typed.isdecimal() or int(typed) not in others:
            raise Http404
        return int(typed)
    return number - 1 if number - 1 in others else None


def _text_of(resource: Resource, number: int | None) -> str:
    if number is None:
        return ""
    return _text(ApprovalPolicy.objects.get(resource=resource, version=number))


def _text(version: ApprovalPolicy) -> str:
    return INHERITED if version.document is None else text.write(version.document)


def _plain(name: str) -> str:
    return "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in name)
