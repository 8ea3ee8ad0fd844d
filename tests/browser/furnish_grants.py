"""A grant, a difference at Google and a database login, with the longest words; furnish.py runs it."""

from __future__ import annotations

from access.models import CONNECTION_USER, Drift, Grant, Resource
from portal import clock
from portal.models import Project, User
from tests.support import factories


def grant(resource: Resource, words: str) -> int:
    """Give a reason to one of the connection's grants; return its key."""
    found = resource.grants.order_by("pk")[0]
    Grant.objects.filter(pk=found.pk).update(reason=words)
    return found.pk


def drift(resource: Resource, words: str, *, by: User) -> int:
    """Two differences, one of them left alone for a reason; return the key of the resource."""
    now = clock.now()
    for kind in Drift.Kind:
        Drift.objects.create(
            resource=resource,
            kind=kind,
            role=CONNECTION_USER,
            principal=f"group:{'not-by-the-portal-' * 4}{kind}@example.com",
            found_at=now,
            seen_at=now,
        )
    Drift.objects.filter(resource=resource, kind=Drift.Kind.GONE).update(
        state=Drift.State.IGNORED, reason=words, decided_by=str(by), decided_at=now
    )
    return resource.pk


def login(project: Project, principal: str, words: str, *, owner: User) -> int:
    """A login to an instance with a long name; return its key."""
    instance = factories.make_instance(project, f"longest-{'n' * 80}", owners=(owner,))
    return factories.make_login(instance, principal, reason=words).pk
