"""Shares and their ends on one policy, as the tests of the policy writer ask for them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from access import claims, policy_operation, services
from access.models import Grant, Resource
from access.services import Sharing
from emulator.client import Control
from portal.models import Operation, Project
from tests.support.creation import administrator, attempt, demo_project
from tests.support.google_side import Row, applied, bindings

VIEWER, JOB_USER = "roles/viewer", "roles/bigquery.jobUser"
Pair = tuple[str, str]


class Desk:
    """Where Ada shares the demo project, or another. Pairs are (principal, role), as in Sharing."""

    def __init__(self, control: Control, project: Project | None = None) -> None:
        self.control = control
        self.resource: Resource = claims.project_resource(project or demo_project())

    def share(self, *pairs: Pair) -> Operation:
        """Ask for claims."""
        return services.request_share(self.resource, Sharing(add=frozenset(pairs)), by=administrator())

    def claim(self, pair: Pair, purpose: str, *, expires_at: datetime | None = None) -> Operation:
        """Ask for one claim that has a purpose of its own, so that two can be on one binding."""
        with transaction.atomic():
            operation = self._enqueue()
            claims.claim(
                self.resource,
                *pair,
                origin=Grant.Origin.SERVICE_AGENT,
                by=administrator(),
                purpose=purpose,
                operation=operation,
                expires_at=expires_at,
            )
            return operation

    def end(self, *pairs: Pair, purpose: str | None = None) -> Operation:
        """End the live claims on these pairs."""
        with transaction.atomic():
            operation = self._enqueue()
            for grant in self.live(pairs, purpose):
                claims.end(grant, by=administrator(), operation=operation)
            return operation

    def live(self, pairs: Iterable[Pair], purpose: str | None = None) -> list[Grant]:
        """Return the claims that hold on these pairs."""
        wanted = set(pairs)
        grants = self.resource.grants.filter(desired=Grant.Presence.PRESENT)
        if purpose is not None:
            grants = grants.filter(purpose=purpose)
        return [grant for grant in grants if (grant.principal, grant.role) in wanted]

    def statuses(self) -> dict[str, str]:
        """Return the newest claim's status by principal."""
        return {grant.principal: grant.status for grant in self.resource.grants.order_by("pk")}

    def members(self, role: str = VIEWER) -> set[str]:
        """Return who has a role at Google without a condition."""
        return {member for held, member, condition in self.rows() if held == role and not condition}

    def rows(self) -> list[Row]:
        """Return Google's bindings, one row a member."""
        return bindings(self.control)

    def writes(self) -> int:
        """Return how many writes of the policy took effect."""
        return applied(self.control, "projects.setIamPolicy")

    def outsider(self, pair: Pair, action: str = "add", **more: str) -> None:
        """Somebody else edits the policy."""
        member, role = pair
        self.control.outsider(self.resource.full_name, role, member, action, **more)

    def _enqueue(self) -> Operation:
        return policy_operation.enqueue(self.resource, title="Share", by=administrator())


def in_another_worker(operation: Operation) -> threading.Thread:
    """Attempt the operation beside this test, as a second worker would."""

    def work() -> None:
        try:
            attempt(Operation.objects.get(pk=operation.pk))
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread
