"""Rows 20 to 30, 34, 35: Google refuses, breaks off or answers nonsense, before or after its work."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.client import Control
from portal.execution import FIRST_WAIT
from portal.models import Operation
from tests.faults.outcome import assert_done_once
from tests.support.creation import AGENT, ALLOYDB_CLIENT, ask_for, attempt, carry_out
from tests.support.google_side import Picture, answered, applied

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("without_pauses")]

WRITES = ("connections.create", "projects.setIamPolicy", "connections.setIamPolicy")
EVERY_CALL = (
    "connections.get",
    "services.generateServiceIdentity",
    "projects.getIamPolicy",
    "jobs.query",
    "connections.getIamPolicy",
    *WRITES,
)


@pytest.mark.parametrize("method", ["connections.create", "projects.setIamPolicy", "jobs.query"])
def test_429_five_times_backs_off(method: str, google: Control, before: Picture) -> None:
    google.fault(method, status=429, times=5)
    waits = carry_out(operation := ask_for())
    assert len(waits) == 5
    for number, wait in enumerate(waits):
        longest = FIRST_WAIT * 2**number
        assert longest / 2 - 0.5 <= wait <= longest, waits
    assert_done_once(google, before, operation)


def test_429_with_retry_after_is_obeyed(google: Control, before: Picture) -> None:
    google.fault("connections.create", status=429, retry_after=20)
    waits = carry_out(operation := ask_for())
    assert [round(wait) for wait in waits] == [20]
    assert_done_once(google, before, operation)


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_before_the_work_was_done_is_retried(status: int, google: Control, before: Picture) -> None:
    for method in EVERY_CALL:
        google.fault(method, status=status, when="before")
    carry_out(operation := ask_for())
    assert_done_once(google, before, operation)


UNCLEAR: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "when": "after"},
    "503": {"status": 503, "when": "after"},
    "504": {"status": 504, "when": "after"},
    "reset before the answer": {"drop": "before_response", "when": "after"},
    "reset in the middle of the body": {"drop": "mid_body"},
    "an HTML page": {"body": "html"},
    "malformed": {"body": "malformed"},
    "truncated": {"body": "truncated"},
}


@pytest.mark.parametrize("answer", UNCLEAR.values(), ids=UNCLEAR)
def test_what_was_done_although_the_answer_says_nothing_is_seen(
    answer: dict[str, Any], google: Control, before: Picture
) -> None:
    for method in WRITES:
        google.fault(method, **answer)
    waits = carry_out(operation := ask_for())
    assert waits == [], "looking is enough: nothing has to wait"
    assert_done_once(google, before, operation)
    for method in WRITES:
        assert answered(google, method) <= 1


@pytest.mark.parametrize("method", ["connections.get", "projects.getIamPolicy", "jobs.query"])
@pytest.mark.parametrize("body", ["html", "malformed", "truncated"])
def test_a_read_that_answers_nonsense_is_repeated(
    method: str, body: str, google: Control, before: Picture
) -> None:
    google.fault(method, body=body)
    carry_out(operation := ask_for())
    assert_done_once(google, before, operation)


@pytest.mark.parametrize("method", WRITES)
def test_a_time_out_after_the_work_was_done_is_seen(
    method: str, google: Control, before: Picture, settings: Any
) -> None:
    settings.GOOGLE_CALL_TIMEOUT = 0.5
    google.fault(method, hang=True, when="after")
    carry_out(operation := ask_for())
    assert_done_once(google, before, operation)
    assert len(google.calls(method)) == 1


def test_409_nine_times_repeats_the_whole_cycle(google: Control, before: Picture) -> None:
    google.fault("projects.setIamPolicy", status=409, message=STALE, times=9)
    waits = carry_out(operation := ask_for())
    assert waits == [], "conflicts are settled within one attempt"
    assert len(google.calls("projects.setIamPolicy")) == 10
    assert len(google.calls("projects.getIamPolicy")) >= 10, "each try starts from a fresh read"
    assert_done_once(google, before, operation)


STALE = "There were concurrent policy changes. Please retry the whole read-modify-write."


@pytest.mark.parametrize("status", [409, 412])
@pytest.mark.parametrize("method", ["projects.setIamPolicy", "connections.setIamPolicy"])
def test_a_conflict_with_our_own_earlier_write_is_success(
    status: int, method: str, google: Control, before: Picture
) -> None:
    """The write took effect, its answer was lost, and what was sent again below us met our own etag."""
    google.fault(method, status=status, when="after", message=STALE)
    carry_out(operation := ask_for())
    assert_done_once(google, before, operation)
    assert len(google.calls(method)) == 1


def test_an_outsiders_edit_between_read_and_write_is_kept(google: Control, before: Picture) -> None:
    theirs = ("roles/viewer", "user:newcomer@example.com", "")
    google.outsider("projects/acme-analytics", theirs[0], theirs[1], when="after_read")
    carry_out(operation := ask_for())
    assert (ALLOYDB_CLIENT, AGENT, "") in Picture.take(google).project_bindings
    assert theirs in Picture.take(google).project_bindings
    google.outsider("projects/acme-analytics", theirs[0], theirs[1], action="remove")
    assert_done_once(google, before, operation)


def test_conditional_bindings_of_the_very_role_survive(google: Control) -> None:
    condition = {"title": "until 2030", "expression": 'request.time < timestamp("2030-01-01T00:00:00Z")'}
    google.outsider("projects/acme-analytics", ALLOYDB_CLIENT, AGENT, condition=condition)
    before = Picture.take(google)
    assert any(role == ALLOYDB_CLIENT and "2030" in held for role, _, held in before.project_bindings)
    carry_out(operation := ask_for())
    assert_done_once(google, before, operation)


@pytest.mark.parametrize("times", [1, 4])
def test_a_stale_read_after_a_write_waits_and_writes_nothing_twice(
    times: int, google: Control, before: Picture
) -> None:
    for method in ("projects.getIamPolicy", "connections.getIamPolicy"):
        google.fault(method, status=503, skip=1)
        google.stale(method, times=times)
    carry_out(operation := ask_for())
    assert_done_once(google, before, operation)


def test_a_look_that_is_stale_does_not_make_a_second_connection(google: Control, before: Picture) -> None:
    """The create was done, its answer was lost, and the look that follows does not show it yet."""
    google.fault("connections.create", status=503, when="after")
    google.fault("connections.get", status=404, message="Not found: Connection", times=2)
    operation = ask_for()
    attempt(operation)
    assert operation.state == Operation.State.WAITING
    assert applied(google, "connections.create") == 1
    carry_out(operation)
    assert_done_once(google, before, operation)
