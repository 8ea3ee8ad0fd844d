"""What was to be taken away and is not gone yet: write again, until it is."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef

from access import policy_operation
from access.models import ENDING, Grant, Resource
from access.requests.granting import ENDERS
from portal import audit, clock, sweeping
from portal.models import Operation

TITLE = "Take back what ended"
# After a failure of its own it tries again, but not each minute.
PAUSE = timedelta(minutes=15)
State = Operation.State


def request_due() -> int:
    """Have a worker write each policy that still has to lose something; return how many.

    One operation a policy: where one is under way, or has just failed at the same, nothing is asked for.
    Raises sweeping.UnfinishedError at the end for those that could not be asked for.
    """
    due = Resource.objects.filter(Exists(Grant.objects.filter(ENDING, resource=OuterRef("pk"))))
    return sweeping.each(due.order_by("pk"), _request_if_due)


def _request_if_due(resource: Resource) -> bool:
    with audit.appending():  # two of these at once take turns, and the second finds the first's
        if _is_under_way(resource) or not resource.grants.filter(ENDING).exists():
            return False
        _request(resource)
        return True


def _request(resource: Resource) -> None:
    """Ask for the end of what ended: of those whose resource has no policy, its kind's ender takes care."""
    if ender := ENDERS.get(resource.kind):
        ender.end(resource, by=None)
        return
    policy_operation.enqueue(resource, title=f"{TITLE}: {resource.title}", by=None, owners_may=False)


def _is_under_way(resource: Resource) -> bool:
    """Whether somebody writes this policy or is about to, or has failed to just now."""
    about_it = Operation.objects.filter(target=resource.full_name)
    if about_it.filter(state__in=Operation.UNFINISHED).exists():
        return True
    if Resource.objects.filter(pk=resource.pk, writer_until__gt=clock.Now()).exists():
        return True
    ender = ENDERS.get(resource.kind)
    task = ender.task if ender else policy_operation.TASK
    own = about_it.filter(task=task, requested_by=audit.SYSTEM, ended_at__gt=clock.now() - PAUSE)
    return own.filter(state=State.FAILED).exists()
