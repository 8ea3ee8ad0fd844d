"""What allauth tells about people's second factors goes into the audit trail."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset

from portal import audit
from portal.models import User


def connect() -> None:
    """Listen; called once when the app is ready."""
    authenticator_added.connect(on_added)
    authenticator_removed.connect(on_removed)
    authenticator_reset.connect(on_reset)


def on_added(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A second factor was set up."""
    _record("person.mfa_added", user, authenticator)


def on_removed(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A second factor was taken away."""
    _record("person.mfa_removed", user, authenticator)


def on_reset(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Recovery codes were made anew."""
    _record("person.mfa_reset", user, authenticator)


def _record(action: str, user: User, authenticator: Authenticator) -> None:
    with audit.appending():
        audit.record(
            action,
            by=user,
            target=f"people/{user.email}",
            outcome=audit.Outcome.SUCCEEDED,
            detail={"type": str(authenticator.type)},
        )
