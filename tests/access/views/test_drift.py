"""The pages of differences: who sees them, deciding about chosen ones, comparing now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import claims
from access.models import CONNECTION_USER, AccessRequest, Drift, Grant
from connections.models import Connection
from portal import clock
from portal.models import Operation, Project, User
from tests.access.requests.asked import ask, decide
from tests.support.factories import make_connection, make_grant
from tests.support.pages import sign_in, text_of

EVE = "user:eve@example.com"
ANN = "user:ann@example.com"


@pytest.fixture
def orders(project: Project, olga: User) -> Connection:
    """A connection that Olga owns."""
    return make_connection(project, owners=(olga,))


@pytest.fixture
def foreign(orders: Connection) -> Drift:
    """Eve was added outside."""
    return make_drift(orders, EVE, Drift.Kind.FOREIGN)


@pytest.fixture
def gone(orders: Connection) -> Drift:
    """Ann was removed outside."""
    make_grant(orders.resource, ANN)
    return make_drift(orders, ANN, Drift.Kind.GONE)


def make_drift(connection: Connection, principal: str, kind: Drift.Kind) -> Drift:
    now = clock.now()
    return Drift.objects.create(
        resource=connection.resource,
        kind=kind,
        role=CONNECTION_USER,
        principal=principal,
        found_at=now,
        seen_at=now,
    )


def grant_page(request: AccessRequest) -> str:
    """The address of what a request gave."""
    return f"/access/grants/{request.grants.get().pk}/"


def url(connection: Connection, act: str = "") -> str:
    return f"/access/outside/{connection.resource.pk}/{act}"


def decision(*chosen: Drift, **changes: str) -> dict[str, object]:
    return {"drift": [row.pk for row in chosen], "verdict": "adopt", "reason": "It is right.", **changes}


def test_owners_and_overseers_find_it(
    ada: User, olga: User, aurel: User, ana: User, orders: Connection, foreign: Drift, gone: Drift
) -> None:
    for person in (ada, olga, aurel):
        assert "orders" in text_of(sign_in(person).get("/access/outside/"))
        page = text_of(sign_in(person).get(url(orders)))
        assert "There, but not the portal's" in page
        assert "The portal's, but gone" in page
    assert "Nothing differs" in text_of(sign_in(ana).get("/access/outside/"))
    assert sign_in(ana).get(url(orders)).status_code == 404
    assert sign_in(ana).post(url(orders, "decide/"), decision(foreign)).status_code == 404


def test_where_nothing_differs_the_page_does_not_say_that_it_was_changed(
    olga: User, orders: Connection
) -> None:
    text = text_of(sign_in(olga).get(url(orders)))
    assert "Was access to orders changed outside?" in text
    assert "Nothing differs" in text


def test_a_connections_page_tells_of_its_own_differences_only(
    ada: User, project: Project, orders: Connection, foreign: Drift
) -> None:
    client, other = sign_in(ada), make_connection(project, "other")
    assert "changed outside the portal" not in text_of(client.get(other.get_absolute_url()))
    page = client.get(orders.get_absolute_url())
    assert "1 difference between Google and the portal waits" in text_of(page)
    assert f'<p><a href="{url(orders)}">1 difference' in page.content.decode()


def test_an_alarm_leads_there(olga: User, ana: User, orders: Connection, foreign: Drift) -> None:
    assert "1 difference between Google and the portal waits" in text_of(sign_in(olga).get("/connections/"))
    assert "changed outside the portal" not in text_of(sign_in(ana).get("/connections/"))


def test_adopting_needs_no_worker(olga: User, orders: Connection, foreign: Drift) -> None:
    answer = sign_in(olga).post(url(orders, "decide/"), decision(foreign))
    assert answer.headers["Location"] == url(orders)
    assert Grant.objects.get(principal=EVE).origin == "imported"
    assert not Operation.objects.exists()


@pytest.mark.parametrize("verdict", ["revoke", "restore"])
def test_what_changes_google_leads_to_the_operation(
    olga: User, orders: Connection, gone: Drift, verdict: str
) -> None:
    answer = sign_in(olga).post(url(orders, "decide/"), decision(gone, verdict=verdict))
    assert answer.headers["Location"] == Operation.objects.get().get_absolute_url()


def test_ignoring_until_the_end_of_a_day(olga: User, orders: Connection, foreign: Drift) -> None:
    day = clock.now().date() + timedelta(days=10)
    sign_in(olga).post(url(orders, "decide/"), decision(foreign, verdict="ignore", until=day.isoformat()))
    foreign.refresh_from_db()
    assert foreign.state == "ignored"
    assert foreign.ignored_until
    assert foreign.ignored_until.date() == day
    assert "until" in text_of(sign_in(olga).get(url(orders)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"drift": []}, "Choose at least one difference."),
        ({"drift": ["99999"]}, "Somebody decided about these meanwhile."),
        ({"reason": ""}, "This needs an answer."),
        ({"verdict": "ignore"}, "Until when?"),
        ({"verdict": "ignore", "until": "2020-01-01"}, "Name a day from today on"),
        ({"verdict": "ignore", "until": "9999-12-31"}, "Name a day from today on"),
        ({"verdict": "restore"}, "Not for what was not given by the portal"),
        ({"verdict": "explode"}, "not one of the available choices"),
    ],
)
def test_mistakes_decide_nothing(
    olga: User, orders: Connection, foreign: Drift, changes: dict[str, str], said: str
) -> None:
    answer = sign_in(olga).post(url(orders, "decide/"), decision(foreign, **changes))
    assert answer.status_code == 422
    assert said in text_of(answer)
    foreign.refresh_from_db()
    assert foreign.state == "open"


def test_an_auditor_sees_and_does_not_decide(aurel: User, orders: Connection, foreign: Drift) -> None:
    page = sign_in(aurel).get(url(orders)).content.decode()
    assert 'name="verdict"' not in page
    assert sign_in(aurel).post(url(orders, "decide/"), decision(foreign)).status_code == 403
    assert sign_in(aurel).post(url(orders, "compare/")).status_code == 403


def test_comparing_now(olga: User, orders: Connection) -> None:
    answer = sign_in(olga).post(url(orders, "compare/"))
    operation = Operation.objects.get()
    assert (operation.task, answer.headers["Location"]) == ("access.compare", operation.get_absolute_url())


@pytest.mark.parametrize("verdict", ["adopt", "revoke", "restore"])
def test_what_is_under_a_condition_can_only_be_ignored(olga: User, orders: Connection, verdict: str) -> None:
    row = make_drift(orders, EVE, Drift.Kind.CONDITIONAL)
    row.conditions = [{"title": "Until March", "expression": "request.time < timestamp('2030-03-01')"}]
    row.save()
    page = text_of(sign_in(olga).get(url(orders)))
    shown = "".join(page.split())  # wherever its lines may break
    assert "ThereunderaconditionUntilMarch:request.time<timestamp('2030-03-01')" in shown
    assert "it can neither adopt such a binding nor take it away" in page
    answer = sign_in(olga).post(url(orders, "decide/"), decision(row, verdict=verdict))
    assert answer.status_code == 422
    assert "Not for what is there under a condition, which the portal can only ignore" in text_of(answer)
    day = (clock.now().date() + timedelta(days=10)).isoformat()
    sign_in(olga).post(url(orders, "decide/"), decision(row, verdict="ignore", until=day))
    row.refresh_from_db()
    assert row.state == "ignored"


def test_what_is_gone_is_said_where_it_is_shown(
    ada: User, olga: User, ana: User, orders: Connection, project: Project
) -> None:
    request = decide(ask(orders.resource, ana), olga)
    request.grants.update(observed="present")
    agent = claims.project_resource(project)
    make_grant(agent, ANN, origin=Grant.Origin.SERVICE_AGENT, purpose=orders.full_name)
    places = {
        olga: [orders.get_absolute_url(), request.get_absolute_url(), grant_page(request)],
        ana: [orders.get_absolute_url(), request.get_absolute_url(), grant_page(request), "/access/"],
    }
    lists = {olga: "/access/queue/?show=all", ana: "/access/requests/"}
    for person, page in lists.items():
        assert " Active " in text_of(sign_in(person).get(page)), page
    for person, pages in places.items():
        for page in pages:
            assert "Gone at Google" not in text_of(sign_in(person).get(page)), page
    make_drift(orders, "user:ana@example.com", Drift.Kind.GONE)
    for person, pages in places.items():
        for page in pages:
            answer = sign_in(person).get(page)
            assert "Gone at Google" in text_of(answer), page
            assert (f'href="{url(orders)}"' in answer.content.decode()) is (person == olga), page
    for person, page in lists.items():
        listed = text_of(sign_in(person).get(page))
        assert "Gone at Google" in listed, page
        assert " Active " not in listed, page
    assert "Gone at Google" in text_of(sign_in(ana).get("/connections/"))
    assert "Gone at Google" in text_of(sign_in(olga).get(f"/access/{orders.full_name}/share/"))
    told = text_of(sign_in(ana).get(request.get_absolute_url()))
    assert "The portal found it gone at Google" in told


def test_a_service_agent_that_lost_its_role(
    ada: User, olga: User, orders: Connection, project: Project
) -> None:
    agent = claims.project_resource(project)
    make_grant(agent, ANN, origin=Grant.Origin.SERVICE_AGENT, purpose=orders.full_name)
    found = make_drift(orders, ANN, Drift.Kind.GONE)
    Drift.objects.filter(pk=found.pk).update(resource=agent)
    for person, may_see in ((ada, True), (olga, False)):
        answer = sign_in(person).get(orders.get_absolute_url())
        assert "Gone at Google" in text_of(answer)
        assert (f"/access/outside/{agent.pk}/" in answer.content.decode()) is may_see


def test_who_owns_what_they_lost_decides_from_their_own_page(olga: User, orders: Connection) -> None:
    make_grant(orders.resource, "user:olga@example.com")
    found = make_drift(orders, "user:olga@example.com", Drift.Kind.GONE)
    answer = sign_in(olga).get("/access/")
    assert "Decide whether to restore it" in text_of(answer)
    assert f'href="{url(orders)}"' in answer.content.decode()
    Drift.objects.filter(pk=found.pk).update(state=Drift.State.RESOLVED)
    assert "Gone at Google" not in text_of(sign_in(olga).get("/access/"))
