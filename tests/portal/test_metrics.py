"""Figures for monitoring: only with the token; they say what is there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from access.models import Drift
from portal import checkpoints, clock
from portal.models import Delivery
from tests.portal import people, things
from tests.portal.notices.telling import tell
from tests.support.factories import make_grant

pytestmark = pytest.mark.django_db


def ask(client: Client, token: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.get("/metrics", headers=headers)
    return answer.status_code, answer.content.decode()


def test_without_the_right_token_there_is_no_such_page(client: Client, settings: Settings) -> None:
    assert ask(client, "x")[0] == 404
    settings.METRICS_TOKEN = "secret"
    assert ask(client)[0] == 404
    assert ask(client, "wrong")[0] == 404
    assert ask(client, "secret")[0] == 200


def test_it_tells_what_needs_a_person(client: Client, settings: Settings, cast: people.Cast) -> None:
    settings.METRICS_TOKEN = "secret"
    connection = things.connection(things.project(), cast.owner)
    make_grant(connection.resource, "user:a@example.com", expires_at=clock.now() - timedelta(hours=1))
    make_grant(connection.resource, "user:b@example.com", expires_at=clock.now() + timedelta(hours=1))
    now = clock.now()
    Drift.objects.create(
        resource=connection.resource,
        kind="foreign",
        role="roles/x",
        principal="user:x@example.com",
        found_at=now,
        seen_at=now,
    )
    lines = ask(client, "secret")[1].splitlines()
    assert "portal_grants_overdue 1" in lines
    assert "portal_drift_open 1" in lines
    assert "portal_operations_unfinished 0" in lines
    assert "# TYPE portal_grants_overdue gauge" in lines


def figure(client: Client, name: str) -> float:
    """What is told of one gauge."""
    (line,) = (line for line in ask(client, "secret")[1].splitlines() if line.startswith(f"portal_{name} "))
    return float(line.split()[1])


def test_it_tells_how_long_the_trail_has_not_been_signed(
    client: Client, settings: Settings, cast: people.Cast, tmp_path: Path
) -> None:
    settings.METRICS_TOKEN = "secret"
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints.jsonl"
    before = clock.now()
    things.event()
    assert figure(client, "audit_unsigned_seconds") > 0
    checkpoints.write()
    assert figure(client, "audit_unsigned_seconds") == 0
    things.event()
    waited = (clock.now() - before).total_seconds()
    assert 0 < figure(client, "audit_unsigned_seconds") <= waited + 1


def test_it_tells_of_notices_that_do_not_get_out(
    client: Client, settings: Settings, cast: people.Cast
) -> None:
    settings.METRICS_TOKEN = "secret"
    tell(cast.owner)
    assert figure(client, "notices_waiting") == 0
    Delivery.objects.update(created_at=clock.now() - timedelta(minutes=11))
    assert figure(client, "notices_waiting") == 1
    Delivery.objects.update(state=Delivery.State.SENT)
    assert figure(client, "notices_waiting") == 0
