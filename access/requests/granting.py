"""Resources without a policy of their own, such as database instances: other apps register who grants there.

An approved request for such a resource is handed to its granter. Whoever ends claims on such a resource
(`claims.end`) calls its ender in the same transaction; `access.reconcile` does where an end was not carried
out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from access.models import AccessRequest, Resource
from portal.models import Operation, User


class Granter(Protocol):
    """Claims what an approved request is about, and has a worker bring it about."""

    def grant(self, request: AccessRequest, *, by: User | None, expires_at: datetime | None) -> Operation:
        """Inside the caller's transaction; `by` is who approved last, None where the policy itself did."""
        ...


class Ender(Protocol):
    """Has a worker take away what the ended claims on one resource gave. `task` is the operation's."""

    task: str

    def end(self, resource: Resource, *, by: User | str | None) -> Operation | None:
        """Inside the caller's transaction; None where nothing is left to take away, or it is under way."""
        ...


GRANTERS: dict[str, Granter] = {}
ENDERS: dict[str, Ender] = {}


def register(kind: Resource.Kind, granter: Granter, ender: Ender) -> None:
    """Let resources of this kind be granted and ended by these; an app does it when it is ready."""
    GRANTERS[kind] = granter
    ENDERS[kind] = ender
