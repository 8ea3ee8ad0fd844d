"""Workers look at the policies that pending requests are about, so that their pages show the exact change."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q

from access import policy_writer, seen
from access.models import AccessRequest, Resource
from access.requests.granting import ENDERS
from portal import clock, sweeping
from portal.gcp.errors import GoogleError

logger = logging.getLogger(__name__)

LIMIT = 50
# What was seen this long ago is looked at again while a request waits.
FRESH = timedelta(minutes=5)


def look_where_asked() -> int:
    """Read the policies that pending requests are about and that were not seen lately; return how many."""
    now = clock.now()
    waiting = AccessRequest.objects.filter(resource=OuterRef("pk"), state=AccessRequest.State.PENDING)
    old = Q(seen_policy=None) | Q(seen_policy__seen_at__lt=now - FRESH)
    found = Resource.objects.filter(Exists(waiting)).filter(old).exclude(kind__in=list(ENDERS))
    due = found.order_by(F("seen_policy__seen_at").asc(nulls_first=True), "pk")[:LIMIT]
    return sweeping.each(due, _look)


def _look(resource: Resource) -> bool:
    try:
        seen.keep(resource, policy_writer.read_policy(resource))
    except GoogleError as error:  # the page says when it was last seen
        logger.info("the policy of %s could not be read: %s", resource.full_name, error.message)
        return False
    return True
