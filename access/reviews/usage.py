"""When principals last used a connection, for reviews: read from BigQuery's audit logs by workers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from access.models import Grant, Resource, Review, UsageLook
from portal import clock, sweeping
from portal.gcp import job_logs
from portal.gcp.errors import GoogleError
from portal.models import Project

# Cloud Logging keeps data access entries for 30 days unless told otherwise ("Quotas and limits").
LOOK_BACK = timedelta(days=30)
FRESH = timedelta(hours=24)
# Entries may come late.
OVERLAP = timedelta(hours=1)
LIMIT = 20
TOLD_BY_NAME = ("user", "serviceAccount")


def look_due() -> int:
    """Look at the connections under review that were not looked at lately; return how many."""
    stale = Q(usage=None) | Q(usage__looked_at__lt=clock.now() - FRESH)
    under_review = Resource.objects.filter(reviews__in=Review.objects.exclude(state=Review.State.DONE))
    found = under_review.filter(stale, kind=Resource.Kind.CONNECTION).order_by("pk")[:LIMIT]
    return sweeping.each(found, lambda resource: bool(look(resource)))


def look(resource: Resource) -> UsageLook:
    """Read the logs of every project that the portal looks after, and note who used the connection.

    A query leaves its entry where it runs, which may be another project than the connection's: of
    projects that the portal does not know, nothing is seen.
    """
    now = clock.now()
    earlier = UsageLook.objects.filter(resource=resource, problem="").first()
    unbroken = earlier is not None and earlier.looked_at > now - LOOK_BACK
    since = earlier.looked_at - OVERLAP if earlier and unbroken else now - LOOK_BACK
    last: dict[str, datetime] = {}
    projects = list(Project.objects.order_by("project_id"))
    number = next((one.number for one in projects if one.project_id == resource.project_id), None)
    read = (_read(project.project_id, resource, number, since, last) for project in projects)
    problems = [problem for problem in read if problem]
    with transaction.atomic():
        _note(resource, last, now)
        values = {
            "looked_at": now,
            "since": earlier.since if earlier and unbroken else since,
            "problem": "\n".join(problems),
        }
        return UsageLook.objects.update_or_create(resource=resource, defaults=values)[0]


def _read(
    project: str, resource: Resource, number: int | None, since: datetime, last: dict[str, datetime]
) -> str:
    """Add what the logs of one project tell to `last`; return what kept the portal from seeing all.

    `number` is that of the resource's own project, by which some entries call it.
    """
    try:
        if not job_logs.may_read(project):
            return f"The portal may not read the data access logs of {project} ({job_logs.ROLE})."
        found = job_logs.uses(project, resource.full_name, number, since)
    except GoogleError as error:
        return f"The logs of {project} could not be read: {error.message}"
    for address, at in found.last.items():
        last[address] = max(at, last.get(address, at))
    return "" if found.complete else f"{project} has more queries than were looked through."


def _note(resource: Resource, last: Mapping[str, datetime], now: datetime) -> None:
    """Write down the last use of each claim whose principal the logs call by name; groups they do not."""
    changed = []
    for grant in resource.grants.filter(desired=Grant.Presence.PRESENT):
        kind, _, address = grant.principal.partition(":")
        if kind not in TOLD_BY_NAME:
            continue
        used = last.get(address.lower())
        if used and (grant.last_used_at is None or used > grant.last_used_at):
            grant.last_used_at = used
        grant.usage_checked_at = now
        changed.append(grant)
    Grant.objects.bulk_update(changed, ["last_used_at", "usage_checked_at"], batch_size=200)
