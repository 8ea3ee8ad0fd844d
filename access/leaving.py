"""A leaver: everything that a principal has anywhere, and taking it all back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Q, Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact

from access import ending
from access.drift import missing
from access.models import ENDING, AccessRequest, Grant, Resource
from access.requests import conversing
from portal import audit
from portal.models import Operation, User

Presence = Grant.Presence
# What connections themselves need stays until they go; it is nobody's who could leave.
NEEDED = (Grant.Origin.SERVICE_AGENT, Grant.Origin.ENCRYPTION)


@dataclass(frozen=True)
class Belongings:
    """What a principal has and asks for. `needed` is what connections need and is not taken back here."""

    grants: list[Grant]
    needed: list[Grant]
    ending: list[Grant]
    requests: list[AccessRequest]
    owned: list[Resource]
    person: User | None

    def __bool__(self) -> bool:
        return any((self.grants, self.needed, self.ending, self.requests, self.owned))


def belongings(principal: str) -> Belongings:
    """Return everything that the principal has anywhere by its own name, whatever the case of its address."""
    named = missing.noted(Grant.objects.filter(_called(principal))).select_related("resource")
    held = list(named.filter(desired=Presence.PRESENT).order_by("resource", "role", "pk"))
    person = _person(principal)
    pending = Q(state=AccessRequest.State.PENDING) | Q(
        state=AccessRequest.State.APPROVED, granted_at__isnull=True
    )
    asked = AccessRequest.objects.filter(_called(principal), pending).values("pk")
    if person:
        asked = asked.union(AccessRequest.objects.filter(pending, requester=person).values("pk"))
    requests = AccessRequest.objects.filter(pk__in=asked).select_related("resource", "requester")
    return Belongings(
        grants=[grant for grant in held if grant.origin not in NEEDED],
        needed=[grant for grant in held if grant.origin in NEEDED],
        ending=list(named.filter(ENDING).order_by("resource", "role", "pk")),
        requests=list(requests.order_by("created_at")),
        owned=list(person.owned_resources.order_by("full_name")) if person else [],
        person=person,
    )


def take_back_all(principal: str, *, by: User, reason: str) -> list[Operation]:
    """End every claim and withdraw every pending request of a principal; one operation a resource.

    Raises ValueError where there is nothing, or no reason.
    """
    if not reason.strip():
        raise ValueError("Say why: it stands in the audit trail beside each end.")
    with audit.appending():
        everything = belongings(principal)
        if not everything.grants and not everything.requests:
            raise ValueError(f"{principal} has nothing any more.")
        for request in everything.requests:
            conversing.withdraw(request, by=by)
        ended = [_end(resource, grants, by, reason) for resource, grants in _by_resource(everything.grants)]
        audit.record(
            "principal.leave",
            by=by,
            target=f"principals/{principal}",
            outcome=audit.Outcome.REQUESTED,
            reason=reason,
            detail={
                "principal": principal,
                "grants": [grant.pk for grant in everything.grants],
                "requests": [str(request.pk) for request in everything.requests],
            },
        )
        return [operation for operation in ended if operation]


def _end(resource: Resource, grants: list[Grant], by: User, reason: str) -> Operation | None:
    title = f"Take back what {grants[0].principal} has on {resource.title}"
    return ending.end_on(resource, grants, by=by, reason=reason, title=title)


def _by_resource(grants: Iterable[Grant]) -> list[tuple[Resource, list[Grant]]]:
    groups = groupby(grants, key=lambda grant: grant.resource)
    return [(resource, list(theirs)) for resource, theirs in groups]


def _called(principal: str) -> Q:
    """Whether it is the principal's, as an index can tell."""
    return Q(Exact(Upper("principal"), Upper(Value(principal))))


def _person(principal: str) -> User | None:
    kind, _, address = principal.partition(":")
    return User.objects.filter(email=address.lower()).first() if kind == "user" else None
