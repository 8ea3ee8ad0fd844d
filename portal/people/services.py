"""Inviting people, changing their roles, ending and restoring their access: rows and audit events.

An invitation's token is shown once and never kept: the table holds its SHA-256.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from portal import audit, clock
from portal.api import tokens
from portal.models import ADMINISTRATOR, Invitation, User

logger = logging.getLogger(__name__)


class RefusedChangeError(Exception):
    """A change to people that the rules forbid; the message is a sentence for the one who asked."""


class InvalidInvitationError(Exception):
    """The token is unknown, used, withdrawn or too old."""


@sensitive_variables("token", "link")
def invite(email: str, roles: Sequence[str], *, by: User | None) -> tuple[Invitation, str]:
    """Invite `email`; return the invitation and the link to accept it, which is not kept anywhere.

    `by` None is the command line. Earlier open invitations of the same address end. Raises
    RefusedChangeError for somebody who has an account.
    """
    email = email.strip().lower()
    token = secrets.token_urlsafe(32)
    link = f"{settings.BASE_URL}{reverse('portal:accept_invitation', args=[token])}"
    with audit.appending():
        person = User.objects.filter(email__iexact=email).first()
        if person:
            raise RefusedChangeError(
                f"{email} has an account already."
                if person.is_active
                else f"{email} has an account, which is deactivated: reactivate it instead."
            )
        now = clock.now()
        for earlier in open_invitations().filter(email=email):
            _withdraw(earlier, by, "a newer invitation replaces it")
        invitation = Invitation.objects.create(
            email=email,
            roles=sorted(roles),
            token_hash=token_hash(token),
            invited_by=str(by) if by else audit.SYSTEM,
            created_at=now,
            expires_at=now + timedelta(days=settings.INVITATION_DAYS),
        )
        _record("person.invite", email, by, detail={"roles": invitation.roles})
        transaction.on_commit(lambda: _send(invitation, link), robust=True)
    return invitation, link


def token_hash(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_invitations() -> QuerySet[Invitation]:
    """Return the invitations that can be accepted now."""
    return Invitation.objects.filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=clock.now()
    ).order_by("-created_at", "-pk")


def withdraw(invitation: Invitation, *, by: User) -> None:
    """End an open invitation. Raises RefusedChangeError if it is not open any more."""
    with audit.appending():
        _withdraw(invitation, by)


def find_invitation(token: str) -> Invitation:
    """Return the open invitation that `token` belongs to. Raises InvalidInvitationError."""
    invitation = open_invitations().filter(token_hash=token_hash(token)).first()
    if invitation is None or User.objects.filter(email__iexact=invitation.email).exists():
        raise InvalidInvitationError
    return invitation


@sensitive_variables("token", "password")
def accept(token: str, *, name: str, password: str) -> User:
    """Make the invited person's account, with a verified address and the promised roles.

    Of two that accept the same invitation one wins; the other gets InvalidInvitationError.
    """
    try:
        with audit.appending():
            invitation = find_invitation(token)
            if not _use_up(invitation):
                raise InvalidInvitationError
            user = User.objects.create_user(invitation.email, password, first_name=name)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
            join(user, invitation, way="invitation")
            return user
    except IntegrityError as error:  # the address joined another way in this very moment
        raise InvalidInvitationError from error


def join(user: User, invitation: Invitation | None, *, way: str) -> None:
    """Give a new person the roles of their invitation and record that they joined.

    `way` is "invitation" or "google". Call it in the transaction that makes the account.
    """
    roles = invitation.roles if invitation else []
    user.groups.set(Group.objects.filter(name__in=roles))
    detail = {"roles": roles, "way": way, "invited_by": invitation.invited_by if invitation else ""}
    _record("person.join", user.email, user, detail=detail)


def use_invitation_of(email: str) -> Invitation | None:
    """Use up the open invitation of an address that was proven in another way than by its token."""
    invitation = open_invitations().filter(email=email.lower()).first()
    return invitation if invitation and _use_up(invitation) else None


def change_roles(person: User, roles: Collection[str], *, by: User) -> None:
    """Give `person` exactly these roles. Raises RefusedChangeError."""
    with audit.appending():
        _may_change(person, by)
        before, after = sorted(person.groups.values_list("name", flat=True)), sorted(roles)
        if before == after:
            return
        if ADMINISTRATOR in before and ADMINISTRATOR not in after:
            _keep_an_administrator(person)
            _withdraw_invitations_of(person, by)
        person.groups.set(Group.objects.filter(name__in=after))
        _record("person.roles", person.email, by, detail={"before": before, "after": after})


def deactivate(person: User, *, by: User) -> None:
    """End `person`'s access at once: no sign-in, no session, no token, no open invitation of theirs."""
    with audit.appending():
        _may_change(person, by)
        _keep_an_administrator(person)
        if not User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
            return
        ended = _end_sessions(person)
        for token in person.api_tokens.filter(revoked_at=None):  # else they would wake with the person
            tokens.revoke(token, by=by)
        _withdraw_invitations_of(person, by)
        _record("person.deactivate", person.email, by, detail={"sessions": ended})


def reactivate(person: User, *, by: User) -> None:
    """Let a deactivated person sign in again, with the roles that they had."""
    with audit.appending():
        _may_change(person, by)
        if not User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
            return
        roles = sorted(person.groups.values_list("name", flat=True))
        _record("person.reactivate", person.email, by, detail={"roles": roles})


def forget_factors(email: str) -> int:
    """Take every second factor from whoever lost theirs, and end their sessions; return how many they had.

    For the command line alone: whoever may call it has the database too. Raises RefusedChangeError where
    there is nothing to take.
    """
    with audit.appending():
        person = User.objects.filter(email__iexact=email.strip()).first()
        if person is None:
            raise RefusedChangeError(f"{email} has no account.")
        factors = Authenticator.objects.filter(user=person)
        types = sorted(factors.values_list("type", flat=True))
        if not types:
            raise RefusedChangeError(f"{person.email} has no second factor.")
        factors.delete()
        ended = _end_sessions(person)
        _record("person.mfa_forgotten", person.email, None, detail={"types": types, "sessions": ended})
    return len(types)


def record_failed_sign_in(address: str) -> None:
    """Record that somebody tried to sign in as `address`, which may be nobody's."""
    with audit.appending():
        audit.record(
            "person.sign_in_failed",
            by=None,
            target=f"people/{address.strip().lower()[:254]}",
            outcome=audit.Outcome.REFUSED,
        )


def _may_change(person: User, by: User) -> None:
    """One change to people at a time, by somebody who is an administrator at this moment."""
    Group.objects.select_for_update().get(name=ADMINISTRATOR)
    if person.pk == by.pk:
        raise RefusedChangeError("Nobody changes their own roles or access: ask another administrator.")
    if not User.objects.filter(pk=by.pk, is_active=True, groups__name=ADMINISTRATOR).exists():
        raise RefusedChangeError("You are no longer an administrator.")


def _keep_an_administrator(person: User) -> None:
    others = User.objects.filter(is_active=True, groups__name=ADMINISTRATOR).exclude(pk=person.pk)
    if not others.exists():
        raise RefusedChangeError("The last active administrator stays one.")


def _end_sessions(person: User) -> int:
    """Delete every session of `person`; return how many. Inactive, they would sleep, not end."""
    ended = 0
    for session in Session.objects.filter(expire_date__gt=clock.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()
            ended += 1
    return ended


def _use_up(invitation: Invitation) -> bool:
    """Mark an open invitation as accepted; of several at once, one succeeds."""
    return bool(open_invitations().filter(pk=invitation.pk).order_by().update(accepted_at=clock.now()))


def _withdraw_invitations_of(person: User, by: User) -> None:
    for invitation in open_invitations().filter(invited_by=person.email):
        _withdraw(invitation, by, f"{person.email} may no longer invite")


def _withdraw(invitation: Invitation, by: User | None, reason: str = "") -> None:
    if not open_invitations().filter(pk=invitation.pk).order_by().update(withdrawn_at=clock.now()):
        raise RefusedChangeError(f"The invitation of {invitation.email} is not open any more.")
    _record("person.invitation_withdrawn", invitation.email, by, reason=reason)


def _record(
    action: str, email: str, by: User | None, *, reason: str = "", detail: dict[str, object] | None = None
) -> None:
    audit.record(
        action,
        by=by,
        target=f"people/{email}",
        outcome=audit.Outcome.SUCCEEDED,
        reason=reason,
        detail=detail,
    )


@sensitive_variables("link", "text")
def _send(invitation: Invitation, link: str) -> None:
    """Send the link by e-mail. That fails quietly: the page that made the invitation shows the link too."""
    text = render_to_string("portal/people/invitation_email.txt", {"invitation": invitation, "link": link})
    subject = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}You are invited"
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [invitation.email])
    except Exception as error:
        logger.warning("invitation %s not sent: %s", invitation.pk, type(error).__name__)
