"""The first page tells each person what is theirs: to decide, to use, to see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from access.models import Drift, Grant, Review
from connections.models import Connection
from portal import clock
from portal.models import Operation, Project, User
from tests.portal import things
from tests.support.factories import make_connection, make_grant
from tests.support.pages import sign_in, text_of


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga answers for."""
    return make_connection(project, owners=(olga,))


def shown(user: User) -> str:
    return text_of(sign_in(user).get("/"))


def test_an_owner_finds_what_waits_for_her_and_its_asker_that_it_waits(
    orders: Connection, ana: User, olga: User
) -> None:
    asked = things.access_request(orders.resource, by=ana)
    for user, heading in ((olga, "Waits for you"), (ana, "Your access")):
        answer = sign_in(user).get("/")
        assert "orders : BigQuery Connection User" in text_of(answer).partition(heading)[2]
        assert asked.get_absolute_url() in answer.content.decode()
    assert "ana@example.com asked" in shown(olga)
    assert "Requested" in shown(ana)
    assert "Nothing. Requests that you may decide" in shown(ana)


def test_the_longest_wait_comes_first_and_the_number_says_how_many_there_are(
    project: Project, ana: User, olga: User
) -> None:
    for number in range(7):
        things.access_request(make_connection(project, f"c{number}", owners=(olga,)).resource, by=ana)
    page = sign_in(olga).get("/").context["overview"]
    assert [one.resource.title for one in page.waiting.rows] == ["c0", "c1", "c2", "c3", "c4"]
    assert page.waiting.figure == "7"
    assert page.asked.figure == "0"


def test_what_i_hold_stands_with_its_end_the_nearest_first(
    project: Project, orders: Connection, ana: User, aurel: User
) -> None:
    other = make_connection(project, "billing")
    mine, now = "user:ana@example.com", clock.now()
    make_grant(other.resource, mine)
    make_grant(orders.resource, mine, expires_at=now + timedelta(days=3))
    make_grant(orders.resource, mine, "roles/bigquery.connectionAdmin", desired=Grant.Presence.ABSENT)
    page = sign_in(ana).get("/")
    assert [grant.resource.title for grant in page.context["overview"].held.rows] == ["orders", "billing"]
    assert "1 within 14 days of the end" in text_of(page)
    assert "ends in 3 days" in text_of(page)
    assert "without an end" in text_of(page)
    assert "None of your own yet" in shown(aurel)


def test_what_is_gone_at_google_is_not_shown_as_held(orders: Connection, ana: User) -> None:
    grant = make_grant(orders.resource, ana.member)
    same = {"resource": orders.resource, "principal": grant.principal, "role": grant.role}
    Drift.objects.create(kind=Drift.Kind.GONE, found_at=clock.now(), seen_at=clock.now(), **same)
    assert "Gone at Google" in shown(ana)
    assert "Active" not in shown(ana)


def test_reviews_wait_for_owners_and_where_there_is_none_for_administrators(
    project: Project, orders: Connection, olga: User, ada: User, aurel: User
) -> None:
    nobodys = make_connection(project, "nobodys")
    of_orders, of_nobodys = things.review(orders.resource), things.review(nobodys.resource)
    done = things.review(make_connection(project, "done", owners=(olga,)).resource)
    Review.objects.filter(pk=done.pk).update(state=Review.State.DONE)

    def reviews(user: User) -> list[Review]:
        rows: list[Review] = sign_in(user).get("/").context["overview"].reviews.rows
        return rows

    assert reviews(olga) == [of_orders]
    assert reviews(ada) == [of_nobodys]
    assert reviews(aurel) == []


def test_operations_are_ones_own_and_for_overseers_everybodys(
    orders: Connection, ana: User, ada: User, aurel: User
) -> None:
    things.operation(by=ana, title="Test connection orders")
    things.operation(by=ada, title="Create connection orders")
    things.operation(by="portal", title="Look for differences")
    for user, titles in (
        (ana, {"Test connection orders"}),
        (ada, {"Test connection orders", "Create connection orders"}),
        (aurel, {"Test connection orders", "Create connection orders"}),
    ):
        operations: list[Operation] = sign_in(user).get("/").context["operations"]
        assert {operation.title for operation in operations} == titles


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": Connection.State.FAILED}, "1 failed"),
        ({"drift": Connection.Drift.GONE}, "1 changed outside"),
        ({"state": Connection.State.DELETED}, "to find and to use"),
    ],
)
def test_connections_that_need_somebody_stand_out(
    project: Project, orders: Connection, ana: User, values: dict[str, Any], said: str
) -> None:
    make_connection(project, "other", **values)
    assert said in shown(ana)


def test_an_administrator_who_begins_is_led_to_the_first_step(ada: User, ana: User) -> None:
    assert "Register a project first" in shown(ada)
    assert "Register a project" not in shown(ana)


def test_with_a_project_the_first_step_is_a_connection(project: Project, ada: User) -> None:
    assert "Make the first connection" in shown(ada)


def test_the_page_asks_as_often_for_many_as_for_few(project: Project, ana: User, ada: User) -> None:
    counts = []
    for round_of in (2, 9):
        for number in range(round_of):
            connection = make_connection(project, f"c{round_of}_{number}", owners=(ada,))
            things.access_request(connection.resource, by=ana)
            make_grant(connection.resource, "user:ada@example.com")
            things.review(connection.resource)
        client = sign_in(ada)
        client.get("/access/")  # the visit is noted in the session
        with CaptureQueriesContext(database) as captured:
            assert client.get("/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] < 12
