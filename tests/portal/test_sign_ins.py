"""Sign-ins and ways to sign in are in the audit trail; an address stays who it is; secrets are sealed."""

from __future__ import annotations

from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings
from tink import TinkError

from portal import audit, keyset
from portal.models import AuditEvent, User
from portal.people import sealing
from tests.portal import people
from tests.portal.test_google_sign_in import sign_in

pytestmark = pytest.mark.django_db
OTHER = "another-battery-staple"


def last(action: str) -> AuditEvent:
    event = AuditEvent.objects.filter(action=action).order_by("-position").first()
    assert event is not None, f"no {action}"
    return event


def test_a_sign_in_is_recorded_with_its_way(cast: people.Cast) -> None:
    people.signed_in(cast.analyst)
    event = last("person.sign_in")
    assert (event.actor, event.target, event.outcome, event.detail) == (
        "analyst@example.com",
        "people/analyst@example.com",
        "succeeded",
        {"ways": ["password"]},
    )


def test_a_google_sign_in_and_the_account_that_it_connects_are_recorded(
    cast: people.Cast, settings: Settings
) -> None:
    sign_in("owner@example.com")
    connected = last("person.account_connected")
    assert connected.actor == "owner@example.com"
    assert connected.detail["provider"] == "google"
    assert connected.detail["address"] == "owner@example.com"
    assert last("person.sign_in").detail == {"ways": ["google"]}


@pytest.mark.parametrize("address", ["admin@example.com", "Nobody@example.com"])
def test_a_failed_sign_in_is_recorded_with_the_address_that_was_tried(
    cast: people.Cast, address: str
) -> None:
    Client().post("/accounts/login/", {"login": address, "password": "not-the-password"})
    event = last("person.sign_in_failed")
    assert (event.actor, event.target, event.outcome) == ("portal", f"people/{address.lower()}", "refused")
    assert "not-the-password" not in str(event.detail)


def test_failed_sign_ins_do_not_flood_the_trail(cast: people.Cast) -> None:
    for _ in range(30):
        Client().post("/accounts/login/", {"login": "admin@example.com", "password": "not-the-password"})
    assert AuditEvent.objects.filter(action="person.sign_in_failed").count() <= 10


def test_a_changed_password_is_recorded(cast: people.Cast) -> None:
    browser = people.signed_in(cast.analyst)
    passwords = {"oldpassword": people.PASSWORD, "password1": OTHER, "password2": OTHER}
    browser.post("/accounts/password/change/", passwords)
    assert last("person.password_changed").actor == "analyst@example.com"


def test_a_reset_password_is_recorded(cast: people.Cast) -> None:
    browser = Client()
    browser.post("/accounts/password/reset/", {"email": "analyst@example.com"})
    link = next(word for word in str(mail.outbox[-1].body).split() if "/password/reset/key/" in word)
    form = browser.get(link).headers["Location"]
    browser.post(form, {"password1": OTHER, "password2": OTHER})
    assert last("person.password_reset").target == "people/analyst@example.com"


def test_a_removed_account_is_recorded(cast: people.Cast) -> None:
    sign_in("owner@example.com")
    browser = people.signed_in(cast.owner)
    browser.post("/accounts/reauthenticate/", {"password": people.PASSWORD})
    answer = browser.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get(user=cast.owner).pk})
    assert answer.headers["Location"] == "/accounts/3rdparty/"
    assert last("person.account_removed").detail["provider"] == "google"


@pytest.mark.parametrize("action", ["action_add", "action_primary", "action_remove", "action_send"])
def test_nobody_changes_their_address(cast: people.Cast, action: str) -> None:
    browser = people.signed_in(cast.admin)
    EmailAddress.objects.create(user=cast.admin, email="other@example.com", verified=True)
    answer = browser.post("/accounts/email/", {"email": "other@example.com", action: ""})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert User.objects.get(pk=cast.admin.pk).email == "admin@example.com"
    primary = EmailAddress.objects.get(user=cast.admin, primary=True)
    assert primary.email == "admin@example.com"
    assert EmailAddress.objects.filter(user=cast.admin).count() == 2


def test_the_page_says_so_and_nothing_leads_there(cast: people.Cast) -> None:
    browser = people.signed_in(cast.analyst)
    html = browser.get("/accounts/email/", follow=True).content.decode()
    assert "You are analyst@example.com here" in html
    assert "/accounts/email/" not in html


@pytest.fixture
def own_keyset(settings: Settings, tmp_path: Path) -> Path:
    settings.KEYSET_FILE = tmp_path / "keys" / "keyset.json"
    return tmp_path / "keys" / "keyset.json"


def test_secrets_of_second_factors_are_sealed(cast: people.Cast) -> None:
    TOTP.activate(cast.analyst, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(cast.analyst).generate_codes()
    kept = {factor.type: factor.data for factor in Authenticator.objects.filter(user=cast.analyst)}
    assert "JBSWY3DPEHPK3PXP" not in str(kept)
    assert sealing.unseal(kept["totp"]["secret"]) == "JBSWY3DPEHPK3PXP"
    assert len(sealing.unseal(kept["recovery_codes"]["seed"])) == 80
    assert RecoveryCodes.activate(cast.analyst).generate_codes() == codes


def test_what_is_sealed_for_something_else_is_no_second_factor(own_keyset: Path) -> None:
    sealed = keyset.seal(b"canary", b"connections_connection/1/2/password")
    with pytest.raises(TinkError):
        keyset.unseal(sealed, b"mfa_authenticator")


def test_secrets_from_before_are_sealed_by_the_migration(cast: people.Cast) -> None:
    data = {"secret": "JBSWY3DPEHPK3PXP"}
    factor = Authenticator.objects.create(user=cast.analyst, type="totp", data=data)
    codes = {"migrated_codes": ["12345678"], "seed": "abc", "used_mask": 5}
    other = Authenticator.objects.create(user=cast.analyst, type="recovery_codes", data=codes)
    import_module("portal.migrations.0005_seal_second_factors").seal_all(apps, None)
    factor.refresh_from_db()
    other.refresh_from_db()
    assert sealing.unseal(factor.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert sealing.unseal(other.data["migrated_codes"][0]) == "12345678"
    assert (sealing.unseal(other.data["seed"]), other.data["used_mask"]) == ("abc", 5)


def test_who_lost_their_second_factor_is_let_in_again_from_the_command_line(cast: people.Cast) -> None:
    browser = people.signed_in(cast.analyst)
    TOTP.activate(cast.analyst, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(cast.analyst)
    stranger = Client()
    answer = stranger.post("/accounts/login/", {"login": cast.analyst.email, "password": people.PASSWORD})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"

    out = StringIO()
    call_command("reset_second_factor", "Analyst@example.com", stdout=out)

    assert "Taken away: 2." in out.getvalue()
    assert browser.get("/").headers["Location"].startswith("/accounts/login/")
    assert people.signed_in(cast.analyst).get("/").status_code == 200
    event = AuditEvent.objects.get(action="person.mfa_forgotten")
    assert (event.actor, event.target) == (audit.SYSTEM, "people/analyst@example.com")
    assert event.detail == {"types": ["recovery_codes", "totp"], "sessions": 1}


@pytest.mark.parametrize(
    ("address", "why"),
    [("nobody@example.com", "has no account"), ("owner@example.com", "has no second factor")],
)
def test_there_must_be_a_second_factor_to_take_away(cast: people.Cast, address: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("reset_second_factor", address)
    assert not people.acts().exists()
