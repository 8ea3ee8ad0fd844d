"""The "Connection permissions" dialog: add, change, remove; who may; and what is asked again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access import claims
from access.models import CONNECTION_ADMIN, CONNECTION_USER, Grant
from connections.models import Connection
from portal.models import AuditEvent, Operation, Project, User
from tests.support.factories import AGENT, make_connection, make_grant
from tests.support.pages import INTO_DIALOG, age_sign_in, sign_in, text_of

GROUP = "group:analysts@example.com"


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, owners=(olga,))


def url(connection: Connection) -> str:
    """The dialog's address."""
    return f"/access/{connection.full_name}/share/"


def save(client: Client, connection: Connection, **changes: Any) -> Any:
    """Press Save with every claim's role as it is, but `changes`."""
    roles = {f"role_{grant.pk}": grant.role for grant in connection.resource.grants.all()}
    data = {"principals": "", "role": CONNECTION_USER, "reason": "", **roles, **changes}
    kept = {name: value for name, value in data.items() if value is not None}
    return client.post(url(connection), kept, headers=INTO_DIALOG)


def held(connection: Connection) -> set[tuple[str, str]]:
    """What is to be."""
    present = connection.resource.grants.filter(desired=Grant.Presence.PRESENT)
    return set(present.values_list("principal", "role"))


def test_it_shows_who_has_which_role(olga: User, orders: Connection) -> None:
    make_grant(orders.resource, GROUP)
    make_grant(orders.resource, "user:pending@example.com", seen=False)
    make_grant(orders.resource, "user:gone@example.com", desired=Grant.Presence.ABSENT)
    response = sign_in(olga).get(url(orders), headers=INTO_DIALOG)
    text = text_of(response)
    assert "Connection permissions" in text
    assert "analysts@example.com" in text
    assert "pending@example.com Pending" in text
    assert "gone@example.com" not in text
    assert "<html" not in response.content.decode()
    assert "<html" in sign_in(olga).get(url(orders)).content.decode()


def test_adding_principals_leads_to_the_operation(olga: User, orders: Connection) -> None:
    response = save(sign_in(olga), orders, principals=f"ana@example.com\n{GROUP}", reason="for the report")
    operation = Operation.objects.get()
    assert response.headers["HX-Redirect"] == operation.get_absolute_url()
    assert held(orders) == {("user:ana@example.com", CONNECTION_USER), (GROUP, CONNECTION_USER)}
    assert set(orders.resource.grants.values_list("reason", "granted_by")) == {
        ("for the report", "olga@example.com")
    }
    assert AuditEvent.objects.filter(action="grant.request", operation=str(operation.pk)).count() == 2


def test_without_htmx_it_redirects(olga: User, orders: Connection) -> None:
    data = {"principals": GROUP, "role": CONNECTION_ADMIN, "reason": ""}
    response = sign_in(olga).post(url(orders), data)
    assert response.status_code == 302
    assert response.headers["Location"] == Operation.objects.get().get_absolute_url()


def test_changing_a_role_takes_the_old_one_and_gives_the_new_one(olga: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, GROUP)
    save(sign_in(olga), orders, **{f"role_{grant.pk}": CONNECTION_ADMIN})
    assert held(orders) == {(GROUP, CONNECTION_ADMIN)}
    grant.refresh_from_db()
    assert grant.desired == Grant.Presence.ABSENT
    assert Operation.objects.count() == 1


def test_removing(olga: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, GROUP)
    make_grant(orders.resource, "user:stays@example.com")
    save(sign_in(olga), orders, reason="left", **{f"remove_{grant.pk}": "on"})
    assert held(orders) == {("user:stays@example.com", CONNECTION_USER)}
    assert AuditEvent.objects.get(action="grant.end").reason == "left"


def test_all_at_once_is_one_operation(olga: User, orders: Connection) -> None:
    gone = make_grant(orders.resource, "user:gone@example.com")
    raised = make_grant(orders.resource, "user:raised@example.com")
    changes = {f"remove_{gone.pk}": "on", f"role_{raised.pk}": CONNECTION_ADMIN}
    save(sign_in(olga), orders, principals="new@example.com", **changes)
    assert held(orders) == {
        ("user:raised@example.com", CONNECTION_ADMIN),
        ("user:new@example.com", CONNECTION_USER),
    }
    assert Operation.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "Nothing was changed."),
        ({"principals": GROUP}, "Nothing was changed."),
        ({"principals": "allUsers"}, "to everybody"),
        ({"principals": "x"}, "“x” is not an e-mail address"),
        ({"principals": "a@example.com", "role": "roles/owner"}, "not one of the available choices"),
        ({"principals": "a@example.com", "reason": "x" * 1001}, "at most 1000 characters"),
        ({"principals": "a@example.com", "remove_99999": "on"}, "Somebody changed who has access meanwhile"),
    ],
)
def test_mistakes_are_shown_and_change_nothing(
    olga: User, orders: Connection, changes: dict[str, str], message: str
) -> None:
    make_grant(orders.resource, GROUP)
    response = save(sign_in(olga), orders, **changes)
    assert response.status_code == 422
    assert message in text_of(response)
    assert held(orders) == {(GROUP, CONNECTION_USER)}
    assert not Operation.objects.exists()


def test_a_role_that_is_none_of_the_choices_is_refused_beside_its_row(olga: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, GROUP)
    response = save(sign_in(olga), orders, **{f"role_{grant.pk}": "roles/owner"})
    assert response.status_code == 422
    assert "not one of the available choices" in text_of(response)


def test_a_custom_role_stays_what_it_is(olga: User, orders: Connection) -> None:
    make_grant(orders.resource, GROUP, "projects/acme-analytics/roles/reader")
    save(sign_in(olga), orders, principals="a@example.com")
    assert (GROUP, "projects/acme-analytics/roles/reader") in held(orders)


def test_removing_and_adding_the_same_is_a_mistake(olga: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, GROUP)
    response = save(sign_in(olga), orders, principals=GROUP, **{f"remove_{grant.pk}": "on"})
    assert "is removed above and added here" in text_of(response)


def test_taking_ones_own_access_is_asked_again(olga: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, "user:olga@example.com")
    client = sign_in(olga)
    asked = save(client, orders, **{f"remove_{grant.pk}": "on"})
    assert asked.status_code == 422
    assert "You take your own access to this connection away." in text_of(asked)
    assert held(orders)
    save(client, orders, confirm="on", **{f"remove_{grant.pk}": "on"})
    assert not held(orders)


def test_the_last_administrator_is_asked_about(ada: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, GROUP, CONNECTION_ADMIN)
    client = sign_in(ada)
    asked = save(client, orders, **{f"role_{grant.pk}": CONNECTION_USER})
    assert "Nobody will have BigQuery Connection Admin" in text_of(asked)
    save(client, orders, confirm="on", **{f"role_{grant.pk}": CONNECTION_USER})
    assert held(orders) == {(GROUP, CONNECTION_USER)}


def test_handing_administration_over_needs_no_question(ada: User, orders: Connection) -> None:
    grant = make_grant(orders.resource, GROUP, CONNECTION_ADMIN)
    changes = {f"remove_{grant.pk}": "on", "principals": "new@example.com", "role": CONNECTION_ADMIN}
    assert "HX-Redirect" in save(sign_in(ada), orders, **changes).headers


def test_the_service_agents_row_explains_itself_and_stays(olga: User, orders: Connection) -> None:
    agent = make_grant(
        claims.project_resource(orders.project),
        f"serviceAccount:{AGENT}",
        "roles/alloydb.client",
        origin=Grant.Origin.SERVICE_AGENT,
        purpose=orders.full_name,
    )
    client = sign_in(olga)
    response = client.get(url(orders))
    assert "without it no query reaches the database" in text_of(response)
    assert f"remove_{agent.pk}" not in response.content.decode()
    save(client, orders, principals="a@example.com", **{f"remove_{agent.pk}": "on"})
    agent.refresh_from_db()
    assert agent.desired == Grant.Presence.PRESENT


def test_who_may_share(ada: User, olga: User, ana: User, aurel: User, orders: Connection) -> None:
    assert sign_in(ada).get(url(orders)).status_code == 200
    assert sign_in(olga).get(url(orders)).status_code == 200
    for person in (ana, aurel):
        assert sign_in(person).get(url(orders)).status_code == 403
        assert save(sign_in(person), orders, principals=f"{person.email}").status_code == 403
    assert not held(orders)


def test_the_owner_of_one_connection_may_not_share_another(olga: User, orders: Connection) -> None:
    other = make_connection(orders.project, "other")
    assert sign_in(olga).get(url(other)).status_code == 403


def test_a_project_is_not_shared_here(ada: User, orders: Connection) -> None:
    claims.project_resource(orders.project)
    assert sign_in(ada).get("/access/projects/acme-analytics/share/").status_code == 404
    assert sign_in(ada).get(url(orders).replace("orders", "none")).status_code == 404


def test_an_old_sign_in_is_asked_for_again(olga: User, orders: Connection) -> None:
    client = sign_in(olga)
    age_sign_in(client, 3600)
    assert "reauthenticate" in client.get(url(orders)).headers["Location"]
    save(client, orders, principals=GROUP)
    assert not held(orders)


def test_hostile_values_are_escaped_and_kept(olga: User, orders: Connection) -> None:
    make_grant(orders.resource, "user:<script>alert(1)</script>", "<script>alert(1)</script>")
    bad = "<script>alert(1)</script>"
    page = save(sign_in(olga), orders, principals=bad, reason=bad).content.decode()
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


def test_queries_do_not_grow_with_principals(olga: User, orders: Connection) -> None:
    client = sign_in(olga)
    client.get(url(orders))
    counts = []
    for number in range(100):
        make_grant(orders.resource, f"user:p{number}@example.com")
        if number in {0, 99}:
            with CaptureQueriesContext(database) as queries:
                client.get(url(orders))
            counts.append(len(queries))
    assert counts[0] == counts[1] <= 12, counts


def test_as_many_claims_as_a_policy_takes_can_be_sent_back(olga: User, orders: Connection) -> None:
    """Two fields for each of 1,500 claims, and the form's own."""
    fields = {"role": CONNECTION_USER} | {f"role_{number}": CONNECTION_USER for number in range(1500)}
    fields |= {f"remove_{number}": "on" for number in range(1500)}
    response = sign_in(olga).post(url(orders), fields, headers=INTO_DIALOG)
    assert response.status_code == 422
    assert "Somebody changed who has access meanwhile" in text_of(response)
