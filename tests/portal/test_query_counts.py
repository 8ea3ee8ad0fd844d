"""Pages ask the database as often for 200 rows as for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.models import AUDITOR
from portal.people import services
from tests.portal import people, things

pytestmark = pytest.mark.django_db
MANY = 200


def a_person(cast: people.Cast, number: int) -> None:
    people.person(f"p{number}@example.com", AUDITOR)


def an_invitation(cast: people.Cast, number: int) -> None:
    services.invite(f"i{number}@example.com", [], by=cast.admin)


def a_project(cast: people.Cast, number: int) -> None:
    project = things.project(f"acme-number-{number}", number=number)
    things.connection(project, cast.owner)


def an_operation(cast: people.Cast, number: int) -> None:
    things.failed_operation(by=cast.owner, target=f"projects/acme-analytics/{number}")


def an_event(cast: people.Cast, number: int) -> None:
    things.event(target="people/owner@example.com", detail={"number": number})


PAGES = [
    ("/people/", a_person),
    ("/people/", an_invitation),
    ("/projects/", a_project),
    ("/operations/?by=all", an_operation),
    ("/projects/acme-analytics/", an_operation),
    ("/audit/?q=owner", an_event),
    ("/people/{owner}/", an_event),
]


@pytest.mark.parametrize(("path", "make"), PAGES, ids=[f"{path} {make.__name__}" for path, make in PAGES])
def test_queries_do_not_grow_with_rows(
    cast: people.Cast, path: str, make: Callable[[people.Cast, int], None]
) -> None:
    things.project("acme-analytics", number=0)
    browser = people.signed_in(cast.admin)
    address = path.format(owner=cast.owner.pk)
    make(cast, 1)
    few = queries(browser, address)
    for number in range(2, MANY + 1):
        make(cast, number)
    assert queries(browser, address) == few
    assert few <= 14


def queries(browser: Client, address: str) -> int:
    browser.get(address)  # templates are compiled, the session is noted
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def test_an_export_asks_once_a_thousand_rows(cast: people.Cast) -> None:
    browser = people.signed_in(cast.auditor)
    for number in range(MANY):
        an_event(cast, number)
    with CaptureQueriesContext(connection) as captured:
        answer = browser.post("/audit/export/?action=test", {"format": "csv"})
        assert len(b"".join(answer.streaming_content).splitlines()) == MANY + 1  # type: ignore[attr-defined]
    selects = [query for query in captured if 'FROM "portal_auditevent"' in query["sql"]]
    assert len(selects) == 2
