"""Google sign-in: who may join, who is recognised, and whose word counts for an address."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.google.provider import GoogleProvider
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage import default_storage
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from portal.models import AUDITOR, AuditEvent, Invitation, User
from portal.people import services
from tests.portal import people

pytestmark = pytest.mark.django_db
OTHER = "another-long-password"


@pytest.fixture(autouse=True)
def google(settings: Settings) -> None:
    settings.GOOGLE_SIGN_IN_DOMAINS = ["example.com"]


def sign_in(email: str, *, hd: str | None = "example.com", verified: bool = True) -> tuple[HttpResponse, Any]:
    """Go through allauth's own flow with what Google's ID token says; return the answer and the session."""
    request = RequestFactory().get("/accounts/google/login/callback/")
    request.user = AnonymousUser()
    request.session = SessionStore()
    request._messages = default_storage(request)  # type: ignore[attr-defined]
    claims: dict[str, Any] = {"sub": f"id of {email.lower()}", "email": email, "email_verified": verified}
    if hd:
        claims["hd"] = hd
    provider = get_adapter().get_provider(request, GoogleProvider.id)
    with context.request_context(request):
        login = provider.sociallogin_from_response(request, claims | {"given_name": "Gina"})
        answer: HttpResponse = complete_social_login(request, login)
    return answer, request.session


def test_somebody_of_an_allowed_domain_joins(db: None) -> None:
    answer, session = sign_in("Gina@example.com")
    user = User.objects.get(email="gina@example.com")
    assert (answer.status_code, session["_auth_user_id"]) == (302, str(user.pk))
    assert not user.has_usable_password()
    assert user.role_names == frozenset()
    event = AuditEvent.objects.get(action="person.join")
    assert (event.actor, event.detail["way"]) == ("gina@example.com", "google")


def test_whose_sign_in_is_old_gives_themselves_no_password(db: None) -> None:
    """Who finds a session open could confirm by it, from then on, that they are who they are not."""
    _, session = sign_in("gina@example.com")
    session.save()
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    passwords = {"password1": OTHER, "password2": OTHER}
    people.age_sign_in(browser, seconds=16 * 60)
    answer = browser.get("/accounts/password/set/")
    assert answer.headers["Location"] == "/sign-in-again/?next=%2Faccounts%2Fpassword%2Fset%2F"
    assert browser.post("/accounts/password/set/", passwords).status_code == 403
    assert not User.objects.get().has_usable_password()
    people.age_sign_in(browser, seconds=60)
    assert browser.get("/accounts/password/set/").status_code == 200
    assert browser.post("/accounts/password/set/", passwords).status_code == 302
    assert User.objects.get().check_password(OTHER)
    assert AuditEvent.objects.filter(action="person.password_changed").exists()


@pytest.mark.parametrize(
    ("email", "hd", "verified"),
    [
        ("gina@elsewhere.org", "elsewhere.org", True),
        ("gina@example.com", "example.com", False),
        ("gina@example.com", None, True),
        ("gina@gmail.com", None, True),
    ],
    ids=["another domain", "not verified", "a consumer account with our address", "gmail"],
)
def test_others_do_not_join(email: str, hd: str | None, verified: bool) -> None:
    _, session = sign_in(email, hd=hd, verified=verified)
    assert "_auth_user_id" not in session
    assert not User.objects.exists()
    assert not AuditEvent.objects.exists()


def test_who_is_invited_joins_from_any_domain_with_the_roles_of_the_invitation(cast: people.Cast) -> None:
    services.invite("guest@gmail.com", [AUDITOR], by=cast.admin)
    sign_in("Guest@gmail.com", hd=None)
    assert User.objects.get(email="guest@gmail.com").role_names == {AUDITOR}
    assert Invitation.objects.get().accepted_at
    assert AuditEvent.objects.get(action="person.join").detail["invited_by"] == "admin@example.com"


def test_an_existing_person_is_recognised_and_connected(cast: people.Cast) -> None:
    for _ in range(2):
        _, session = sign_in("OWNER@example.com")
        assert session["_auth_user_id"] == str(cast.owner.pk)
    assert SocialAccount.objects.get().user == cast.owner
    assert User.objects.count() == 4
    assert User.objects.get(pk=cast.owner.pk).has_usable_password(), "a proven address keeps its password"


def test_a_foreign_account_with_an_existing_address_gets_nowhere(cast: people.Cast) -> None:
    _, session = sign_in("admin@example.com", hd=None)
    assert "_auth_user_id" not in session
    assert not SocialAccount.objects.exists()


def test_a_deactivated_person_is_refused_before_anything_is_written(cast: people.Cast) -> None:
    services.deactivate(cast.owner, by=cast.admin)
    answer, session = sign_in("owner@example.com")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/inactive/")
    assert "_auth_user_id" not in session
    assert not SocialAccount.objects.exists()


def test_a_connected_person_who_was_deactivated_is_refused(cast: people.Cast) -> None:
    sign_in("owner@example.com")
    services.deactivate(cast.owner, by=cast.admin)
    _, session = sign_in("owner@example.com")
    assert "_auth_user_id" not in session


def test_the_joined_address_is_verified_and_lower_case(db: None) -> None:
    sign_in("Gina@Example.com")
    address = EmailAddress.objects.get()
    assert (address.email, address.verified) == ("gina@example.com", True)
