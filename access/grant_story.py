"""Why a grant exists and what became of it: request, decisions, Google's answer, the trail's events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from access import holdings
from access.approval import text
from access.models import AccessRequest, Decision, Grant, Holding
from portal import subjects
from portal.models import AuditEvent, EventSubject, Operation

EVENTS_SHOWN = 50


@dataclass(frozen=True)
class Story:
    """What a grant's page tells. `requests` are the one that it rests on and those that prolonged it."""

    grant: Grant
    requests: list[AccessRequest]
    # The policy that the first request was judged by, as YAML.
    policy: str
    holdings: list[Holding]
    operations: list[Operation]
    events: list[AuditEvent]
    more_events: bool

    @property
    def activated(self) -> AuditEvent | None:
        """The newest event that says that Google's policy shows it."""
        return self._newest(holdings.OPENING)

    @property
    def refused(self) -> AuditEvent | None:
        """The newest event that says that Google will not have it."""
        return self._newest(("grant.activate",), AuditEvent.Outcome.FAILED)

    @property
    def gone(self) -> AuditEvent | None:
        """The newest event that says that it is gone at Google, or left there."""
        return self._newest(holdings.CLOSING)

    def _newest(
        self, actions: Iterable[str], outcome: str = AuditEvent.Outcome.SUCCEEDED
    ) -> AuditEvent | None:
        wanted = set(actions)
        return next((e for e in self.events if e.action in wanted and e.outcome == outcome), None)


def of(grant: Grant) -> Story:
    """Gather it, in as many queries whatever happened."""
    requests = _requests(grant)
    events = list(_events(grant, requests)[: EVENTS_SHOWN + 1])
    shown = events[:EVENTS_SHOWN]
    return Story(
        grant=grant,
        requests=requests,
        policy=text.write(requests[0].policy_document) if requests and requests[0].policy_document else "",
        holdings=list(Holding.objects.filter(grant=grant.pk).order_by("started_event")),
        operations=_operations(grant, shown),
        events=shown,
        more_events=len(events) > EVENTS_SHOWN,
    )


def _requests(grant: Grant) -> list[AccessRequest]:
    """The request behind it first, then the extensions in their order."""
    found = AccessRequest.objects.filter(extends=grant)
    if grant.request_id:
        found = found | AccessRequest.objects.filter(pk=grant.request_id)
    decisions = Prefetch("decisions", Decision.objects.select_related("by").order_by("decided_at", "pk"))
    loaded = found.select_related("requester", "policy__resource").prefetch_related(decisions)
    return sorted(loaded, key=lambda request: (request.pk != grant.request_id, request.created_at))


def _events(grant: Grant, requests: Iterable[AccessRequest]) -> QuerySet[AuditEvent]:
    """The newest events that speak of the grant or of its requests."""
    about = [subjects.grant(grant.pk), *(subjects.request(request.pk) for request in requests)]
    entries = EventSubject.objects.filter(subject__in=about).order_by("-position")
    newest = entries.values("position")[: 2 * (EVENTS_SHOWN + 1)]
    return AuditEvent.objects.filter(position__in=newest).order_by("-position")


def _operations(grant: Grant, events: Iterable[AuditEvent]) -> list[Operation]:
    """What workers did about it, newest first, with their steps."""
    keys = {event.operation for event in events if event.operation} | {grant.operation} - {""}
    found = Operation.objects.filter(pk__in=keys).prefetch_related("steps")
    return list(found.order_by("-created_at", "id")[:10])
