"""Figures for monitoring: only with the token; they say what is there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from access.models import Drift
from portal import clock
from tests.portal import people, things
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
