"""Access that ends by itself: ended when it is due, announced before, and loud while Google still has it.

Run each minute. Two at once do no harm: each takes the end of the audit trail first and looks again then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from access import ending, telling
from access.models import Grant, Resource, overdue
from portal import audit, clock, sweeping

logger = logging.getLogger(__name__)

Presence = Grant.Presence
REASON = "Its time was over."
LIMIT = 500


def sweep() -> int:
    """End what is due, then tell who has to know; return how many claims it was about.

    What cannot be done holds up nothing else; raises sweeping.UnfinishedError at the end.
    """
    return sweeping.all_of(end_due, remind, tell_overdue)


def end_due() -> int:
    """End each claim whose time is over, in one operation a resource; return how many."""
    return sweeping.each(_resources_of(_due(clock.now())), _end_on)


def _due(now: datetime) -> QuerySet[Grant]:
    return Grant.objects.filter(desired=Presence.PRESENT, expires_at__lte=now)


def _resources_of(grants: QuerySet[Grant]) -> list[Resource]:
    found = Resource.objects.filter(Exists(grants.filter(resource=OuterRef("pk"))))
    return list(found.order_by("pk"))


def _end_on(resource: Resource) -> int:
    """All of one resource at once; if one of them cannot be ended, the others one by one."""
    due = _due(clock.now()).filter(resource=resource).order_by("pk")
    try:
        return _end(resource, due)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("what is over on %s could not be ended at once", resource.full_name)
    alone = (due.filter(pk=key) for key in list(due.values_list("pk", flat=True)))
    return sweeping.each(alone, partial(_end, resource), lambda _: f"a grant on {resource.full_name}")


def _end(resource: Resource, due: QuerySet[Grant]) -> int:
    with audit.appending():
        # Read again: somebody may have prolonged or ended it meanwhile.
        grants = list(due.select_related("resource", "request__requester"))
        if not grants:
            return 0
        title = f"End what is over: {resource.title}"
        ending.end_on(resource, grants, by=None, reason=REASON, title=title)
        for grant in grants:
            telling.ended(grant)
        return len(grants)


def remind() -> int:
    """Tell whom it concerns that access ends in so many days; return how many claims were announced."""
    now = clock.now()
    told = 0
    for days in sorted(settings.REMINDER_DAYS):  # the nearest first: it makes the others superfluous
        told += _each(_to_remind(now, days), partial(_remind, days))
    return told


def _to_remind(now: datetime, days: int) -> QuerySet[Grant]:
    """What ends within so many days and was not announced for as few; not what lasts no longer than that."""
    window = timedelta(days=days)
    near = Grant.objects.filter(desired=Presence.PRESENT, expires_at__gt=now, expires_at__lte=now + window)
    told = Q(reminded_of=F("expires_at"), reminded_days__lte=days)
    return near.filter(granted_at__lt=F("expires_at") - window).exclude(told)


def _remind(days: int, grant: Grant) -> None:
    grant.reminded_days = days
    Grant.objects.filter(pk=grant.pk).update(reminded_of=grant.expires_at, reminded_days=days)
    telling.ending(grant)


def tell_overdue() -> int:
    """Tell owners and administrators what should have ended and is still there; return how many."""
    return _each(Grant.objects.filter(overdue(clock.now()), overdue_told_at=None), _tell_overdue)


def _tell_overdue(grant: Grant) -> None:
    Grant.objects.filter(pk=grant.pk).update(overdue_told_at=clock.now())
    telling.overdue(grant)


def _each(found: QuerySet[Grant], act: Callable[[Grant], None]) -> int:
    keys = list(found.order_by("pk").values_list("pk", flat=True)[:LIMIT])
    return sweeping.each(keys, partial(_one, found, act), "grant {}".format)


def _one(found: QuerySet[Grant], act: Callable[[Grant], None], key: int) -> bool:
    with audit.appending():
        grant = found.filter(pk=key).select_related("resource", "request__requester").first()
        if grant:
            act(grant)
        return grant is not None
