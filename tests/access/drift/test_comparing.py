"""Differences are found both ways, once, and none that the portal made itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from access import claims, policy_writer
from access.drift import checking, comparing, deciding
from access.models import CONNECTION_ADMIN, CONNECTION_USER, Drift, Grant, Resource, SeenPolicy
from access.services import Sharing, request_share
from access.tasks import compare
from emulator.client import Control
from portal import audit, clock, schedule
from portal.models import AuditEvent, User
from tests.access.drift.conftest import EVE, at_google, differences
from tests.portal.threads import at_once
from tests.support.creation import AGENT, ALLOYDB_CLIENT, ANALYST, PROJECT, carry_out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_once_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each check looks at every policy, and looks twice without a pause."""
    settings.DRIFT_SECONDS = 0
    monkeypatch.setattr(comparing, "SECOND_LOOK_SECONDS", 0)


def long_ago(resource: Resource) -> None:
    """The portal's last write is so long ago that no read can be older."""
    Resource.objects.filter(pk=resource.pk).update(written_at=clock.now() - timedelta(hours=1))


def test_nothing_differs_after_the_portals_own_work(orders: Resource) -> None:
    assert comparing.check_due() == 2, "the connection, and its project"
    assert not Drift.objects.exists()
    assert SeenPolicy.objects.get(resource=orders).document["bindings"]
    orders.refresh_from_db()
    assert orders.compared_at


def test_both_ways_with_one_event_each(orders: Resource, outsider: Callable[..., None]) -> None:
    outsider(EVE)
    outsider(EVE, role=CONNECTION_ADMIN)
    outsider(ANALYST, "remove")
    for _ in range(3):
        comparing.check_due()
    assert differences(orders) == {("foreign", EVE, "open"), ("gone", ANALYST, "open")}
    assert orders.drifts.count() == 3
    assert AuditEvent.objects.filter(action="drift.find", actor=audit.SYSTEM).count() == 3
    assert Grant.objects.get(principal=ANALYST).observed == Grant.Presence.PRESENT, "nobody decided yet"


def test_what_was_put_right_outside_is_no_difference_any_more(
    orders: Resource, outsider: Callable[..., None]
) -> None:
    outsider(EVE)
    comparing.check_due()
    outsider(EVE, "remove")
    comparing.check_due()
    assert Drift.objects.get().state == Drift.State.RESOLVED
    assert AuditEvent.objects.filter(action="drift.end").count() == 1
    outsider(EVE)
    comparing.check_due()
    assert differences(orders) == {("foreign", EVE, "open")}


def test_the_case_of_an_address_is_no_difference(orders: Resource, outsider: Callable[..., None]) -> None:
    outsider(ANALYST, "remove")
    outsider(ANALYST.replace("analyst", "Analyst"))
    comparing.check_due()
    assert not differences(orders)


def test_what_waits_or_goes_is_no_difference(
    orders: Resource, ada: User, outsider: Callable[..., None]
) -> None:
    """A claim that is not written yet, and one that ended and is still there."""
    request_share(orders, Sharing(add=frozenset([(EVE, CONNECTION_USER)])), by=ada)
    outsider(EVE)
    granted = Grant.objects.get(principal=ANALYST)
    request_share(orders, Sharing(remove=[granted]), by=ada)
    comparing.check_due()
    assert not differences(orders)


def test_a_stale_read_is_no_difference(orders: Resource, google: Control) -> None:
    """Google shows the policy as it was before the portal's write: a second look has it."""
    google.stale("connections.getIamPolicy")
    comparing.check_due()
    assert not differences(orders)


def test_what_the_portal_writes_meanwhile_is_noted_next_time(
    orders: Resource, ada: User, google: Control
) -> None:
    read = comparing.look(orders)
    carry_out(request_share(orders, Sharing(add=frozenset([(EVE, CONNECTION_USER)])), by=ada))
    with audit.appending():
        assert comparing.note(orders, read) == 0
    assert not differences(orders)


def test_most_of_a_projects_policy_is_nobodys_business(orders: Resource, ada: User, google: Control) -> None:
    """There only what the portal took away itself and finds again is a difference, and what is gone."""
    google.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, EVE, "add")
    project = Resource.objects.get(kind=Resource.Kind.PROJECT)
    comparing.check_due()
    assert not differences(project)
    google.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, "remove")
    comparing.check_due()
    assert differences(project) == {("gone", AGENT, "open")}
    google.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, "add")
    carry_out(request_share(project, Sharing(remove=list(project.grants.all())), by=ada))
    google.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, "add")
    comparing.check_due()
    assert differences(project) == {("foreign", AGENT, "open")}


def under(hours: int) -> dict[str, str]:
    """A condition."""
    return {
        "title": f"{hours} hours",
        "expression": f"request.time < timestamp('2030-01-01T{hours:02}:00:00Z')",
    }


def test_what_stands_under_a_condition_is_a_difference_of_its_own(
    orders: Resource, ada: User, google: Control
) -> None:
    """Whoever has it without one too; the portal's claim is not gone for it, nor theirs."""
    for member, condition in ((EVE, under(1)), (EVE, under(2)), (ANALYST, under(3))):
        google.outsider(at_google(orders), CONNECTION_USER, member, condition=condition)
    for _ in range(2):
        comparing.check_due()
    assert differences(orders) == {("conditional", EVE, "open"), ("conditional", ANALYST, "open")}
    assert orders.drifts.get(principal=EVE).conditions == [under(1), under(2)]
    found = AuditEvent.objects.filter(action="drift.find")
    assert sorted(event.detail["conditions"][0]["title"] for event in found) == ["1 hours", "3 hours"]


def test_a_title_that_no_database_takes_hides_nothing(orders: Resource, google: Control) -> None:
    condition = under(1) | {"title": "a\0b"}
    google.outsider(at_google(orders), CONNECTION_USER, EVE, condition=condition)
    comparing.check_due()
    assert differences(orders) == {("conditional", EVE, "open")}
    assert orders.drifts.get().conditions == [under(1) | {"title": "a\ufffdb"}]


def test_another_condition_is_another_question(orders: Resource, ada: User, google: Control) -> None:
    google.outsider(at_google(orders), CONNECTION_USER, EVE, condition=under(1))
    comparing.check_due()
    row = orders.drifts.get()
    until = clock.now() + timedelta(days=9)
    deciding.decide(orders, [row.pk], deciding.Decision(deciding.IGNORE, "Theirs", until), by=ada)
    comparing.check_due()
    assert differences(orders) == {("conditional", EVE, "ignored")}
    google.outsider(at_google(orders), CONNECTION_USER, EVE, condition=under(2))
    comparing.check_due()
    row.refresh_from_db()
    assert (row.state, row.ignored_until, row.conditions) == ("open", None, [under(1), under(2)])
    last = AuditEvent.objects.filter(action="drift.find").order_by("position").last()
    assert last is not None
    assert last.reason == "Its condition was changed."


def test_what_the_portal_took_away_and_comes_back_under_a_condition(
    orders: Resource, ada: User, google: Control
) -> None:
    project = Resource.objects.get(kind=Resource.Kind.PROJECT)
    name = f"projects/{PROJECT}"
    for member in (AGENT, EVE):
        google.outsider(name, ALLOYDB_CLIENT, member, condition=under(1))
    comparing.check_due()
    assert not differences(project), "the rest of a project's policy is nobody's business"
    carry_out(request_share(project, Sharing(remove=list(project.grants.all())), by=ada))
    comparing.check_due()
    assert differences(project) == {("conditional", AGENT, "open")}


def test_none_gets_older_than_it_may(orders: Resource, settings: Settings) -> None:
    """The schedule runs four times in that time: what was compared three runs ago is due."""
    settings.DRIFT_SECONDS = 60
    assert comparing.check_due() == 2
    assert comparing.check_due() == 0
    Resource.objects.filter(pk=orders.pk).update(compared_at=clock.now() - timedelta(seconds=30))
    assert comparing.check_due() == 0
    Resource.objects.filter(pk=orders.pk).update(compared_at=clock.now() - timedelta(seconds=45))
    assert comparing.check_due() == 1


def test_many_are_spread_over_the_runs(
    orders: Resource, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DRIFT_SECONDS = 60
    monkeypatch.setattr(comparing, "FEW", 1)
    key = orders.full_name.rpartition("/")[0]
    Resource.objects.bulk_create(
        Resource(kind=orders.kind, full_name=f"{key}/gone{number}", project_id=PROJECT) for number in range(5)
    )
    asked = []
    for _ in range(comparing.RUNS):
        comparing.check_due()
        asked.append(Resource.objects.filter(compared_at__isnull=False).count())
    assert asked == [3, 6, 7]
    assert Resource.objects.count() == 7
    assert comparing.check_due() == 0


def test_the_schedule_asks_often_enough() -> None:
    every = schedule.of(sweep=3, checkpoint=300, refresh=600, drift=60)["compare policies with the claims"]
    assert every["schedule"] + comparing.DUE * 60 <= 60
    assert (comparing.RUNS + 1) * every["schedule"] <= 60
    often = schedule.of(sweep=3, checkpoint=300, refresh=600, drift=0)["compare policies with the claims"]
    assert often["schedule"] == 5


def test_two_checks_at_once_find_it_once(orders: Resource, outsider: Callable[..., None]) -> None:
    outsider(EVE)
    at_once(3, lambda _: comparing.check_due())
    assert AuditEvent.objects.filter(action="drift.find").count() == 1
    assert audit.verify().holds


def test_a_policy_that_cannot_be_read_is_looked_at_next_time(
    orders: Resource, google: Control, outsider: Callable[..., None]
) -> None:
    outsider(EVE)
    google.fault("connections.getIamPolicy", status=403, message="Denied.")
    comparing.check_due()
    assert not differences(orders)
    comparing.check_due()
    assert differences(orders)


def test_a_person_asks_for_it(orders: Resource, ada: User, outsider: Callable[..., None]) -> None:
    outsider(EVE)
    operation = checking.request_check(orders, by=ada)
    compare(str(operation.pk))
    operation.refresh_from_db()
    assert operation.state == "succeeded"
    assert operation.steps.get().message == "1 difference."


def test_what_was_released_is_foreign(
    orders: Resource, ada: User, google: Control, outsider: Callable[..., None]
) -> None:
    """It was there before the portal claimed it, and stays when the claim ends."""
    outsider(EVE)
    carry_out(request_share(orders, Sharing(add=frozenset([(EVE, CONNECTION_USER)])), by=ada))
    comparing.check_due()
    assert not differences(orders)
    carry_out(request_share(orders, Sharing(remove=claims.live(orders).filter(principal=EVE)), by=ada))
    long_ago(orders)
    comparing.check_due()
    assert differences(orders) == {("foreign", EVE, "open")}
    assert policy_writer.read_policy(orders).has(CONNECTION_USER, EVE)
