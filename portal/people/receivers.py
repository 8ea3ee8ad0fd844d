"""What allauth tells about sign-ins and the ways to sign in goes into the audit trail.

Attempts that fail are told by the adapter: allauth counts them before it asks for the password.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import password_changed, password_reset, password_set, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.http import HttpRequest

from portal import audit
from portal.models import User


def connect() -> None:
    """Listen; called once when the app is ready."""
    user_logged_in.connect(on_signed_in)
    password_changed.connect(on_password_changed)
    password_set.connect(on_password_changed)
    password_reset.connect(on_password_reset)
    social_account_added.connect(on_account_connected)
    social_account_removed.connect(on_account_removed)
    authenticator_added.connect(on_added)
    authenticator_removed.connect(on_removed)
    authenticator_reset.connect(on_reset)


def on_signed_in(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody came in, by these ways."""
    used = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    ways = [str(way.get("provider") or way.get("type") or way.get("method", "")) for way in used]
    _record("person.sign_in", user, ways=ways)


def on_password_changed(sender: object, user: User, **_: Any) -> None:
    """Somebody who was signed in gave themselves a password, the first or another."""
    _record("person.password_changed", user)


def on_password_reset(sender: object, user: User, **_: Any) -> None:
    """Somebody followed the link to a new password."""
    _record("person.password_reset", user)


def on_account_connected(sender: object, sociallogin: SocialLogin, **_: Any) -> None:
    """Somebody may sign in by another account from now on."""
    _record("person.account_connected", sociallogin.user, **_account(sociallogin.account))


def on_account_removed(sender: object, socialaccount: SocialAccount, **_: Any) -> None:
    """And not any more."""
    _record("person.account_removed", socialaccount.user, **_account(socialaccount))


def on_added(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A second factor was set up."""
    _record("person.mfa_added", user, type=str(authenticator.type))


def on_removed(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A second factor was taken away."""
    _record("person.mfa_removed", user, type=str(authenticator.type))


def on_reset(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Recovery codes were made anew."""
    _record("person.mfa_reset", user, type=str(authenticator.type))


def _account(account: SocialAccount) -> dict[str, str]:
    """What tells the account from others of its kind, and its address, which may differ from the person's."""
    address = str((account.extra_data or {}).get("email", ""))
    return {"provider": str(account.provider), "account": str(account.uid), "address": address}


def _record(action: str, user: User, **detail: Any) -> None:
    with audit.appending():
        audit.record(
            action, by=user, target=f"people/{user.email}", outcome=audit.Outcome.SUCCEEDED, detail=detail
        )
