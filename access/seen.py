"""Policies as the portal last saw them, so that pages can show what a change would do without the network."""

from __future__ import annotations

import logging

from django.db import transaction

from access.models import Resource, SeenPolicy
from portal import clock, schedule
from portal.celery import app
from portal.gcp.policies import Policy

logger = logging.getLogger(__name__)

TASK = "access.see_policies"


def keep(resource: Resource, policy: Policy) -> None:
    """Write down what was read just now. The etag is left out: nothing is ever written back from here."""
    document = policy.to_json()
    document.pop("etag", None)
    SeenPolicy.objects.bulk_create(
        [SeenPolicy(resource=resource, document=document, seen_at=clock.Now())],
        update_conflicts=True,
        unique_fields=["resource"],
        update_fields=["document", "seen_at"],
    )


def wake_on_commit() -> None:
    """Have a worker look soon. That the message may be lost is the schedule's business."""
    transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    try:
        app.send_task(TASK, expires=schedule.MESSAGE_SECONDS)
    except Exception as error:  # the broker is away: the schedule looks later
        logger.warning("policies are looked at later: %s", type(error).__name__)
