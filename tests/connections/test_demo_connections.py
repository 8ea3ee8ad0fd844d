"""The demo's connections: asked for by a command, made by workers as any other."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from access.models import Grant
from connections.models import Connection
from portal.models import Operation, Project, SealedCredential, User
from tests.support.creation import NUMBER, PROJECT, attempt, carry_out
from tests.support.emulated import Emulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings: Settings, emulator: Emulator) -> None:
    """The demo's people and project, which a worker has not looked up yet."""
    settings.DEMO = True
    emulator.control.agent_delay(0.0)
    call_command("seed_demo", stdout=StringIO())


def seed() -> None:
    call_command("seed_demo_connections", stdout=StringIO())


def test_they_wait_for_the_projects_number_and_are_made(demo: None) -> None:
    seed()
    crm, models = Operation.objects.filter(task="connections.create").order_by("created_at")
    attempt(crm)
    assert (crm.state, crm.error.split(";")[0]) == ("waiting", "The project is being looked up")
    Project.objects.filter(project_id=PROJECT).update(number=NUMBER)
    carry_out(crm)
    carry_out(models)
    assert [crm.state, models.state] == ["succeeded", "succeeded"], (crm.error, models.error)
    assert {row.connection_id: row.state for row in Connection.objects.all()} == {
        "crm": "active",
        "models": "active",
    }
    assert Grant.objects.get(principal="group:sales@example.com").status == "active"
    assert not SealedCredential.objects.exists()
    owner = User.objects.get(email="owner@example.com")
    assert owner.owned_resources.count() == 2


def test_again_it_asks_for_nothing(demo: None) -> None:
    seed()
    before = Operation.objects.count()
    seed()
    assert Operation.objects.count() == before


def test_outside_of_the_demo_it_refuses(settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="PORTAL_DEMO=1"):
        seed()
