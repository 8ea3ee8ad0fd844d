"""Break glass: at once, with a reason, for a short time; owners and administrators are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import glass
from access.models import CONNECTION_USER, Grant
from connections.models import Connection
from portal import clock
from portal.models import ADMINISTRATOR, AuditEvent, Delivery, Operation, Project, User
from tests.support.cast import ada, olga, project, quick
from tests.support.factories import make_connection, make_person
from tests.support.pages import INTO_DIALOG, sign_in, text_of

__all__ = ["ada", "olga", "project", "quick"]
ADA = "user:ada@example.com"
pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, owners=(olga,))


def url(connection: Connection) -> str:
    return f"/access/{connection.full_name}/break-glass/"


def fields(**changes: str) -> dict[str, str]:
    return {
        "principal": "ada@example.com",
        "role": CONNECTION_USER,
        "hours": "2",
        "reason": "Orders are down.",
    } | changes


def test_it_is_given_at_once_for_hours_and_everybody_is_told(ada: User, orders: Connection) -> None:
    make_person("second@example.com", ADMINISTRATOR)
    answer = sign_in(ada).post(url(orders), fields(), headers=INTO_DIALOG)
    operation = Operation.objects.get()
    assert answer.headers["HX-Redirect"] == operation.get_absolute_url()
    grant = Grant.objects.get()
    assert (grant.origin, grant.principal, grant.reason) == ("break_glass", ADA, "Orders are down.")
    assert grant.expires_at
    assert timedelta(minutes=119) < grant.expires_at - clock.now() <= timedelta(hours=2)
    told = Delivery.objects.filter(notice__kind="break_glass").values_list("person__email", flat=True)
    assert set(told) == {"ada@example.com", "olga@example.com", "second@example.com"}
    event = AuditEvent.objects.get(action="grant.break_glass")
    assert (event.actor, event.reason) == ("ada@example.com", "Orders are down.")
    assert event.detail["grant"] == grant.pk


def test_it_stands_out_in_the_audit_trail(ada: User, orders: Connection) -> None:
    browser = sign_in(ada)
    browser.post(url(orders), fields())
    assert 'class="row-danger"' in browser.get("/audit/").content.decode()
    event = AuditEvent.objects.get(action="grant.break_glass")
    assert "Emergency access" in text_of(browser.get(event.get_absolute_url()))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": ""}, "This needs an answer."),
        ({"reason": "urgent"}, "at least 10 characters"),
        ({"reason": " " * 20}, "This needs an answer."),
        ({"hours": "9"}, "not one of the available choices"),
        ({"hours": "-1"}, "not one of the available choices"),
        ({"principal": "allUsers"}, "to everybody"),
        ({"principal": "a@example.com b@example.com"}, "Name one principal only."),
        ({"principal": ""}, "Principal is missing."),
    ],
)
def test_mistakes_give_nothing(ada: User, orders: Connection, changes: dict[str, str], said: str) -> None:
    answer = sign_in(ada).post(url(orders), fields(**changes))
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Grant.objects.exists()


def test_the_same_is_not_given_twice(ada: User, orders: Connection) -> None:
    browser = sign_in(ada)
    browser.post(url(orders), fields())
    answer = browser.post(url(orders), fields(hours="8"))
    assert "has emergency access with this role already" in text_of(answer)
    assert Grant.objects.count() == 1


@pytest.mark.parametrize(
    "duration", [timedelta(0), timedelta(hours=-1), glass.LONGEST + timedelta(seconds=1)]
)
def test_the_service_itself_knows_the_longest_time(
    ada: User, orders: Connection, duration: timedelta
) -> None:
    with pytest.raises(ValueError, match="8 hours at most"):
        glass.request_break_glass(
            orders.resource, ADA, CONNECTION_USER, duration=duration, reason="Down.", by=ada
        )
    with pytest.raises(ValueError, match="Say why"):
        glass.request_break_glass(
            orders.resource, ADA, CONNECTION_USER, duration=timedelta(hours=1), reason=" ", by=ada
        )


def test_only_administrators_may(olga: User, orders: Connection) -> None:
    assert sign_in(olga).get(url(orders)).status_code == 403
    assert sign_in(olga).post(url(orders), fields()).status_code == 403
    assert not Grant.objects.exists()
