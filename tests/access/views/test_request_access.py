"""The form that asks for access: what it offers, what it keeps, what it says is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from access.models import CONNECTION_ADMIN, CONNECTION_USER, AccessRequest, RequestTemplate
from connections.models import Connection
from portal.gcp.policies import PRINCIPAL_LIMIT
from portal.models import Project, User
from tests.access.requests.asked import ask, decide, set_policy
from tests.access.requests.test_room import fill
from tests.access.views.mistakes import mistakes
from tests.support.factories import make_connection, make_grant
from tests.support.pages import age_sign_in, sign_in, text_of


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, owners=(olga,))


def url(connection: Connection) -> str:
    """The form's address."""
    return f"/access/{connection.full_name}/request/"


def send(client: Client, connection: Connection, query: str = "", **changes: Any) -> Any:
    """Send the form as it is for a week of use for oneself, but for `changes`."""
    usual = {
        "role": CONNECTION_USER,
        "whose": "me",
        "principal": "",
        "duration": "7 days",
        "starts_at": "",
        "reason": "Monthly report",
        "save_as": "",
    }
    return client.post(url(connection) + query, {**usual, **changes})


def test_it_shows_what_can_be_asked_for_and_who_decides(ana: User, orders: Connection) -> None:
    text = text_of(sign_in(ana).get(url(orders)))
    assert "BigQuery Connection User" in text
    assert "BigQuery Connection Admin" not in text, "the policy does not let anybody ask for it"
    assert "Its owners" in text
    assert "olga@example.com" in text
    assert "At most 90 days" in text
    assert "lapses after 7 days" in text


def test_sending_leads_to_the_request(ana: User, orders: Connection) -> None:
    response = send(sign_in(ana), orders)
    request = AccessRequest.objects.get()
    assert response.headers["Location"] == f"/access/requests/{request.pk}/"
    assert (request.principal, request.role) == ("user:ana@example.com", CONNECTION_USER)
    assert (request.duration, request.reason) == (timedelta(days=7), "Monthly report")
    assert request.requester == ana
    assert request.starts_at is None


def test_for_a_group_with_a_start(ana: User, orders: Connection) -> None:
    send(
        sign_in(ana),
        orders,
        whose="other",
        principal="group:Analysts@example.com",
        starts_at="2999-01-01T08:00",
    )
    assert not AccessRequest.objects.exists(), "that is too far ahead"
    send(sign_in(ana), orders, whose="other", principal="group:Analysts@example.com")
    assert AccessRequest.objects.get().principal == "group:analysts@example.com"


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"role": "roles/owner"}, "role", "not one of the available choices"),
        ({"role": CONNECTION_ADMIN}, "role", "not one of the available choices"),
        ({"duration": "soon"}, "duration", "Say it like"),
        ({"duration": ""}, "duration", "This needs an answer."),
        ({"duration": "91 days"}, "duration", "90 days at most"),
        ({"reason": ""}, "reason", "This needs an answer."),
        ({"reason": "x" * 1001}, "reason", "at most 1000"),
        ({"whose": "other"}, "principal", "Name the group or the service account"),
        ({"whose": "other", "principal": "bob@example.com"}, "principal", "People ask for themselves"),
        ({"whose": "other", "principal": "allUsers"}, "principal", "to everybody"),
        ({"starts_at": "tomorrow"}, "starts_at", "valid date"),
        ({"starts_at": "2999-01-01T00:00"}, "starts_at", "more than a year ahead"),
        ({"save_as": "x" * 101}, "save_as", "at most 100"),
    ],
)
def test_mistakes_stand_beside_their_fields(
    ana: User, orders: Connection, changes: dict[str, str], field: str, message: str
) -> None:
    response = send(sign_in(ana), orders, **changes)
    assert response.status_code == 422
    assert message in mistakes(response, field)
    assert not AccessRequest.objects.exists()


def test_a_ticket_is_asked_for_where_the_policy_wants_one(ana: User, ada: User, orders: Connection) -> None:
    client = sign_in(ana)
    assert 'name="ticket"' not in client.get(url(orders)).content.decode()
    set_policy(orders.resource, ada, ticket="required", ticket_pattern="OPS-[0-9]+")
    assert "Ticket is missing." in mistakes(send(client, orders), "ticket")
    assert "looks like OPS-" in mistakes(send(client, orders, ticket="seven"), "ticket")
    send(client, orders, ticket="OPS-7")
    assert AccessRequest.objects.get().ticket == "OPS-7"


def test_it_says_what_they_have_and_wait_for(ana: User, orders: Connection) -> None:
    make_grant(orders.resource, "user:ana@example.com", CONNECTION_ADMIN)
    ask(orders.resource, ana)
    response = sign_in(ana).get(url(orders))
    assert "BigQuery Connection Admin Active" in text_of(response)
    assert "BigQuery Connection User Pending" in text_of(response)
    assert "waiting already" in mistakes(send(sign_in(ana), orders), "role")


@pytest.mark.parametrize("state", ["creating", "failed", "deleting", "deleted"])
def test_what_is_not_there_cannot_be_asked_for(ana: User, orders: Connection, state: str) -> None:
    Connection.objects.update(state=state)
    assert "Nobody can ask for this now" in text_of(sign_in(ana).get(url(orders)))
    assert mistakes(send(sign_in(ana), orders), "role")
    assert not AccessRequest.objects.exists()


def test_no_approval_needed(ana: User, ada: User, orders: Connection) -> None:
    set_policy(orders.resource, ada, without_approval={"under": "24 hours"})
    client = sign_in(ana)
    response = send(client, orders, duration="8 hours")
    assert AccessRequest.objects.get().state == "approved"
    assert "No approval is needed" in text_of(client.get(response.headers["Location"]))


def test_where_no_approval_is_needed_asking_changes_access(
    ana: User, ada: User, orders: Connection, settings: Settings
) -> None:
    """So it asks for what all does that changes access: a recent sign-in, and a second factor."""
    set_policy(orders.resource, ada, without_approval={"under": "24 hours"})
    browser = sign_in(ana)
    age_sign_in(browser, seconds=16 * 60)
    refused = send(browser, orders, duration="4 hours", save_as="Often")
    assert (refused.status_code, AccessRequest.objects.count()) == (403, 0)
    assert "Confirm that it is you" in text_of(refused)
    assert not RequestTemplate.objects.exists()
    assert send(browser, orders, duration="2 days").status_code == 302, "what people decide needs neither"
    AccessRequest.objects.all().delete()
    age_sign_in(browser, seconds=60)
    settings.REQUIRE_MFA = True
    assert send(browser, orders, duration="4 hours").headers["Location"] == "/accounts/2fa/"
    settings.REQUIRE_MFA = False
    assert send(browser, orders, duration="4 hours").status_code == 302
    assert AccessRequest.objects.get().state == "approved"


def test_extending_what_needs_no_approval_is_no_back_door(ana: User, ada: User, orders: Connection) -> None:
    set_policy(orders.resource, ada, without_approval={"people": [ana.email]})
    made = ask(orders.resource, ana)
    browser = sign_in(ana)
    age_sign_in(browser, seconds=16 * 60)
    assert browser.post(f"{made.get_absolute_url()}extend/").status_code == 403
    assert AccessRequest.objects.count() == 1
    age_sign_in(browser, seconds=60)
    assert browser.post(f"{made.get_absolute_url()}extend/").status_code == 302
    assert AccessRequest.objects.count() == 2


def test_a_template_is_kept_and_fills_the_form_in(ana: User, olga: User, orders: Connection) -> None:
    client = sign_in(ana)
    send(client, orders, save_as="Report", duration="36 hours")
    template = RequestTemplate.objects.get()
    assert (template.owner, template.resource, template.name) == (ana, orders.resource, "Report")
    page = client.get(f"{url(orders)}?template={template.pk}").content.decode()
    assert 'value="1 day 12 hours"' in page
    assert "Monthly report" in page
    other = sign_in(olga).get(f"{url(orders)}?template={template.pk}").content.decode()
    assert "Monthly report" not in other, "it is nobody else's"


def test_the_same_name_replaces_a_template(ana: User, orders: Connection) -> None:
    client = sign_in(ana)
    send(client, orders, save_as="Report")
    send(client, orders, whose="other", principal="group:a@example.com", save_as="Report")
    assert RequestTemplate.objects.get().principal == "group:a@example.com"


def test_an_old_request_fills_the_form_in(ana: User, olga: User, orders: Connection) -> None:
    request = ask(orders.resource, ana, principal="group:a@example.com", reason="Quarter")
    page = sign_in(ana).get(f"{url(orders)}?again={request.pk}").content.decode()
    assert "group:a@example.com" in page
    assert "Quarter" in page
    assert "Quarter" not in sign_in(olga).get(f"{url(orders)}?again={request.pk}").content.decode()


@pytest.mark.parametrize("query", ["?again=x", "?template=x", "?template=99999999999999999999", "?again="])
def test_an_odd_address_is_an_empty_form(ana: User, orders: Connection, query: str) -> None:
    assert sign_in(ana).get(url(orders) + query).status_code == 200


def test_what_cannot_be_asked_for_is_not_found(ana: User, orders: Connection) -> None:
    client = sign_in(ana)
    assert client.get("/access/projects/acme-analytics/request/").status_code == 404
    assert client.get(url(orders).replace("orders", "none")).status_code == 404


def test_hostile_values_are_escaped(ana: User, orders: Connection) -> None:
    bad = "<script>alert(1)</script>"
    page = send(sign_in(ana), orders, reason=bad, principal=bad, duration=bad).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_it_costs_few_queries(ana: User, olga: User, orders: Connection) -> None:
    decide(ask(orders.resource, ana), olga)
    client = sign_in(ana)
    client.get(url(orders))
    with CaptureQueriesContext(database) as queries:
        client.get(url(orders))
    assert len(queries) <= 12, [query["sql"] for query in queries]


def test_a_full_policy_is_said_beside_the_role(ana: User, orders: Connection) -> None:
    fill(orders.resource, PRINCIPAL_LIMIT)
    response = send(sign_in(ana), orders)
    assert response.status_code == 422
    assert "No room for user:ana@example.com" in mistakes(response, "role")
    assert not AccessRequest.objects.exists()
