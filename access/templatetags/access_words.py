"""Words of access for templates: {% load access_words %}."""

from __future__ import annotations

from datetime import timedelta

from django import template

from access import durations
from access.models import AccessRequest, Grant, Resource
from access.requests import granting
from access.requests.granting import role_label as label_of

register = template.Library()


@register.filter
def role_label(role: str) -> str:
    """A role as Google's console calls it, or its own name."""
    return label_of(role)


@register.filter
def noun(resource: Resource) -> str:
    """What is asked for there: "access", or "database login"."""
    return granting.noun(resource)


@register.filter
def told_for(resource: Resource, principal: str) -> dict[str, str]:
    """What a principal would get there, as values by label; the resource's app knows."""
    return granting.details(resource, principal)


@register.filter
def own_name(full_name: str) -> str:
    """The last part of a resource's full name."""
    return full_name.rpartition("/")[2]


@register.filter
def above(full_name: str) -> str:
    """What stands before the last part of a resource's full name."""
    return full_name.rpartition("/")[0]


@register.filter
def as_duration(length: timedelta | None) -> str:
    """A length of time in words."""
    return durations.words(length) if length else ""


@register.filter
def state_of(request: AccessRequest) -> str:
    """One word for a request: what became of its access once that is known, else where it stands.

    Uses the grants that were loaded with it; access.drift.missing notes which of them are gone at Google.
    """
    if request.state != AccessRequest.State.APPROVED or request.granted_at is None:
        return request.state
    grants = [grant for grant in request.grants.all() if grant.request_id == request.pk]
    newest = max(grants, key=lambda grant: grant.pk, default=None)
    if newest is None:
        return request.state
    ended = newest.status == "revoked" and _had_expired(newest)
    return "expired" if ended else newest.status


def _had_expired(grant: Grant) -> bool:
    """Whether its time was over when it ended."""
    return bool(grant.expires_at and grant.revoked_at and grant.revoked_at >= grant.expires_at)
