"""What goes wrong on the way, and what the gateway makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from pytest_django import Settings

from emulator.client import Control
from portal.gcp import connections, errors, projects
from tests.contract.gateway.bodies import alloydb
from tests.contract.gateway.conftest import PROJECT
from tests.contract.gateway.recorder import Recorder

NAME = connections.full_name(PROJECT, "us", "orders")
CREATE, SET = "connections.create", "projects.setIamPolicy"
GRANT = ("roles/alloydb.client", "user:analyst@example.com")


def create() -> object:
    return connections.create(PROJECT, "us", "orders", alloydb())


def grant() -> object:
    return projects.set_policy(PROJECT, projects.get_policy(PROJECT).with_members([GRANT]))


def created() -> bool:
    return any(c.connection_id == "orders" for c in connections.list_all(PROJECT, "us"))


def granted() -> bool:
    return projects.get_policy(PROJECT).has(*GRANT)


# A plain REST write, and one through a typed client: each fault must look the same through both.
EACH = pytest.mark.parametrize(
    ("method", "write", "applied"), [(CREATE, create, created), (SET, grant, granted)], ids=["rest", "typed"]
)
Write: TypeAlias = Callable[[], object]
Applied: TypeAlias = Callable[[], bool]


@EACH
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_server_error_leaves_doubt_whether_it_was_applied(
    control: Control, method: str, write: Write, applied: Applied, status: int, when: str
) -> None:
    """The answer is the same in both cases: only looking tells."""
    control.fault(method, status=status, when=when)
    with pytest.raises(errors.Unavailable) as caught:
        write()
    assert (caught.value.status, caught.value.retryable, caught.value.outcome_unknown) == (status, True, True)
    assert applied() is (when == "after")
    assert control.counts()[method if method in control.counts() else f"{method}"] == 1


@EACH
@pytest.mark.parametrize(
    ("damage", "damaged_json"),
    [
        ({"body": "html"}, True),
        ({"body": "malformed"}, True),
        ({"body": "truncated"}, True),
        ({"drop": "mid_body"}, False),
        ({"drop": "before_response", "when": "after"}, False),
    ],
)
def test_an_answer_that_cannot_be_read_leaves_doubt(
    control: Control,
    recorder: Recorder,
    method: str,
    write: Write,
    applied: Applied,
    damage: dict[str, Any],
    damaged_json: bool,
) -> None:
    """A proxy's page with 200, a cut body, a reset: applied all the same."""
    recorder.damaged = damaged_json
    control.fault(method, **damage)
    with pytest.raises(errors.Unavailable) as caught:
        write()
    recorder.damaged = False
    assert caught.value.retryable
    assert caught.value.outcome_unknown
    assert "<" not in caught.value.message
    assert applied()


@EACH
@pytest.mark.parametrize("when", ["before", "after"])
def test_no_answer_in_time_leaves_doubt(
    control: Control, settings: Settings, method: str, write: Write, applied: Applied, when: str
) -> None:
    """GOOGLE_CALL_TIMEOUT is kept by both kinds of client."""
    settings.GOOGLE_CALL_TIMEOUT = 0.3
    control.fault(method, hang=True, when=when)
    started = time.monotonic()
    with pytest.raises(errors.Unavailable) as caught:
        write()
    assert time.monotonic() - started < 4.5, "not the fixture's 5 s"
    assert caught.value.reason == "DEADLINE_EXCEEDED"
    assert caught.value.outcome_unknown
    settings.GOOGLE_CALL_TIMEOUT = 5.0
    assert applied() is (when == "after")


@EACH
def test_a_read_that_fails_leaves_no_doubt(
    control: Control, method: str, write: Write, applied: Applied
) -> None:
    """Reads change nothing, POST or not."""
    write()
    for name, read in (("connections.list", created), ("projects.getIamPolicy", granted)):
        control.fault(name, status=503)
        with pytest.raises(errors.Unavailable) as caught:
            read()
        assert caught.value.retryable
        assert not caught.value.outcome_unknown


@EACH
def test_a_limit_says_how_long_to_wait(control: Control, method: str, write: Write, applied: Applied) -> None:
    """429 is never applied; Retry-After is handed on."""
    control.fault(method, status=429, retry_after=7)
    with pytest.raises(errors.RateLimited) as caught:
        write()
    assert (caught.value.retry_after, caught.value.retryable, caught.value.outcome_unknown) == (
        7,
        True,
        False,
    )
    assert not applied()


@EACH
@pytest.mark.parametrize("status", [409, 412])
def test_a_conflict_is_retried_as_a_whole(
    control: Control, method: str, write: Write, applied: Applied, status: int
) -> None:
    """Both codes mean that somebody was faster."""
    control.fault(method, status=status)
    with pytest.raises(errors.Conflict) as caught:
        write()
    assert caught.value.retryable
    assert not caught.value.outcome_unknown
    write()
    assert applied()


@EACH
@pytest.mark.parametrize(
    ("status", "kind"), [(401, errors.CredentialsMissing), (403, errors.PermissionDenied)]
)
def test_a_refusal_is_final(
    control: Control,
    method: str,
    write: Write,
    applied: Applied,
    status: int,
    kind: type[errors.GoogleError],
) -> None:
    """Trying again would not help."""
    control.fault(method, status=status, times=5)
    with pytest.raises(kind) as caught:
        write()
    assert not caught.value.retryable
    assert not caught.value.outcome_unknown


def test_a_delete_that_was_applied_without_an_answer_is_seen_when_repeated(
    control: Control, recorder: Recorder
) -> None:
    """An HTML page with 200 is no answer to a delete either."""
    create()
    recorder.damaged = True
    control.fault("connections.delete", body="html")
    with pytest.raises(errors.Unavailable) as caught:
        connections.delete(NAME)
    assert caught.value.outcome_unknown
    recorder.damaged = False
    with pytest.raises(errors.NotFound):
        connections.delete(NAME)


def test_a_server_that_is_not_there_leaves_no_doubt(control: Control, settings: Settings) -> None:
    """Nothing was sent."""
    policy = projects.get_policy(PROJECT)
    settings.GOOGLE_CLOUD_EMULATOR = "http://127.0.0.1:9"
    for write in (create, lambda: projects.set_policy(PROJECT, policy.with_members([GRANT]))):
        with pytest.raises(errors.Unavailable) as caught:
            write()
        assert caught.value.retryable
        assert not caught.value.outcome_unknown


def test_a_stale_read_is_an_answer_like_any_other(control: Control) -> None:
    """It is the caller who waits until what was written is seen."""
    create()
    control.stale("connections.get")
    with pytest.raises(errors.NotFound):
        connections.get(NAME)
    assert connections.get(NAME).connection_id == "orders"
