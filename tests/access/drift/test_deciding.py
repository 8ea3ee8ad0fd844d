"""Adopt, revoke, restore, ignore: each does what it says, by an explicit act, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import groupby

import pytest
from pytest_django.fixtures import Settings

from access import holdings
from access.drift import comparing, deciding
from access.drift.deciding import ADOPT, IGNORE, RESTORE, REVOKE, Decision, OvertakenError
from access.models import CONNECTION_USER, Drift, Grant, Holding, Resource
from access.services import Sharing, request_share
from emulator.client import Control
from portal import audit, clock
from portal.models import AuditEvent, AuditHead, Operation, User
from tests.access.drift.conftest import EVE, differences, members
from tests.portal.threads import at_once
from tests.support.creation import ANALYST, carry_out

pytestmark = pytest.mark.django_db(transaction=True)
RESTORED, ACTIVE = "drift.restore", "grant.activate"


@pytest.fixture
def differing(
    orders: Resource, outsider: Callable[..., None], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Resource:
    """Eve was added outside, the analyst was removed outside."""
    settings.DRIFT_SECONDS = 0
    monkeypatch.setattr(comparing, "SECOND_LOOK_SECONDS", 0)
    outsider(EVE)
    outsider(ANALYST, "remove")
    comparing.check_due()
    return orders


def decide(resource: Resource, principal: str, verdict: str, by: User, **more: object) -> Operation | None:
    """Decide about one principal's difference; carry out what comes of it."""
    row = resource.drifts.exclude(state=Drift.State.RESOLVED).get(principal=principal)
    decision = Decision(verdict, "because", **more)  # type: ignore[arg-type]
    operation = deciding.decide(resource, [row.pk], decision, by=by)
    if operation:
        carry_out(operation)
        assert operation.state == Operation.State.SUCCEEDED, operation.error
    return operation


def test_adopted_it_is_a_grant_like_others(differing: Resource, ada: User, google: Control) -> None:
    writes = len(google.calls("connections.setIamPolicy"))
    assert decide(differing, EVE, ADOPT, ada) is None
    grant = Grant.objects.get(principal=EVE)
    assert (grant.origin, grant.status, grant.reason) == ("imported", "active", "because")
    assert len(google.calls("connections.setIamPolicy")) == writes
    assert ("foreign", EVE, "open") not in differences(differing)
    carry_out(request_share(differing, Sharing(remove=[grant]), by=ada))
    assert EVE not in members(google, differing)


def test_a_foreign_binding_is_taken_away_by_an_explicit_act(
    differing: Resource, ada: User, google: Control
) -> None:
    decide(differing, EVE, REVOKE, ada)
    assert EVE not in members(google, differing)
    assert Grant.objects.get(principal=EVE).status == "revoked"
    comparing.check_due()
    assert differences(differing) == {("gone", ANALYST, "open")}
    event = AuditEvent.objects.get(action="drift.revoke")
    assert (event.actor, event.reason, event.detail["principal"]) == (str(ada), "because", EVE)


def test_restored_it_is_there_again(differing: Resource, ada: User, google: Control) -> None:
    decide(differing, ANALYST, RESTORE, ada)
    assert ANALYST in members(google, differing)
    assert Grant.objects.get(principal=ANALYST).status == "active"
    assert Grant.objects.filter(principal=ANALYST).count() == 1
    comparing.check_due()
    assert differences(differing) == {("foreign", EVE, "open")}


def told(holding: Holding) -> list[str]:
    """What the trail says of it after each of its events, without repeats."""
    words = [holding.status_at(position) for position in range(AuditHead.objects.get().size + 1)]
    return [word for word, _ in groupby(words)]


def test_the_trail_tells_from_when_until_when_it_was_gone(
    differing: Resource, ada: User, outsider: Callable[..., None]
) -> None:
    held = Holding.objects.get(principal=ANALYST)
    assert told(held) == ["pending", "active", "gone"]
    found = AuditEvent.objects.get(action="drift.find", detail__principal=ANALYST)
    head = AuditHead.objects.get().size
    assert held.gone_since(head) == found.time
    assert held.gone_since(found.position - 1) is None
    decide(differing, ANALYST, IGNORE, ada, until=clock.now() + timedelta(days=3))
    held.refresh_from_db()
    assert told(held)[-1] == "gone", "to be left alone is not to be there"
    decide(differing, ANALYST, RESTORE, ada)
    held.refresh_from_db()
    assert told(held) == ["pending", "active", "gone", "active"]
    restored, shown = (AuditEvent.objects.filter(action=a).latest("position") for a in (RESTORED, ACTIVE))
    assert held.status_at(restored.position) == "gone", "until Google was seen to have it"
    assert held.status_at(shown.position) == "active"
    outsider(ANALYST, "remove")
    comparing.check_due()
    outsider(ANALYST)
    comparing.check_due()
    held.refresh_from_db()
    assert told(held) == ["pending", "active", "gone", "active", "gone", "active"]
    assert Holding.objects.filter(principal=ANALYST).count() == 1, "the claim held all the while"
    assert {one.principal for one in Holding.objects.exclude(absences=[])} == {ANALYST}
    assert holdings.differences() == 0, "read from the trail again it is the same"


def test_what_is_gone_and_revoked_is_the_portals_no_more(
    differing: Resource, ada: User, google: Control
) -> None:
    decide(differing, ANALYST, REVOKE, ada)
    assert told(Holding.objects.get(principal=ANALYST)) == ["pending", "active", "gone", "revoked"]
    assert Grant.objects.get(principal=ANALYST).status == "revoked"
    assert ANALYST not in members(google, differing)
    comparing.check_due()
    assert differences(differing) == {("foreign", EVE, "open")}


def test_ignored_until_a_day_and_then_open_again(differing: Resource, ada: User) -> None:
    decide(differing, EVE, IGNORE, ada, until=clock.now() + timedelta(days=3))
    comparing.check_due()
    assert ("foreign", EVE, "ignored") in differences(differing)
    Drift.objects.filter(principal=EVE).update(ignored_until=clock.now() - timedelta(seconds=1))
    comparing.check_due()
    assert ("foreign", EVE, "open") in differences(differing)
    found = AuditEvent.objects.filter(action="drift.find", detail__principal=EVE)
    assert found.count() == 2


def test_what_google_refuses_stays_to_be_taken_away(differing: Resource, ada: User, google: Control) -> None:
    row = differing.drifts.get(principal=EVE)
    google.fault("connections.setIamPolicy", status=403, message="Denied.")
    operation = deciding.decide(differing, [row.pk], Decision(REVOKE, "because"), by=ada)
    assert operation
    carry_out(operation)
    assert operation.state == Operation.State.FAILED
    assert Grant.objects.get(principal=EVE).status == "revoking"


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(differing: Resource, ada: User) -> None:
    row = differing.drifts.get(principal=EVE)

    def act(number: int) -> str:
        try:
            deciding.decide(differing, [row.pk], Decision([ADOPT, REVOKE][number], "because"), by=ada)
        except OvertakenError as error:
            return str(error)
        return ""

    answers = at_once(2, act)
    assert sorted(map(bool, answers)) == [False, True]
    assert AuditEvent.objects.filter(action__in=["drift.adopt", "drift.revoke"]).count() == 1
    assert Grant.objects.filter(principal=EVE).count() == 1
    assert audit.verify().holds


def test_where_one_of_several_is_settled_none_is_decided(
    differing: Resource, ada: User, outsider: Callable[..., None]
) -> None:
    outsider("user:ben@example.com")
    comparing.check_due()
    seen = list(differing.drifts.filter(kind="foreign").values_list("pk", flat=True))
    decide(differing, EVE, ADOPT, ada)
    with pytest.raises(OvertakenError):
        deciding.decide(differing, seen, Decision(REVOKE, "because"), by=ada)
    assert ("foreign", "user:ben@example.com", "open") in differences(differing)
    assert Grant.objects.get(principal=EVE).desired == Grant.Presence.PRESENT


def test_what_somebody_shared_meanwhile_is_not_claimed_twice(differing: Resource, ada: User) -> None:
    request_share(differing, Sharing(add=frozenset([(EVE, CONNECTION_USER)])), by=ada)
    decide(differing, EVE, ADOPT, ada)
    assert Grant.objects.get(principal=EVE).origin == "share"


@pytest.mark.parametrize(("principal", "verdict"), [(EVE, RESTORE), (ANALYST, ADOPT)])
def test_what_does_not_fit_is_refused(differing: Resource, ada: User, principal: str, verdict: str) -> None:
    with pytest.raises(ValueError, match="is not for"):
        decide(differing, principal, verdict, ada)
    assert len(differences(differing)) == 2


def test_a_name_too_long_for_a_claim_can_only_be_ignored(
    differing: Resource, ada: User, outsider: Callable[..., None]
) -> None:
    long = f"principal://iam.googleapis.com/locations/global/workforcePools/w/subject/{'x' * 300}"
    outsider(long)
    comparing.check_due()
    with pytest.raises(ValueError, match="can only be ignored"):
        decide(differing, long, ADOPT, ada)
    decide(differing, long, IGNORE, ada, until=clock.now() + timedelta(days=1))


def test_many_at_once_cost_one_write(
    differing: Resource, ada: User, google: Control, outsider: Callable[..., None]
) -> None:
    for number in range(5):
        outsider(f"user:stranger{number}@example.com")
    comparing.check_due()
    writes = len(google.calls("connections.setIamPolicy"))
    keys = [row.pk for row in differing.drifts.filter(kind="foreign")]
    operation = deciding.decide(differing, keys, Decision(REVOKE, "because"), by=ada)
    assert operation
    carry_out(operation)
    assert members(google, differing) == set()
    assert len(google.calls("connections.setIamPolicy")) == writes + 1
    assert Grant.objects.filter(role=CONNECTION_USER, observed=Grant.Presence.ABSENT).count() == 6
