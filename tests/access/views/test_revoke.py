"""Revoking one grant or many from a connection's page."""

from __future__ import annotations

import pytest

from access.models import CONNECTION_USER, Grant
from connections.models import Connection
from portal.models import AuditEvent, Operation, Project, User
from tests.support.factories import make_connection, make_grant
from tests.support.pages import INTO_DIALOG, sign_in, text_of


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, owners=(olga,))


@pytest.fixture
def grants(orders: Connection) -> list[Grant]:
    """Three people have access."""
    return [make_grant(orders.resource, f"user:p{number}@example.com") for number in range(3)]


def url(connection: Connection) -> str:
    return f"/access/{connection.full_name}/revoke/"


def test_the_connections_page_leads_there(olga: User, orders: Connection, grants: list[Grant]) -> None:
    page = sign_in(olga).get(orders.get_absolute_url()).content.decode()
    assert f'action="{url(orders)}"' in page
    assert page.count('name="grant"') == 3


def test_the_chosen_are_marked(olga: User, orders: Connection, grants: list[Grant]) -> None:
    page = sign_in(olga).get(url(orders), {"grant": [grants[0].pk, grants[2].pk]}, headers=INTO_DIALOG)
    assert page.content.decode().count("checked") == 2


def test_one_and_many_in_one_operation(olga: User, orders: Connection, grants: list[Grant]) -> None:
    chosen = [grants[0].pk, grants[1].pk]
    answer = sign_in(olga).post(url(orders), {"grant": chosen, "reason": "Done"}, headers=INTO_DIALOG)
    assert answer.headers["HX-Redirect"] == Operation.objects.get().get_absolute_url()
    assert Grant.objects.get(desired=Grant.Presence.PRESENT) == grants[2]
    ends = AuditEvent.objects.filter(action="grant.end", reason="Done", actor="olga@example.com")
    assert ends.count() == 2


@pytest.mark.parametrize(
    ("chosen", "said"), [([], "Choose at least one grant."), (["99999"], "Somebody changed who has access")]
)
def test_mistakes_revoke_nothing(
    olga: User, orders: Connection, grants: list[Grant], chosen: list[str], said: str
) -> None:
    answer = sign_in(olga).post(url(orders), {"grant": chosen, "reason": ""})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Operation.objects.exists()


def test_a_grant_of_another_connection_is_not_revoked_here(
    olga: User, project: Project, orders: Connection, grants: list[Grant]
) -> None:
    other = make_connection(project, "other")
    theirs = make_grant(other.resource, "user:x@example.com", CONNECTION_USER)
    answer = sign_in(olga).post(url(orders), {"grant": [theirs.pk], "reason": ""})
    assert answer.status_code == 422
    theirs.refresh_from_db()
    assert theirs.desired == Grant.Presence.PRESENT


def test_who_only_uses_it_may_not(ana: User, orders: Connection, grants: list[Grant]) -> None:
    assert sign_in(ana).post(url(orders), {"grant": [grants[0].pk]}).status_code == 403
    page = sign_in(ana).get(orders.get_absolute_url()).content.decode()
    assert 'name="grant"' not in page
