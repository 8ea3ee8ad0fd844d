"""A leaver: everything that a principal has anywhere is listed, and taken back at once."""

from __future__ import annotations

import pytest

from access import leaving
from access.models import CONNECTION_ADMIN, AccessRequest, Grant
from connections.models import Connection
from portal.models import AuditEvent, Operation, Project, User
from tests.portal import things
from tests.support.cast import ada, ana, olga, project, quick
from tests.support.factories import make_connection, make_grant, make_resource
from tests.support.pages import sign_in, text_of
from tests.support.plans import only_sqlite, plans

__all__ = ["ada", "ana", "olga", "project", "quick"]
ANA = "user:ana@example.com"
PAGE = "/access/leaver/?principal=ana@example.com"
pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, owners=(olga,))


@pytest.fixture
def sales(project: Project, ana: User) -> Connection:
    """A connection that Ana owns."""
    return make_connection(project, "sales", owners=(ana,))


@pytest.fixture
def everything(orders: Connection, sales: Connection, ana: User) -> None:
    """What Ana has: a request under way, three grants on two connections; others have some too."""
    things.access_request(orders.resource, by=ana)
    make_grant(orders.resource, ANA)
    make_grant(orders.resource, "user:Ana@Example.com", CONNECTION_ADMIN, origin=Grant.Origin.IMPORTED)
    make_grant(sales.resource, ANA, seen=False)
    make_grant(sales.resource, "user:somebody@example.com")
    make_grant(orders.resource, "user:diana@example.com")
    make_grant(orders.resource, ANA, "roles/x", desired=Grant.Presence.ABSENT, observed=Grant.Presence.ABSENT)


def test_everything_is_listed(ada: User, everything: None) -> None:
    text = text_of(sign_in(ada).get(PAGE))
    assert "Grants 3" in text
    assert "Requests under way 1" in text
    assert "Owner of: sales" in text
    assert "Their account here can still sign in" in text
    assert "somebody@example.com" not in text
    assert "diana@example.com" not in text


def test_it_is_all_taken_back_with_a_reason(ada: User, everything: None) -> None:
    browser = sign_in(ada)
    answer = browser.post(PAGE, {"reason": "Left the company", "confirm": ANA}, follow=True)
    held = Grant.objects.filter(desired=Grant.Presence.PRESENT).values_list("principal", flat=True)
    assert set(held) == {"user:somebody@example.com", "user:diana@example.com"}
    assert Operation.objects.filter(task="access.share").count() == 2, "one a policy"
    assert AccessRequest.objects.get().state == AccessRequest.State.WITHDRAWN
    ends = AuditEvent.objects.filter(action="grant.end")
    assert set(ends.values_list("reason", "actor")) == {("Left the company", "ada@example.com")}
    assert ends.count() == 3
    assert AuditEvent.objects.get(action="principal.leave").detail["principal"] == ANA
    text = text_of(answer)
    assert "Everything is being taken back: 2 operations." in text
    assert "Being taken back 3" in text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"reason": "", "confirm": ANA}, "This needs an answer."),
        ({"reason": "Left", "confirm": "user:olga@example.com"}, "to confirm."),
        ({"reason": "Left", "confirm": ""}, f"Type {ANA} to confirm."),
    ],
)
def test_without_reason_or_confirmation_nothing_happens(
    ada: User, everything: None, typed: dict[str, str], said: str
) -> None:
    answer = sign_in(ada).post(PAGE, typed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not AuditEvent.objects.filter(action="grant.end").exists()


def test_what_connections_need_is_shown_and_stays(ada: User, orders: Connection) -> None:
    agent = "serviceAccount:agent@p.iam.gserviceaccount.com"
    project = make_resource("projects/acme-analytics", kind="project")
    make_grant(project, agent, "roles/alloydb.client", origin=Grant.Origin.SERVICE_AGENT)
    make_grant(orders.resource, agent)
    leaving.take_back_all(agent, by=ada, reason="Replaced")
    held = Grant.objects.get(desired=Grant.Presence.PRESENT)
    assert held.origin == "service_agent"
    assert "Connections need these" in text_of(sign_in(ada).get(f"/access/leaver/?principal={agent}"))


def test_nothing_to_take_back_is_said(ada: User, db: None) -> None:
    with pytest.raises(ValueError, match="has nothing any more"):
        leaving.take_back_all(ANA, by=ada, reason="Left")
    assert "has nothing by its own name" in text_of(sign_in(ada).get(PAGE))


def test_the_first_page_asks_whose(ada: User) -> None:
    assert "Whose access?" in text_of(sign_in(ada).get("/access/leaver/"))
    answer = sign_in(ada).get("/access/leaver/?principal=x")
    assert answer.status_code == 422
    assert "is not an e-mail address" in text_of(answer)


@only_sqlite
def test_what_somebody_has_is_found_by_an_index() -> None:
    with plans() as lines:
        assert not leaving.belongings("user:Nobody@example.com")
    assert not [line for line in lines if line.startswith("SCAN access_grant")]
    assert sum("grant_of_upper_principal" in line for line in lines) == 2
    assert any("request_of_upper_principal" in line for line in lines)
