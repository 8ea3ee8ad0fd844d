"""Inviting: an administrator asks somebody in, the link works once, and only its hash is kept."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from portal import clock
from portal.models import ADMINISTRATOR, AUDITOR, AuditEvent, Invitation, User
from portal.people import services
from tests.portal import people
from tests.portal.threads import at_once

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "staple-battery-horse"
FORM = {"name": "Nia New", "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}


def invited(cast: people.Cast, *roles: str, email: str = "new@example.com") -> str:
    """Invite and return the path of the link."""
    _, link = services.invite(email, roles, by=cast.admin)
    return link.removeprefix("http://localhost:8000")


def test_an_administrator_invites_and_sees_the_link_once(
    cast: people.Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    browser = people.signed_in(cast.admin)
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/people/invite/", {"email": "New@Example.com", "roles": [AUDITOR]})
    found = re.search(r"http://localhost:8000(/invitations/[\w-]{43}/)", answer.content.decode())
    assert found is not None
    assert found[1] in str(mail.outbox[0].body)
    assert mail.outbox[0].to == ["new@example.com"]
    assert "new@example.com" in browser.get("/people/").content.decode()
    assert found[1] not in browser.get("/people/").content.decode()
    assert AuditEvent.objects.get(action="person.invite").detail == {"roles": [AUDITOR]}


def test_the_token_is_kept_nowhere(cast: people.Cast) -> None:
    token = invited(cast).split("/")[2]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert token not in repr(cursor.fetchall()), table
    assert Invitation.objects.get().token_hash == services.token_hash(token)


def test_the_token_is_not_logged(cast: people.Cast, caplog: pytest.LogCaptureFixture) -> None:
    path = invited(cast)
    Client().get(path)
    Client().get("/accounts/password/reset/key/1-canary-of-a-reset/")
    logged = caplog.text
    assert "GET /invitations/***" in logged
    assert path.split("/")[2] not in logged
    assert "canary" not in logged


def test_without_a_mail_server_the_link_is_shown_all_the_same(
    cast: people.Cast,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    browser = people.signed_in(cast.admin)
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post("/people/invite/", {"email": "new@example.com"})
    assert "/invitations/" in answer.content.decode()


def test_the_invited_person_joins_with_roles_and_is_signed_in(cast: people.Cast) -> None:
    path = invited(cast, AUDITOR)
    browser = Client()
    assert "new@example.com" in browser.get(path).content.decode()
    answer = browser.post(path, FORM)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    user = User.objects.get(email="new@example.com")
    assert (user.first_name, set(user.role_names)) == ("Nia New", {AUDITOR})
    assert user.check_password(NEW_PASSWORD)
    assert EmailAddress.objects.get(user=user).verified
    assert browser.get("/audit/").status_code == 200
    record = browser.session["account_authentication_methods"][0]
    assert (record["method"], record["email"]) == ("password", "new@example.com")
    event = AuditEvent.objects.get(action="person.join")
    assert event.detail == {"roles": [AUDITOR], "way": "invitation", "invited_by": "admin@example.com"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"password": "short", "password_again": "short"}, "at least 12 characters"),
        ({"password_again": "another"}, "differ"),
        ({"name": ""}, "is missing."),
        ({"password": "new@example.com", "password_again": "new@example.com"}, "too similar"),
    ],
)
def test_mistakes_are_named_and_no_password_comes_back(
    cast: people.Cast, changes: dict[str, str], message: str
) -> None:
    path = invited(cast)
    answer = Client().post(path, FORM | changes)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert message in html
    assert NEW_PASSWORD not in html
    assert not User.objects.filter(email="new@example.com").exists()


def test_a_password_that_was_typed_once_is_missing_the_second_time_and_no_more(cast: people.Cast) -> None:
    answer = Client().post(invited(cast), FORM | {"password_again": ""})
    assert answer.context["form"].errors["password_again"] == ["Password again is missing."]


def test_a_link_works_once(cast: people.Cast) -> None:
    path = invited(cast)
    assert Client().post(path, FORM).status_code == 302
    for answer in (Client().get(path), Client().post(path, FORM)):
        assert answer.status_code == 404
        assert "not valid" in answer.content.decode()


def test_an_expired_a_withdrawn_and_an_unknown_link_look_alike(cast: people.Cast) -> None:
    expired, withdrawn = invited(cast, email="a@example.com"), invited(cast, email="b@example.com")
    Invitation.objects.filter(email="a@example.com").update(expires_at=clock.now() - timedelta(seconds=1))
    services.withdraw(Invitation.objects.get(email="b@example.com"), by=cast.admin)
    answers = [Client().post(path, FORM) for path in (expired, withdrawn, "/invitations/unknown/")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_an_invitation_lasts_a_week(cast: people.Cast) -> None:
    invited(cast)
    left = Invitation.objects.get().expires_at - clock.now()
    assert timedelta(days=6) < left <= timedelta(days=7)


def test_a_newer_invitation_replaces_the_older(cast: people.Cast) -> None:
    older, newer = invited(cast), invited(cast, ADMINISTRATOR, email="NEW@example.com")
    assert Client().get(older).status_code == 404
    assert Client().get(newer).status_code == 200
    assert AuditEvent.objects.filter(action="person.invitation_withdrawn").count() == 1


def test_who_has_an_account_is_not_invited(cast: people.Cast) -> None:
    browser = people.signed_in(cast.admin)
    answer = browser.post("/people/invite/", {"email": "ANALYST@example.com"})
    assert answer.status_code == 422
    assert "has an account already" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_somebody_signed_in_does_not_join_as_another(cast: people.Cast) -> None:
    path = invited(cast)
    browser = people.signed_in(cast.analyst)
    assert "Sign out first" in browser.get(path).content.decode()
    browser.post(path, FORM)
    assert not User.objects.filter(email="new@example.com").exists()


def test_withdrawing_from_the_list(cast: people.Cast) -> None:
    path = invited(cast)
    browser = people.signed_in(cast.admin)
    address = f"/people/invitations/{Invitation.objects.get().pk}/withdraw/"
    assert browser.post(address).status_code == 302
    assert Client().get(path).status_code == 404
    answer = browser.post(address, follow=True)
    assert "not open any more" in answer.content.decode()
    assert AuditEvent.objects.filter(action="person.invitation_withdrawn").count() == 1


def test_of_two_acceptances_at_once_one_wins(transactional_db: None) -> None:
    admin = people.person("admin@example.com", ADMINISTRATOR)
    _, link = services.invite("new@example.com", [], by=admin)
    token = link.split("/")[-2]

    def accept(number: int) -> bool:
        try:
            services.accept(token, name=f"Nia {number}", password=NEW_PASSWORD)
        except services.InvalidInvitationError:
            return False
        return True

    assert sorted(at_once(4, accept)) == [False, False, False, True]
    assert User.objects.filter(email="new@example.com").count() == 1
    assert AuditEvent.objects.filter(action="person.join").count() == 1


def test_the_first_administrator_is_invited_from_the_command_line() -> None:
    out = StringIO()
    call_command("invite", "First@example.com", "--administrator", stdout=out, stderr=StringIO())
    path = out.getvalue().strip().removeprefix("http://localhost:8000")
    assert Client().post(path, FORM).status_code == 302
    assert User.objects.get(email="first@example.com").is_administrator
    assert AuditEvent.objects.get(action="person.invite").actor == "portal"


@pytest.mark.parametrize("address", ["nobody", "admin@example.com"])
def test_the_command_refuses_what_the_page_refuses(cast: people.Cast, address: str) -> None:
    with pytest.raises(CommandError):
        call_command("invite", address, stderr=StringIO())
