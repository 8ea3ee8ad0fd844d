"""Whose account fetches the certificate for a login with a pasted token.

A connector asks Google for the instance's address and a client's certificate before it logs in. A token that
has cloud-platform does that itself. One that is narrowed to logging in cannot: then the portal's own account
does, and not everybody who can paste a token should have the use of it (the confused deputy). It is lent to
those who may reach the instance anyway: the worker asks for that at the moment of use, and the audit trail
has it before that. The database sees the person's token alone.
"""

from __future__ import annotations

from django.conf import settings

from access.models import DATABASE_LOGIN, Grant
from connections.models import DatabaseInstance, DatabaseUser
from connections.rules import may_manage
from portal import audit
from portal.models import User
from portal.runs import RefusedError, Run

ACTION = "login.lend_account"
WHY = "The token is good for logging in only."
NARROW = "The token is good for logging in only, and the connector needs a certificate first."
NO_ACCOUNT = (
    "Paste a token that has the scope cloud-platform too, or have the portal's operator name a service "
    "account in PORTAL_LOGIN_CHECK_ACCOUNTS."
)
NOT_LENT = (
    "The token is good for logging in only, and the portal lends its account for the certificate only to "
    "those who have a login to this instance or answer for it."
)
ASK_FIRST = "Request a database login first, or paste a token that has the scope cloud-platform too."


def account() -> str:
    """The service account that fetches certificates for narrow tokens, "" where the operator named none."""
    return next(iter(settings.LOGIN_CHECK_ACCOUNTS), "")


def may_borrow(user: User, instance: DatabaseInstance) -> bool:
    """Whether the portal's account may fetch a certificate of this instance for the person.

    For those who answer for the instance, and for those who have a login there: granted by the portal, or as
    an IAM database user that somebody else made.
    """
    if not user.is_active:
        return False
    return may_manage(user, instance) or _has_login(user, instance)


def _has_login(user: User, instance: DatabaseInstance) -> bool:
    principal = user.member
    present = Grant.Presence.PRESENT
    granted = instance.resource.grants.filter(
        role=DATABASE_LOGIN, principal=principal, desired=present, observed=present
    )
    if granted.exists():
        return True
    users = DatabaseUser.objects.filter(home=instance.home, principal=principal)
    # One that the portal made counts as long as its claim does: above.
    return users.filter(observed=DatabaseUser.Presence.PRESENT, intended_at=None).exists()


def lend(instance: DatabaseInstance, run: Run) -> str:
    """Return the account, for one certificate, after it was written down for whom.

    Raises RefusedError for whoever may not have it now, and where there is none.
    """
    lent = account()
    if not lent:
        raise RefusedError(NARROW, NO_ACCOUNT)
    asker = User.objects.filter(email=run.operation.requested_by).first()
    if asker is None or not may_borrow(asker, instance):
        raise RefusedError(NOT_LENT, ASK_FIRST)
    with run.fenced():
        audit.record(
            ACTION,
            by=run.operation.requested_by,
            target=instance.resource.full_name,
            project=instance.project.project_id,
            outcome=audit.Outcome.REQUESTED,
            reason=WHY,
            detail={"account": lent, "for": "the instance's address and a client's certificate"},
            operation=run.operation,
        )
    return lent
