"""What I have, why, until when, and how to use it; my templates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from access.models import CONNECTION_ADMIN, AccessRequest, Grant, RequestTemplate
from connections.models import Connection
from portal import clock
from portal.models import Project, User
from tests.access.requests.asked import ask, decide
from tests.portal.things import request_template
from tests.support.factories import make_connection, make_grant
from tests.support.pages import sign_in, text_of

URL = "/access/"


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, owners=(olga,))


def page(user: User) -> str:
    """What they read there."""
    return text_of(sign_in(user).get(URL))


def test_nothing_at_first(ana: User, orders: Connection) -> None:
    assert "You have no access of your own" in page(ana)


def test_what_waits_is_there_until_it_is_decided(ana: User, olga: User, orders: Connection) -> None:
    request = ask(orders.resource, ana)
    text = page(ana)
    assert "Waits for a decision orders : BigQuery Connection User for 7 days Pending" in text
    assert "You have no access of your own" not in text
    assert "Waits for a decision" not in page(olga)
    decide(request, olga).grants.update(observed="present")
    assert "Waits for a decision" not in page(ana)


def test_what_i_have_why_until_when_and_the_query(ana: User, olga: User, orders: Connection) -> None:
    request = decide(ask(orders.resource, ana), olga)
    request.grants.update(observed="present")
    text = page(ana)
    assert "orders Active" in text
    assert "Monthly report" in text
    assert "by olga@example.com" in text
    assert "in 7 days" in text
    query = "SELECT * FROM EXTERNAL_QUERY('acme-analytics.us-central1.orders', '''SELECT"
    assert query in text
    assert "Extend" in text


def test_what_was_shared_has_no_extension(ana: User, orders: Connection) -> None:
    make_grant(orders.resource, "user:ana@example.com", expires_at=clock.now() + timedelta(days=1))
    text = page(ana)
    assert "Share" in text
    assert "Extend" not in text


def test_what_i_asked_for_others(ana: User, olga: User, orders: Connection) -> None:
    decide(ask(orders.resource, ana, principal="group:analysts@example.com"), olga)
    assert "analysts@example.com" in page(ana)
    assert "You have no access of your own" in page(olga), "it is not hers"


def test_an_extension_that_waits_is_said(ana: User, olga: User, orders: Connection) -> None:
    first = decide(ask(orders.resource, ana), olga)
    client = sign_in(ana)
    client.post(f"{first.get_absolute_url()}extend/")
    assert AccessRequest.objects.filter(extends__isnull=False).count() == 1
    text = text_of(client.get(URL))
    assert "Extension waits" in text


def test_what_should_be_gone_is_shown_until_it_is(ana: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, "user:ana@example.com")
    Grant.objects.update(desired="absent", revoked_at=clock.now(), revoked_by="portal")
    assert "It has ended" in page(ana)
    Grant.objects.filter(pk=grant.pk).update(observed="absent")
    assert "You have no access of your own" in page(ana)


def test_without_a_usable_connection_there_is_no_query(ana: User, orders: Connection) -> None:
    make_grant(orders.resource, "user:ana@example.com")
    Connection.objects.update(state="deleting")
    assert "EXTERNAL_QUERY" not in page(ana)


def test_queries_do_not_grow_with_rows(ana: User, olga: User, project: Project) -> None:
    client = sign_in(ana)
    client.get(URL)
    counts = []
    for number in range(12):
        made = make_connection(project, f"c{number}", owners=(olga,))
        make_grant(made.resource, "user:ana@example.com")
        decide(ask(made.resource, ana, principal="group:a@example.com"), olga)
        if number in {0, 11}:
            with CaptureQueriesContext(database) as queries:
                client.get(URL)
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 12, counts


def test_templates(ana: User, olga: User, orders: Connection) -> None:
    client = sign_in(ana)
    assert "No templates yet" in text_of(client.get("/access/templates/"))
    template = request_template(orders.resource, owner=ana)
    assert "Monthly report orders" in text_of(client.get("/access/templates/"))
    assert "Monthly report" not in text_of(sign_in(olga).get("/access/templates/"))
    address = f"/access/templates/{template.pk}/delete/"
    assert "Delete “Monthly report”?" in text_of(client.get(address))
    assert sign_in(olga).post(address).status_code == 404
    assert client.post(address).headers["Location"] == "/access/templates/"
    assert not RequestTemplate.objects.exists()


def test_the_catalogue_offers_it_and_says_what_waits(ana: User, olga: User, orders: Connection) -> None:
    client = sign_in(ana)
    form = f"/access/{orders.full_name}/request/"
    assert form in client.get("/connections/").content.decode()
    assert form in client.get(orders.get_absolute_url()).content.decode()
    request = ask(orders.resource, ana)
    for address in ("/connections/", orders.get_absolute_url()):
        body = client.get(address).content.decode()
        assert request.get_absolute_url() in body, address
        assert form not in body, address
    decide(request, olga)
    make_grant(orders.resource, "user:ana@example.com", CONNECTION_ADMIN)
    assert "Your access" in text_of(client.get(orders.get_absolute_url()))
    assert "olga@example.com" in text_of(client.get(orders.get_absolute_url()))
