"""Owners of connections and database instances: people of the portal who answer for them."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.core.exceptions import ValidationError

from access.models import AccessRequest, Resource
from portal import audit, notices
from portal.models import AuditEvent, User

ACTION = "resource.owners"
_SEPARATORS = re.compile(r"[,;\s]+")


class OutdatedError(Exception):
    """Somebody else changed the owners meanwhile; the message is for people."""


def people(text: str) -> list[User]:
    """Return the people of the portal with these addresses. Raises ValidationError naming unknown ones."""
    addresses = list(dict.fromkeys(word.lower() for word in _SEPARATORS.split(text) if word))
    found = {user.email.lower(): user for user in User.objects.filter(email__in=addresses, is_active=True)}
    unknown = [address for address in addresses if address not in found]
    if unknown:
        sentence = "“{}” has no account here: invite them on the People page."
        raise ValidationError([sentence.format(address[:80]) for address in unknown[:20]])
    return [found[address] for address in addresses]


def of(resource: Resource) -> list[User]:
    """The resource's owners, by address."""
    return sorted(resource.owners.all(), key=lambda person: person.email)


def fingerprint(owners: Collection[User]) -> str:
    """What tells whether the owners are those that a form showed."""
    return " ".join(str(key) for key in sorted(person.pk for person in owners))


def set_owners(
    resource: Resource, owners: Collection[User], *, by: User, reason: str = "", seen: str | None = None
) -> bool:
    """Let exactly these people own `resource`; none: administrators stand in. Return whether that is new.

    `seen` is the fingerprint of the owners that the change was begun from. Who is an owner is asked at each
    decision, so requests that wait are decided by the new ones. Raises OutdatedError.
    """
    with audit.appending():  # one at a time: it holds the end of the trail
        before = set(resource.owners.all().order_by())
        if seen is not None and seen != fingerprint(before):
            raise OutdatedError("Somebody changed the owners meanwhile.")
        after = set(owners)
        if before == after:
            return False
        resource.owners.set(after)
        event = audit.record(
            ACTION,
            by=by,
            target=resource.full_name,
            project=resource.project_id,
            outcome=audit.Outcome.SUCCEEDED,
            reason=reason,
            detail={"before": _addresses(before), "after": _addresses(after)},
        )
        _tell(resource, before, after, event)
        return True


def _addresses(owners: Collection[User]) -> list[str]:
    return sorted(person.email for person in owners)


def _tell(resource: Resource, before: set[User], after: set[User], event: AuditEvent) -> None:
    """Tell those who are owners now, and those who were."""
    waiting = resource.requests.filter(state=AccessRequest.State.PENDING).count()
    now = ", ".join(_addresses(after)) or "nobody: administrators stand in"
    lines = [
        f"By {event.actor}. Owners are now {now}.",
        f"Reason: {event.reason}" if event.reason else "",
        f"Requests that wait for a decision: {waiting}" if waiting else "",
    ]
    notices.tell(
        notices.Kind.POLICY_CHANGED,
        about=resource.url,
        to=[person for person in before | after if person.email != event.actor],
        subject=f"The owners of {resource.title} were changed",
        text="\n".join(line for line in lines if line),
        key=f"owners:{event.position}",
        target=resource.full_name,
    )
