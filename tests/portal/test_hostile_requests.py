"""Requests that say more than they may: forged headers, fields that no form has, text that means something
to a database. The numbers are those of OWASP ASVS 5.0.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from portal.models import ADMINISTRATOR, AuditEvent, Invitation, User
from tests.portal import people
from tests.support.examples import examples

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"
FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.66",
    "Forwarded": "host=evil.example;proto=https",
    "X-Original-URL": "/people/",
    "X-Rewrite-URL": "/people/",
}
# Each would change a query that text was pasted into.
INJECTIONS = (
    "'",
    '"',
    "' OR '1'='1",
    "'; DROP TABLE portal_user;--",
    "%",
    "_",
    "\\",
    "%' OR 1=1 --",
    "${7*7}",
)


@pytest.fixture
def analyst(cast: people.Cast) -> Client:
    """An analyst's browser."""
    return people.signed_in(cast.analyst)


def test_other_windows_have_no_hold_on_a_page(cast: people.Cast) -> None:
    """3.4.8."""
    answer = people.signed_in(cast.analyst).get("/connections/")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_forged_host_is_in_no_link(cast: people.Cast, settings: Settings) -> None:
    """4.1.3: a link to set a new password leads to the portal, whatever a header says."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answer = Client(headers=FORGED).post("/accounts/password/reset/", {"email": cast.analyst.email})
    assert answer.status_code == 302
    (message,) = mail.outbox
    assert "evil.example" not in str(message.message())
    assert f"{settings.BASE_URL}/accounts/password/reset/key/" in str(message.body)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:4443", "portal.example.com:4443"])
def test_a_mail_leads_home_whatever_host_was_asked(host: str, cast: people.Cast, settings: Settings) -> None:
    """4.1.3: it answers to localhost too, at any port; who has another's mail sent chooses neither."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.BASE_URL = "https://portal.example.com"
    settings.ALLOWED_HOSTS = ["portal.example.com", "localhost", "127.0.0.1"]
    answer = Client(headers={"Host": host}).post("/accounts/password/reset/", {"email": cast.analyst.email})
    assert answer.status_code == 302
    (message,) = mail.outbox
    assert re.findall(r"https?://[^/\s]+", str(message.body)) == ["https://portal.example.com"]
    assert host not in str(message.body)


def test_a_host_of_nobodys_is_refused(cast: people.Cast, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["portal.example.com"]
    assert Client(headers={"Host": "evil.example"}).get("/accounts/login/").status_code == 400


@pytest.mark.parametrize("path", ["/people/", "/audit/", "/projects/"])
def test_forged_headers_open_no_door(cast: people.Cast, path: str) -> None:
    browser = people.signed_in(cast.analyst)
    assert browser.get(path, headers=FORGED).status_code == 403
    assert browser.get("/connections/", headers=FORGED).status_code == 200


@pytest.mark.parametrize("url", ["http://[::1", "http://[x]/", "//", "\x00", "http://a:99999/b"])
def test_a_page_that_cannot_be_is_no_error(url: str, cast: people.Cast) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": url, "Referer": url}
    assert Client(headers=headers).get("/accounts/login/").status_code == 200
    assert Client(headers=headers).get("/people/").status_code in {200, 302}
    assert Client(headers=headers).post("/people/invite/").status_code in {302, 422}
    assert people.signed_in(cast.analyst).get("/connections/", headers=headers).status_code == 200


def test_a_forged_address_is_not_the_one_in_the_log(
    cast: people.Cast, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        people.signed_in(cast.analyst).get("/connections/", headers=FORGED)
    assert "203.0.113.66" not in caplog.text


def test_fields_that_no_form_has_change_nothing(cast: people.Cast) -> None:
    """15.3.3, 8.2.3: what is posted beside the form's fields is nobody's right."""
    more = {"is_superuser": "1", "is_staff": "1", "invited_by": "evil@example.com", "token_hash": "0" * 64}
    people.signed_in(cast.admin).post("/people/invite/", {"email": "new@example.com", **more})
    invitation = Invitation.objects.get(email="new@example.com")
    assert (invitation.invited_by, invitation.roles) == (cast.admin.email, [])
    assert invitation.token_hash != "0" * 64

    path = f"/people/{cast.analyst.pk}/roles/"
    people.signed_in(cast.admin).post(path, {"roles": "auditor", "email": "x@example.com", **more})
    person = User.objects.get(pk=cast.analyst.pk)
    assert (person.email, person.is_superuser, person.is_staff) == (cast.analyst.email, False, False)
    assert person.role_names == {"auditor"}


def test_a_role_that_there_is_not_is_given_to_nobody(cast: people.Cast) -> None:
    people.signed_in(cast.admin).post(f"/people/{cast.analyst.pk}/roles/", {"roles": "superuser"})
    assert User.objects.get(pk=cast.analyst.pk).role_names == set()


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    "address", ["/connections/?q={}", "/audit/?q={}", "/operations/?q={}", "/audit/?actor={}"]
)
def test_text_is_text_to_the_database(cast: people.Cast, address: str, text: str) -> None:
    """1.2.4: nothing breaks, and nothing that does not hold the text is found."""
    browser = people.signed_in(cast.admin)
    path, _, parameter = address.partition("?")
    answer = browser.get(path, {parameter.partition("=")[0]: text + "no such text"})
    assert answer.status_code == 200
    assert "<table" not in answer.content.decode(), "the trail has the sign-in at least"
    assert User.objects.filter(groups__name=ADMINISTRATOR).exists()


@examples(40)
@given(
    st.dictionaries(
        st.sampled_from(["q", "kind", "sort", "page", "state", "mine", "project", "location"]),
        st.text(max_size=40),
    )
)
def test_whatever_an_address_says_the_list_answers(analyst: Client, query: dict[str, str]) -> None:
    assert analyst.get("/connections/", query).status_code == 200


class Uploads(MemoryFileUploadHandler):
    """Takes files as Django does, and tells how much of them there was."""

    taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Count it."""
        Uploads.taken += len(raw_data)
        return super().receive_data_chunk(raw_data, start)


@pytest.mark.parametrize(
    ("size", "status", "taken"),
    [(1_000_000, 200, 1_000_000), (1_999_000, 200, 1_999_000), (2_000_000, 400, 0)],
)
def test_a_large_file_is_refused_before_it_is_taken(
    size: int, status: int, taken: int, settings: Settings
) -> None:
    """5.2.1, for nobody in particular; Django looks for the token against forged requests in the body."""
    settings.FILE_UPLOAD_HANDLERS = [f"{__name__}.Uploads"]
    Uploads.taken = 0
    browser = Client(enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(SIGN_IN).content.decode())
    assert token
    body = {"csrfmiddlewaretoken": token[1], "login": "", "file": ContentFile(b"a" * size, "a")}
    assert browser.post(SIGN_IN, body).status_code == status
    assert Uploads.taken == taken


@pytest.mark.parametrize("length", ["2000001", "9" * 5_000, "-1", "x", "\u0663", ""])
def test_a_length_that_is_told_wrongly_is_no_error(length: str) -> None:
    assert Client().get(SIGN_IN, CONTENT_LENGTH=length).status_code in {200, 400}


def test_debug_is_off_unless_somebody_turns_it_on() -> None:
    """13.4.2, in a process of its own with nothing set."""
    code = "from django.conf import settings; print(settings.DEBUG)"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DEBUG", "PORTAL_DEMO"} and not name.startswith(("DJANGO_DEBUG", "DATABASE"))
    }
    environment |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "SECRET_KEY": "x" * 60}
    environment |= {"PORTAL_BASE_URL": "https://portal.example.com"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_refused_attempt_leaves_the_trail_as_it_was(cast: people.Cast) -> None:
    browser = people.signed_in(cast.analyst)
    before = AuditEvent.objects.count()
    assert browser.post("/people/invite/", {"email": "new@example.com"}).status_code == 403
    assert (AuditEvent.objects.count(), Invitation.objects.count()) == (before, 0)
