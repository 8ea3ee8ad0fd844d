"""What an approved request brings about, by the kind of its resource.

access grants on connections itself. Whoever stands behind another kind registers its granter when the apps
are ready: granting.register(Resource.Kind.INSTANCE, …).
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from access import claims, services
from access.models import CONNECTION_ADMIN, CONNECTION_USER, AccessRequest, Grant, Resource
from portal import operations
from portal.models import Operation, User

# (full name of the resource, role, principal): one thing that a policy would gain.
Gain = tuple[str, str, str]


class Granter(Protocol):
    """Gives access to one kind of resource."""

    @property
    def roles(self) -> dict[str, str]:
        """The roles that can be asked for, each with its label."""
        ...

    def grant(self, request: AccessRequest, *, by: User | None, expires_at: datetime) -> Operation:
        """Make the claims, with `request` as their reason, and the operation that brings them about.

        Inside the caller's transaction. `by` is who approved last; None: the policy asked for no approval.
        """
        ...

    def gains(self, request: AccessRequest) -> list[Gain]:
        """What the policies at Google would gain, for the page that shows the exact change."""
        ...


class ConnectionGranter:
    """Gives a role on a connection."""

    roles = {  # noqa: RUF012 (a Protocol's property)
        CONNECTION_USER: "BigQuery Connection User",
        CONNECTION_ADMIN: "BigQuery Connection Admin",
    }

    def grant(self, request: AccessRequest, *, by: User | None, expires_at: datetime) -> Operation:
        """One claim on the connection, and a worker that brings its policy in line."""
        resource = request.resource
        operation = operations.enqueue(
            "access.share",
            title=f"Give {request.principal} access to {resource.title}",
            target=resource.full_name,
            target_url=resource.url,
            by=by,
            owners_may=True,
            steps=[(services.WRITE, "Change the policy and read it back")],
        )
        claims.claim(
            resource,
            request.principal,
            request.role,
            origin=Grant.Origin.REQUEST,
            by=by,
            reason=request.reason,
            operation=operation,
            expires_at=expires_at,
            request=request,
        )
        return operation

    def gains(self, request: AccessRequest) -> list[Gain]:
        """The one binding."""
        return [(request.resource.full_name, request.role, request.principal)]


GRANTERS: dict[str, Granter] = {Resource.Kind.CONNECTION: ConnectionGranter()}


def register(kind: Resource.Kind, granter: Granter) -> None:
    """Say who gives access to resources of `kind`; the last one that says so does."""
    GRANTERS[kind] = granter


def role_label(role: str) -> str:
    """What a role is called, or its own name."""
    labels = (granter.roles.get(role) for granter in GRANTERS.values())
    return next((label for label in labels if label), role)
