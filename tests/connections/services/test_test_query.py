"""The test query of a new connection: what is waited for, and what is said at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access.models import Grant
from connections.services import create
from emulator.client import Control
from emulator.estate import DEMO_INSTANCE
from portal import clock
from portal.models import Operation, Step
from tests.support.creation import NUMBER, PASSWORD, PROJECT, ask_for, attempt, carry_out
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
State = Operation.State
UNREACHABLE = (
    "Invalid table-valued function EXTERNAL_QUERY\nConnect to PostgreSQL server failed: server closed the"
    " connection unexpectedly"
)
NOWHERE = DEMO_INSTANCE.replace("orders-primary", "orders-primry").replace(str(NUMBER), PROJECT)


@pytest.fixture
def control(emulator: Emulator) -> Control:
    """Google's APIs; service agents are there at once."""
    emulator.control.agent_delay(0)
    return emulator.control


def keep_out(control: Control, *, times: int = 1) -> None:
    """What a query ends in while a fresh role does not act yet, or for other reasons."""
    control.fault("jobs.query", times=times, status=400, message=UNREACHABLE, when="before")


def query(operation: Operation) -> Step:
    """The step that tests."""
    return operation.steps.get(name=create.TEST)


def test_a_role_that_was_just_granted_is_waited_for(control: Control) -> None:
    keep_out(control)
    attempt(operation := ask_for())
    assert operation.state == State.WAITING
    assert "A fresh role takes about 2 minutes" in query(operation).message
    assert operation.wait_ends_at is not None
    assert f"trying again until {operation.wait_ends_at:%H:%M:%S} UTC" in operation.error
    carry_out(operation)
    assert operation.state == State.SUCCEEDED, operation.error


def test_one_that_another_connection_brought_a_moment_ago_too(control: Control) -> None:
    carry_out(ask_for("first"))
    keep_out(control)
    attempt(operation := ask_for("second"))
    assert operation.state == State.WAITING


def test_one_that_has_been_there_for_long_is_not(control: Control) -> None:
    carry_out(ask_for("first"))
    Grant.objects.update(intended_at=clock.now() - timedelta(hours=1))
    keep_out(control)
    attempt(operation := ask_for("second"))
    assert operation.state == State.FAILED
    assert "could not reach the PostgreSQL server" in query(operation).message


def test_an_instance_that_is_not_there_is_said_at_once(control: Control) -> None:
    instance = f"//alloydb.googleapis.com/{NOWHERE}"
    properties = {"database": "orders", "username": "bq_reader", "instance": instance}
    attempt(operation := ask_for(properties=properties))
    step = query(operation)
    assert operation.state == State.FAILED
    assert f"There is no instance {NOWHERE}." == step.message
    assert "Edit details" in step.remedy


def test_where_the_portal_may_not_look_it_waits(control: Control) -> None:
    control.fault("instances.get", status=403)
    keep_out(control)
    attempt(operation := ask_for(password=PASSWORD))
    assert operation.state == State.WAITING
