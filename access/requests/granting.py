"""What an approved request brings about, and who takes it away again, by the kind of its resource.

On a connection access grants by itself. Resources without a policy of their own, such as database instances,
are another app's: it registers who grants and who ends there when it is ready. Whoever ends claims on such a
resource (`claims.end`) calls its ender in the same transaction; `access.reconcile` does where an end was not
carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from access import claims, policy_operation
from access.models import (
    CONNECTION_ROLES,
    DATABASE_LOGIN,
    AccessRequest,
    Grant,
    Resource,
)
from portal.models import Operation, User

# What can be asked for, with its label.
ROLES: dict[str, dict[str, str]] = {
    Resource.Kind.CONNECTION: CONNECTION_ROLES,
    Resource.Kind.INSTANCE: {DATABASE_LOGIN: "Database login"},
}
# What roles that nobody asks for are called; apps add theirs when they are ready.
OTHER_ROLES: dict[str, str] = {}
# One thing that a policy gains: (full name of its resource, role, principal).
Gain = tuple[str, str, str]


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


class ConnectionGranter:
    """Gives a role on a connection."""

    def grant(self, request: AccessRequest, *, by: User | None, expires_at: datetime | None) -> Operation:
        """One claim on the connection, and a worker that brings its policy in line."""
        resource = request.resource
        operation = policy_operation.enqueue(
            resource, title=f"Give {request.principal} access to {resource.title}", by=by
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


def _gain_here(request: AccessRequest) -> list[Gain]:
    return [(request.resource.full_name, request.role, request.principal)]


GRANTERS: dict[str, Granter] = {Resource.Kind.CONNECTION: ConnectionGranter()}
ENDERS: dict[str, Ender] = {}
# What the policies at Google gain by a request: where nothing is registered, nothing that the portal knows.
GAINS: dict[str, Callable[[AccessRequest], list[Gain]]] = {Resource.Kind.CONNECTION: _gain_here}
# Why a request cannot be granted whoever approves it, as sentences by field.
REFUSALS: dict[str, Callable[[AccessRequest], dict[str, str]]] = {}
# What the pages of a request tell besides, as values by label: what a principal would get there.
DETAILS: dict[str, Callable[[Resource, str], dict[str, str]]] = {}
# What is asked for, in a word.
NOUNS: dict[str, str] = {Resource.Kind.INSTANCE: "database login"}
# Why nobody can ask for a resource now, as a sentence; nothing where somebody can.
OBSTACLES: dict[str, Callable[[Resource], str]] = {}


def obstacle(resource: Resource) -> str:
    """Why nobody can ask for this now, or nothing: what stands behind it is gone, say."""
    why = OBSTACLES.get(resource.kind)
    return why(resource) if why else ""


def register(
    kind: Resource.Kind,
    granter: Granter,
    ender: Ender,
    *,
    gains: Callable[[AccessRequest], list[Gain]] | None = None,
    refusals: Callable[[AccessRequest], dict[str, str]] | None = None,
    details: Callable[[Resource, str], dict[str, str]] | None = None,
) -> None:
    """Let resources of this kind be granted and ended by these; an app does it when it is ready.

    `gains` tells what the policies at Google would gain by a request, for the page that shows the change;
    `refusals` why one cannot be granted at all, for the form; `details` what a principal would get, by label.
    """
    GRANTERS[kind] = granter
    ENDERS[kind] = ender
    if gains:
        GAINS[kind] = gains
    if refusals:
        REFUSALS[kind] = refusals
    if details:
        DETAILS[kind] = details


def noun(resource: Resource) -> str:
    """What is asked for there, in a word: "access", or "database login"."""
    return NOUNS.get(resource.kind, "access")


def with_article(resource: Resource) -> str:
    """The same in the middle of a sentence: "access", or "a database login"."""
    return f"a {noun(resource)}" if resource.kind in NOUNS else noun(resource)


def details(resource: Resource, principal: str) -> dict[str, str]:
    """What `principal` would get there, as values by label; what kinds have nothing to tell of is {}."""
    tell = DETAILS.get(resource.kind)
    return tell(resource, principal) if tell else {}


def role_label(role: str) -> str:
    """What a role is called, or its own name."""
    asked_for = (labels[role] for labels in ROLES.values() if role in labels)
    return next(asked_for, OTHER_ROLES.get(role, role))
