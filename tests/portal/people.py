"""The cast, and how they sign in: through the real form, so that the records of it exist."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.test import Client

from portal.models import ADMINISTRATOR, AUDITOR, AuditEvent, User

PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Cast:
    """Everyone whom the tests speak of."""

    admin: User
    owner: User
    analyst: User
    auditor: User


def person(email: str, *roles: str, name: str = "") -> User:
    """Make somebody who can sign in with PASSWORD."""
    user = User.objects.create_user(email, PASSWORD, first_name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def cast() -> Cast:
    """Make the cast."""
    return Cast(
        admin=person("admin@example.com", ADMINISTRATOR, name="Ada"),
        owner=person("owner@example.com", name="Olga"),
        analyst=person("analyst@example.com"),
        auditor=person("auditor@example.com", AUDITOR, name="Aurel"),
    )


def signed_in(user: User | None, **options: Any) -> Client:
    """Return a browser in which `user` has just signed in; nobody for None."""
    client = Client(**options)
    if user is not None:
        answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()
    return client


def acts() -> QuerySet[AuditEvent]:
    """Return the audit events beside those of signing in."""
    return AuditEvent.objects.exclude(action="person.sign_in").order_by("position")


def age_sign_in(client: Client, *, seconds: float) -> None:
    """Let the sign-in of a browser have happened `seconds` ago."""
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": time.time() - seconds} for record in session["account_authentication_methods"]
    ]
    session.save()
