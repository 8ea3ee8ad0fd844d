"""What I have, why, until when, and how to use it."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import uses
from access.drift import missing
from access.models import ENDING, AccessRequest, Grant
from access.requests import granting
from portal.models import User
from portal.permissions import actor, overseer, permitted, signed_in

MOST = 200


@require_safe
@permitted(signed_in)
def my_access(request: HttpRequest) -> HttpResponse:
    """What this person holds by name, and what an approved request of theirs gave to others."""
    user = actor(request)
    grants = _held(user)
    answers_for = _answers_for(user, grants)
    known = uses.of({grant.resource_id: grant.resource for grant in grants}.values())
    pending = _waiting(user)
    rows = [
        {
            "grant": grant,
            "use": known.get(grant.resource_id),
            "mine": grant.principal == user.member,
            "may_extend": _can_extend(grant, user),
            "may_decide": grant.resource_id in answers_for,
            "waiting": pending.get((grant.resource_id, grant.principal, grant.role)),
        }
        for grant in grants
    ]
    extended = {row["waiting"] for row in rows}
    context = {
        "rows": rows[:MOST],
        "there_is_more": len(rows) > MOST,
        "asked": [one for one in pending.values() if one not in extended],
        "tab": "access",
    }
    return render(request, "access/my_access.html", context)


def _held(user: User) -> list[Grant]:
    """What can be asked for and is held or ending: by name, or because this person asked."""
    by_name = Grant.objects.filter(principal=user.member).values("pk")
    asked_for = Grant.objects.filter(request__requester=user).values("pk")
    lasting = Q(desired=Grant.Presence.PRESENT) | ENDING
    # Each by an index of its own: a condition on either would be looked for in every grant.
    found = Grant.objects.filter(
        lasting, pk__in=by_name.union(asked_for), resource__kind__in=list(granting.ROLES)
    )
    found = found.select_related("resource", "request").defer("request__policy_document")
    return list(missing.noted(found).order_by("resource__title", "role", "pk")[: MOST + 1])


def _answers_for(user: User, grants: list[Grant]) -> set[int]:
    """The resources of what is gone at Google whose differences this person may see."""
    gone = {grant.resource_id for grant in grants if grant.gone_since}
    if not gone or overseer(user):
        return gone
    return set(user.owned_resources.filter(pk__in=gone).values_list("pk", flat=True))


def _waiting(user: User) -> dict[tuple[int, str, str], AccessRequest]:
    """What this person asked for and waits for, by what it is about, the oldest first."""
    waiting = AccessRequest.objects.filter(requester=user, state=AccessRequest.State.PENDING)
    waiting = waiting.select_related("resource").defer("policy_document").order_by("created_at", "pk")
    return {(one.resource_id, one.principal, one.role): one for one in waiting[:MOST]}


def _can_extend(grant: Grant, user: User) -> bool:
    return (
        grant.origin == Grant.Origin.REQUEST
        and grant.request is not None
        and grant.request.requester_id == user.pk
        and grant.desired == Grant.Presence.PRESENT
        and grant.expires_at is not None
    )
