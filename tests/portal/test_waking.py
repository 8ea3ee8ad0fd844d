"""Messages wake workers; that the broker is away is no error of whoever sends."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from portal import schedule
from portal.celery import app, wake
from portal.models import Operation
from tests.portal import things


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was sent, instead of sending it."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(app, "send_task", lambda task, **options: messages.append({"task": task, **options}))
    return messages


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens where the broker should be."""

    def refuse(*_: object, **__: object) -> None:
        raise OperationalError("Connection refused: redis://user:canary@broker")

    monkeypatch.setattr(app, "send_task", refuse)


def test_a_message_carries_an_id_and_expires(sent: list[dict[str, Any]]) -> None:
    assert wake("portal.sweep")
    assert wake("portal.check_project", "an-id", delay_seconds=2.5)
    assert sent == [
        {"task": "portal.sweep", "args": [], "countdown": None, "expires": schedule.MESSAGE_SECONDS},
        {
            "task": "portal.check_project",
            "args": ["an-id"],
            "countdown": 2.5,
            "expires": schedule.MESSAGE_SECONDS + 2.5,
        },
    ]


@pytest.mark.usefixtures("no_broker")
def test_a_broker_that_is_away_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert not wake("portal.check_project", "an-id")
    assert caplog.messages == ["portal.check_project an-id not sent: OperationalError"]


@pytest.mark.usefixtures("no_broker", "transactional_db")
def test_what_is_asked_for_while_the_broker_is_away_waits_in_the_database() -> None:
    with transaction.atomic():
        operation = things.operation()
    assert Operation.objects.get(pk=operation.pk).state == Operation.State.PENDING
