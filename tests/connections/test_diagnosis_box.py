"""What does this error mean? Paste it, and the page says cause and remedy."""

from __future__ import annotations

import pytest

from connections.models import Connection
from portal.models import Project, User
from tests.portal import people
from tests.support.factories import AGENT, PROJECT, make_connection
from tests.support.pages import HTMX, sign_in, text_of

URL = "/connections/diagnosis/"
WRONG = (
    "Invalid table-valued function EXTERNAL_QUERY\nFailed to connect to PostgreSQL database. "
    'Error: FATAL: password authentication failed for user "bq_reader"'
)


def test_a_known_message_is_explained(ana: User) -> None:
    response = sign_in(ana).post(URL, {"message": WRONG}, headers=HTMX)
    text = text_of(response)
    assert "The database refused the username or the password." in text
    assert "What to do" in text
    assert "<html" not in response.content.decode()


def test_without_htmx_it_is_a_page(ana: User) -> None:
    response = sign_in(ana).post(URL, {"message": WRONG})
    assert "<html" in response.content.decode()
    assert "The database refused" in text_of(response)


@pytest.mark.parametrize("message", ["", "   ", "\0", "<script>alert(1)</script>", "x" * 100_000])
def test_whatever_is_pasted(ana: User, message: str) -> None:
    before = people.acts().count()
    for headers in ({}, HTMX):
        response = sign_in(ana).post(URL, {"message": message}, headers=headers)
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()
    assert people.acts().count() == before


def test_only_for_people_of_the_portal(client: object, ana: User) -> None:
    assert client.post(URL, {"message": WRONG}).status_code == 302  # type: ignore[attr-defined]
    assert sign_in(ana).get(URL).status_code == 405


LOST = "Connect to PostgreSQL server failed: server closed the connection unexpectedly"
KMS = "Cloud KMS Error: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource x"
KEY = f"projects/{PROJECT}/locations/us-central1/keyRings/portal/cryptoKeys/k"


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    return make_connection(project, owners=(olga,), kms_key_name=KEY)


def explained(user: User, shown: Connection, message: str) -> tuple[str, str]:
    """What the box on the connection's page answers: its text and its source."""
    page = sign_in(user).get(shown.get_absolute_url()).content.decode()
    assert f'name="connection" value="{shown.pk}"' in page
    response = sign_in(user).post(URL, {"message": message, "connection": str(shown.pk)}, headers=HTMX)
    return text_of(response), response.content.decode()


@pytest.mark.parametrize(
    ("message", "words", "button"),
    [
        (LOST, f"Grant AlloyDB Client (roles/alloydb.client) to {AGENT}", "/grant/"),
        (WRONG, "The database refused the username or the password", "/password/"),
        (KMS, "to bq-528461093377@bigquery-encryption.iam.gserviceaccount.com", "/grant-key/"),
        ('FATAL: database "x" does not exist', "correct the database name", "/edit/"),
        ("Not found: Connection a.us.b", "Compare project, location", "/refresh/"),
        ("User does not have bigquery.jobs.create permission", "roles/bigquery.jobUser", ""),
        ("User does not have bigquery.connections.use permission", "have them request it", ""),
    ],
)
def test_on_a_connections_page_it_names_what_it_means_and_mends_it(
    ana: User, olga: User, orders: Connection, message: str, words: str, button: str
) -> None:
    text, page = explained(olga, orders, message)
    assert words in text.replace("\u200b", "")
    assert (button or "/test/") in page
    assert "Test, and walk the causes" in text
    text, page = explained(ana, orders, message)
    assert words in text.replace("\u200b", "")
    assert "<button" not in page, "who may not mend it is told, no more"
    assert "href" not in page


def test_a_kind_without_such_a_cause_is_not_offered_its_remedy(olga: User, project: Project) -> None:
    plain = make_connection(project, kind="cloud_resource", properties={}, owners=(olga,))
    for message in (LOST, WRONG, KMS):
        _, page = explained(olga, plain, message)
        assert "/password/" not in page
        assert "/grant" not in page
        assert "/test/" not in page


def test_another_key_is_named_with_the_account_that_needs_it(olga: User, project: Project) -> None:
    text, page = explained(olga, make_connection(project, owners=(olga,)), KMS)
    assert "to bq-528461093377@bigquery-encryption.iam.gserviceaccount.com" in text.replace("\u200b", "")
    assert "/grant-key/" not in page


@pytest.mark.parametrize("key", ["", "0", "-1", "x", "9" * 18, "9" * 40, "²", "\0", "1 OR 1=1"])
def test_a_connection_that_is_none_is_left_out(olga: User, orders: Connection, key: str) -> None:
    response = sign_in(olga).post(URL, {"message": WRONG, "connection": key}, headers=HTMX)
    assert "The database refused" in text_of(response)
    assert "<button" not in response.content.decode()
