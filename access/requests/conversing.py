"""Saying something about a request, and withdrawing one's own."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError

from access.models import AccessRequest, Comment
from access.requests import journal, telling
from access.requests.deciding import what_happened
from access.requests.journal import OvertakenError
from portal import audit, clock
from portal.models import User

State = AccessRequest.State
MOST_COMMENTS = 200
# And one person says so much within an hour, wherever: others are told of each by mail.
MOST_SAID = 100
SAID_WITHIN = timedelta(hours=1)


def comment(request: AccessRequest, text: str, *, by: User) -> Comment:
    """Add what somebody says; whoever takes part is told. Raises ValidationError where enough was said."""
    with audit.appending():
        found = journal.locked(request)
        if found.comments.count() >= MOST_COMMENTS:
            raise ValidationError(f"A request holds {MOST_COMMENTS} comments, and this one has as many.")
        now = clock.now()
        if Comment.objects.filter(by=by, made_at__gt=now - SAID_WITHIN).count() >= MOST_SAID:
            raise ValidationError(f"You have written {MOST_SAID} comments within an hour. Go on in a while.")
        made = Comment.objects.create(request=found, by=by, text=text, made_at=now)
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
