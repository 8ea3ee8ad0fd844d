"""From addresses to instances and logins: what views `load` before their permission is asked."""

from __future__ import annotations

from django.http import Http404

from access.models import DATABASE_LOGIN, Grant
from connections.models import DatabaseInstance


def instance(full_name: str) -> DatabaseInstance:
    """Return the instance with its project, resource and owners. Raises Http404."""
    found = DatabaseInstance.objects.select_related("project", "resource").prefetch_related(
        "resource__owners"
    )
    made = found.filter(resource__full_name=full_name).first()
    if made is None:
        raise Http404
    return made


def login(pk: int) -> Grant:
    """Return a claim on logging in somewhere, with the resource and its owners. Raises Http404."""
    found = Grant.objects.filter(pk=pk, role=DATABASE_LOGIN, resource__database_instance__isnull=False)
    grant = (
        found.select_related("resource__database_instance__project")
        .prefetch_related("resource__owners")
        .first()
        if pk < 2**63
        else None
    )
    if grant is None:
        raise Http404
    return grant
