"""What tests of the trail's pages share: events at chosen moments, and the rows of a page."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

from django.db import connection as database
from django.test import Client

from access import holdings
from access.models import CONNECTION_USER, Grant, Resource
from portal import audit, audit_guard, clock, subjects
from portal.models import AuditEvent, Project, User
from tests.support.factories import make_connection

ANA, BEN, EVE = (f"user:{name}@example.com" for name in ("ana", "ben", "eve"))


def told(
    action: str, grant: Grant, *, observed: str = "", kind: str = "", when: datetime | None = None
) -> AuditEvent:
    """Have the trail say that a grant was seen, as the policy writer does; `when` moves the event.

    With a `kind` of difference it says what a comparison of its binding found.
    """
    detail = {
        "grant": grant.pk,
        "principal": grant.principal,
        "role": grant.role,
        "origin": grant.origin,
        "purpose": grant.purpose,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
        "request": str(grant.request_id) if grant.request_id else None,
    }
    if kind:
        detail = {"kind": kind, "principal": grant.principal, "role": grant.role, "until": None}
    with audit.appending():
        event = audit.record(
            action,
            by=None,
            target=grant.resource.full_name,
            project=grant.resource.project_id,
            outcome=audit.Outcome.SUCCEEDED,
            detail=detail | ({"observed": observed} if observed else {}),
        )
    if when:
        audit_guard.remove(database)
        AuditEvent.objects.filter(position=event.position).update(time=when)
        audit_guard.install(database)
        holdings.rebuild()
        subjects.rebuild()
    return event


def seen(resource: Resource, principal: str, *, role: str = CONNECTION_USER, ended: bool = False) -> Grant:
    """A share that was seen at Google, and maybe to be gone."""
    grant = Grant.objects.create(
        resource=resource,
        principal=principal,
        role=role,
        origin=Grant.Origin.SHARE,
        observed=Grant.Presence.PRESENT,
        granted_by="olga@example.com",
        granted_at=clock.now(),
        reason="for the report",
    )
    told("grant.activate", grant)
    if ended:
        Grant.objects.filter(pk=grant.pk).update(
            desired=Grant.Presence.ABSENT, observed=Grant.Presence.ABSENT, revoked_by="olga@example.com"
        )
        told("grant.revoke", grant, observed="absent")
    return grant


def shared(project: Project, owner: User) -> Resource:
    """A connection that somebody owns: Ana has access, Ben lost what he had."""
    resource = make_connection(project, owners=(owner,)).resource
    seen(resource, ANA)
    seen(resource, BEN, ended=True)
    return resource


def days_ago(days: int) -> datetime:
    """Noon of a past day."""
    return clock.now().replace(hour=12, minute=0) - timedelta(days=days)


def rows(client: Client, address: str) -> list[tuple[str, ...]]:
    """The cells of a page's first table, as text."""
    page = client.get(address)
    assert page.status_code == 200, address
    body = re.search(r"<tbody>(.*?)</tbody>", page.content.decode(), re.DOTALL)
    if body is None:
        return []
    lines = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)
    return [tuple(map(_text, re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL))) for line in lines]


def _text(cell: str) -> str:
    return " ".join(html.unescape(re.sub(r"<wbr>|<[^>]*>", "", cell)).split())


def who(client: Client, address: str) -> list[str]:
    """The principals of a page of holdings, in their order."""
    return [row[0] for row in rows(client, address)]
