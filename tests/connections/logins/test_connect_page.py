"""How to connect: filled in for whoever looks, for this instance, for the database that is chosen."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connections.logins.products import Product
from connections.models import Asset, DatabaseInstance
from portal.models import Project, User
from tests.support.factories import make_asset, make_instance
from tests.support.pages import sign_in, text_of

pytestmark = pytest.mark.django_db
URL = "/databases/projects/acme-analytics/instances/crm/connect/"


@pytest.fixture
def crm(project: Project, olga: User) -> DatabaseInstance:
    """A Cloud SQL instance, as discovery sees it."""
    found = make_instance(project, owners=(olga,))
    about = {
        "databases": ["crm", "events"],
        "addresses": {"PUBLIC": "203.0.113.9", "PRIVATE": "10.40.1.9"},
        "ssl_mode": "ENCRYPTED_ONLY",
    }
    make_asset(
        project, found.source_name, "us-central1", type=Asset.Type.CLOUD_SQL_INSTANCE, attributes=about
    )
    return found


def test_it_is_filled_in_for_whoever_looks(crm: DatabaseInstance, ana: User) -> None:
    text = text_of(sign_in(ana).get(URL))
    for words in (
        "Auth Proxy",
        "Python",
        "Go",
        "Java (JDBC)",
        "Java (R2DBC)",
        "By hand",
        "--username=ana@example.com",
        'user="ana@example.com"',
        "hostaddr=203.0.113.9",
        crm.source_name,
        "WithLazyRefresh()",
        "never pasted at the prompt",
    ):
        assert words in text
    assert "Not suitable" not in text


def test_what_is_chosen_stands_in_the_address(crm: DatabaseInstance, ana: User) -> None:
    query = {
        "email": "Loader@p.iam.gserviceaccount.com",
        "database": "events",
        "network": "private",
        "port": "7000",
        "way": "go",
    }
    response = sign_in(ana).get(URL, query)
    text = text_of(response)
    for words in ("loader@p.iam", "dbname=events", "hostaddr=10.40.1.9", "--port=7000", "--private-ip"):
        assert words in text
    assert "WithLazyRefresh" not in text, "the box was cleared"
    assert 'id="way-go" form="connect-form" checked' in response.content.decode()


@pytest.mark.parametrize(
    ("query", "mistake"),
    [
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"port": "0"}, "greater than or equal to 1"),
        ({"network": "psc"}, "Select a valid choice"),
        ({"database": "a\x07b"}, "control character"),
        ({"email": f"{'a' * 60}@example.com"}, "characters"),
    ],
)
def test_mistakes_are_told_beside_their_fields(
    crm: DatabaseInstance, ana: User, query: dict[str, str], mistake: str
) -> None:
    response = sign_in(ana).get(URL, query)
    assert response.status_code == 200
    text = text_of(response)
    assert mistake in text
    assert "Nothing to show yet" in text


def test_hostile_names_are_only_text(crm: DatabaseInstance, ana: User) -> None:
    response = sign_in(ana).get(URL, {"database": "<script>alert(1)</script>'\";`x`"})
    assert "<script>alert" not in response.content.decode()


def test_by_hand_is_marked_where_certificates_are_asked_for(crm: DatabaseInstance, ana: User) -> None:
    asset = Asset.objects.get(name=crm.source_name)
    asset.attributes |= {"ssl_mode": "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"}
    asset.save()
    text = text_of(sign_in(ana).get(URL))
    assert "Not suitable for this instance" in text
    assert "TRUSTED_CLIENT_CERTIFICATE_REQUIRED" in text


def test_an_instance_of_which_little_is_known(crm: DatabaseInstance, ana: User) -> None:
    Asset.objects.all().delete()
    text = text_of(sign_in(ana).get(URL))
    assert "dbname=postgres" in text
    assert "INSTANCE_ADDRESS" in text
    assert "Private Service Connect" in text


def test_mysql(crm: DatabaseInstance, ana: User) -> None:
    DatabaseInstance.objects.update(product=Product.MYSQL)
    text = text_of(sign_in(ana).get(URL))
    assert "--port=3306" in text
    assert "--enable-cleartext-plugin" in text
    assert "--user=ana " in text


def test_an_instance_that_is_not_there(ana: User) -> None:
    assert sign_in(ana).get(URL).status_code == 404


def test_the_number_of_queries(crm: DatabaseInstance, ana: User) -> None:
    browser = sign_in(ana)
    browser.get(URL)
    with CaptureQueriesContext(connection) as queries:
        browser.get(URL)
    assert len(queries) <= 11, "\n".join(query["sql"][:150] for query in queries)
