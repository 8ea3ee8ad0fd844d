"""Asking for access: a new request, a longer stay, and the same again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q

from access import seen
from access.approval import approvers, judging, versions
from access.approval.document import PolicyDocument
from access.models import AccessRequest, Grant, Resource
from access.requests import journal, settling, telling
from access.requests.granting import REFUSALS, ROLES, obstacle
from access.requests.room import no_room
from portal import audit, clock
from portal.models import User

Presence = Grant.Presence
State = AccessRequest.State
LATEST_START = timedelta(days=365)
# So many of one person's requests may wait at once: to be decided, or to begin.
MOST_OPEN = 100
# And so many may be made within an hour: each is told of, and withdrawing it makes room for another.
MOST_MADE = 100
MADE_WITHIN = timedelta(hours=1)


@dataclass(frozen=True)
class NewRequest:
    """What the form asks for: that `principal` hold `role` on `resource`, for so long, from then on."""

    resource: Resource
    principal: str
    role: str
    duration: timedelta
    reason: str = ""
    ticket: str = ""
    starts_at: datetime | None = None


class ConfirmFirstError(Exception):
    """The policy gives access at once: as before all that changes access, who asks confirms who they are."""


def ask(new: NewRequest, *, by: User, confirmed: bool = True) -> AccessRequest:
    """Write the request down and have it decided: by the policy at once, or by people.

    What is held already by an approved request is prolonged by this one. `confirmed` says that `by` has
    signed in as acts that change access want it. Raises ValidationError, by field, for what cannot be asked
    for, and ConfirmFirstError.
    """
    with audit.appending():
        judged = versions.current(new.resource)
        now = clock.now()
        held = held_by_request(new.resource, new.principal, new.role)
        document = judged.document
        if held or _begins_later(new):
            document = without_short(document)
        request = AccessRequest(
            resource=new.resource,
            requester=by,
            principal=new.principal,
            role=new.role,
            reason=new.reason,
            ticket=new.ticket,
            duration=new.duration,
            starts_at=new.starts_at if new.starts_at and new.starts_at > now else None,
            policy=judged.version,
            policy_document=document.to_dict(),
            created_at=now,
            lapses_at=now + document.lapses_after,
        )
        request.extends = None if request.starts_at else held
        _refuse_what_cannot_be(request, document)
        request.save(force_insert=True)
        journal.record("create", request, by=by, reason=new.reason, outcome=audit.Outcome.REQUESTED)
        _have_it_decided(request, confirmed=confirmed)
        return request


def without_short(document: PolicyDocument) -> PolicyDocument:
    """Return the policy for what prolongs access: many short requests in a row are not a short one."""
    return replace(document, without_approval=replace(document.without_approval, under=None))


def _begins_later(new: NewRequest) -> bool:
    """Whether the same is approved already and has not begun."""
    later = new.resource.requests.filter(state=State.APPROVED, granted_at=None)
    return later.filter(principal=new.principal, role=new.role).exists()


def _have_it_decided(request: AccessRequest, *, confirmed: bool) -> None:
    stands = approvers.judgement(request)
    if stands.state == judging.APPROVED and not confirmed:
        raise ConfirmFirstError
    if stands.state == judging.APPROVED:
        settling.approve_without_people(request, stands.exemption)
        return
    telling.made(request)
    seen.wake_on_commit()


def extend(
    grant: Grant, *, by: User, like: AccessRequest | None = None, confirmed: bool = True
) -> AccessRequest:
    """Ask for a grant once more as it was asked for, so that it does not end. Raises what ask() does.

    `like` is the request whose duration and reason are taken; None: the one that made the grant.
    """
    before = like or grant.request
    if before is None or grant.desired != Presence.PRESENT:
        raise ValidationError("This access has ended. Ask for it again.")
    return ask(
        NewRequest(
            resource=grant.resource,
            principal=grant.principal,
            role=grant.role,
            duration=before.duration,
            reason=before.reason,
            ticket=before.ticket,
        ),
        by=by,
        confirmed=confirmed,
    )


def held_by_request(resource: Resource, principal: str, role: str) -> Grant | None:
    """Return the live claim that an approved request made on this, if there is one."""
    live = resource.grants.filter(desired=Presence.PRESENT, origin=Grant.Origin.REQUEST)
    return live.filter(principal=principal, role=role).order_by("pk").last()


def _refuse_what_cannot_be(request: AccessRequest, document: PolicyDocument) -> None:
    """Raise ValidationError with all that is wrong, by field."""
    if why := obstacle(request.resource) or document.problem:
        raise ValidationError({"role": [why]})
    found = dict(judging.problems(document, approvers.ask_of(request)))
    if request.role not in ROLES.get(request.resource.kind, {}):
        found["role"] = "This role cannot be asked for here."
    if request.starts_at and request.starts_at > request.created_at + LATEST_START:
        found["starts_at"] = "That is more than a year ahead."
    if not found and (too_many := _too_many_of(request.requester, request.created_at)):
        found[NON_FIELD_ERRORS] = too_many
    if not found and (refusals := REFUSALS.get(request.resource.kind)):
        found |= refusals(request)
    if not found:
        found |= _is_there_already(request)
    if not found and (refusal := no_room(request)):
        found["role"] = f"{refusal} Its owners can make room."
    if found:
        raise ValidationError({name: [sentence] for name, sentence in found.items()})


def _too_many_of(person: User, now: datetime) -> str:
    """Say so where this person asks for more than anybody could need, or could decide."""
    waits = Q(state=State.PENDING) | Q(state=State.APPROVED, granted_at=None)
    if person.access_requests.filter(waits).count() >= MOST_OPEN:
        return (
            f"You have {MOST_OPEN} open requests, and more cannot wait at once. "
            "Withdraw some, or let them be decided first."
        )
    if person.access_requests.filter(created_at__gt=now - MADE_WITHIN).count() >= MOST_MADE:
        return f"You have asked {MOST_MADE} times within an hour. Go on in a while."
    return ""


def _is_there_already(request: AccessRequest) -> dict[str, str]:
    """Say so when the same waits to be decided already, or is held without an end."""
    resource = request.resource
    same = {"principal": request.principal, "role": request.role}
    if resource.requests.filter(state=State.PENDING, **same).exists():
        return {"role": f"A request for this is waiting already: {request.principal} has to wait for that."}
    held = resource.grants.filter(desired=Presence.PRESENT, expires_at=None, **same)
    if held.exists():
        return {"role": f"{request.principal} has this role here already, without an end."}
    return {}
