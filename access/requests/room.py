"""Whether Google's policies have room for what a request would add, before Google is asked."""

from __future__ import annotations

from collections import defaultdict

from access import limits
from access.models import AccessRequest, Resource
from access.requests.granting import GAINS
from portal import clock


def no_room(request: AccessRequest) -> str:
    """Why a policy has no room for what the request would add now, as a sentence, or nothing.

    What begins later may find room then: it is not refused before.
    """
    describe = GAINS.get(request.resource.kind)
    if describe is None or (request.starts_at and request.starts_at > clock.now()):
        return ""
    wanted: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for name, role, principal in describe(request):
        wanted[name].add((principal, role))
    for resource in Resource.objects.filter(full_name__in=wanted).order_by("full_name"):
        if refusal := limits.refusal(resource, wanted[resource.full_name]):
            return refusal
    return ""
