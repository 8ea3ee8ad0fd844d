"""Policies as the portal last saw them, so that pages can show what a change would do without the network."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from access.models import Resource, SeenPolicy
from portal import clock
from portal.celery import wake
from portal.gcp.policies import Policy

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
    transaction.on_commit(partial(wake, TASK), robust=True)
