"""Saying something about a request, and withdrawing one's own."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from access.models import AccessRequest, Comment
from access.requests import journal, telling
from access.requests.deciding import what_happened
from access.requests.journal import OvertakenError
from portal import audit, clock
from portal.models import User

State = AccessRequest.State
MOST_COMMENTS = 200


def comment(request: AccessRequest, text: str, *, by: User) -> Comment:
    """Add what somebody says; whoever takes part is told. Raises ValidationError where enough was said."""
    with audit.appending():
        found = journal.locked(request)
        if found.comments.count() >= MOST_COMMENTS:
            raise ValidationError(f"A request holds {MOST_COMMENTS} comments, and this one has as many.")
        made = Comment.objects.create(request=found, by=by, text=text, made_at=clock.now())
        journal.record("comment", found, by=by, reason=text)
        telling.commented(made)
        return made


def withdraw(request: AccessRequest, *, by: User) -> AccessRequest:
    """Take back a request that nobody has decided, or whose access has not begun. Raises OvertakenError."""
    with audit.appending():
        found = journal.locked(request)
        if not may_be_withdrawn(found):
            raise OvertakenError(what_happened(found))
        journal.change(found, state=State.WITHDRAWN, decided_at=clock.now())
        journal.record("withdraw", found, by=by)
        return found


def may_be_withdrawn(request: AccessRequest) -> bool:
    """Whether there is something to take back that gave nobody anything yet."""
    begins_later = request.state == State.APPROVED and request.granted_at is None
    return request.state == State.PENDING or begins_later
