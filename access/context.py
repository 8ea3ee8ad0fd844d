"""What owners and administrators are told on their first pages: overdue ends, undecided differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from access.models import Drift, Grant, Resource, overdue
from portal import clock
from portal.models import User

NAMED = 5


@dataclass(frozen=True)
class Alarms:
    """What needs somebody now. `more` says that there are more overdue ends than are named.

    `resource` is the one that it is about; None if it is about all.
    """

    overdue: list[Grant]
    more: bool
    differences: int
    resource: Resource | None = None

    def __bool__(self) -> bool:
        return bool(self.overdue or self.differences)


def alarms(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Looks nothing up in the database unless the template uses it."""
    return {"alarms": SimpleLazyObject(lambda: alarms_of(getattr(request, "user", None)))}


def alarms_of(user: object, resource: Resource | None = None) -> Alarms:
    """What this person has to know of; on a resource's own page, of that one."""
    if not isinstance(user, User) or not user.is_active:
        return Alarms([], more=False, differences=0)
    late = Grant.objects.filter(overdue(clock.shown()))
    differences = Drift.objects.filter(state=Drift.State.OPEN)
    if not user.is_administrator:
        late, differences = late.filter(resource__owners=user), differences.filter(resource__owners=user)
    if resource:
        late, differences = late.filter(resource=resource), differences.filter(resource=resource)
    named = list(late.select_related("resource").order_by("revoked_at", "pk")[: NAMED + 1])
    return Alarms(named[:NAMED], len(named) > NAMED, differences.count(), resource)
