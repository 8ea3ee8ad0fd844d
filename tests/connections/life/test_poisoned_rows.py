"""One connection, instance or project that cannot be written holds up the look at no other."""

from __future__ import annotations

import pytest

from connections.logins import looking, registry
from connections.models import Connection, DatabaseInstance
from connections.services import discover, refresh
from connections.services.assets import alloydb_instances, cloud_sql_instances
from emulator.client import Control
from portal.models import Operation
from portal.sweeping import UnfinishedError
from tests.connections.life.acts import made
from tests.support.creation import demo_project
from tests.support.emulated import Emulator
from tests.support.factories import make_project
from tests.support.poison import poisoned

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def google(emulator: Emulator) -> Control:
    """Google's APIs; new service agents are there at once."""
    emulator.control.agent_delay(0)
    return emulator.control


def test_the_others_are_looked_at_and_the_sweep_says_which_was_not(google: Control) -> None:
    names = ("first", "second", "third")
    first, bad, last = (made(name, share=(), test_query=False) for name in names)
    for connection in (first, bad, last):
        google.edit_connection(connection.full_name, fields={"description": "By hand"})
    with poisoned("connections_connection", f"NEW.id = {bad.pk}"), pytest.raises(UnfinishedError) as found:
        refresh.look_at_all()
    assert found.value.failed == [bad.full_name]
    drifts = dict(Connection.objects.values_list("connection_id", "drift"))
    assert drifts == {"first": "changed", "second": "", "third": "changed"}
    assert refresh.look_at_all() == 3, "the next time, when it can be"


def test_the_other_instances_are_looked_at(google: Control) -> None:
    project = demo_project()
    registry.note_found(project, alloydb_instances(project) + cloud_sql_instances(project))
    bad, *others = DatabaseInstance.objects.order_by("pk")
    assert others
    condition = f"NEW.id = {bad.pk}"
    with poisoned("connections_databaseinstance", condition), pytest.raises(UnfinishedError) as found:
        looking.look_at_due()
    assert found.value.failed == [bad.resource.full_name]
    waiting = DatabaseInstance.objects.filter(looked_at=None)
    assert [instance.pk for instance in waiting] == [bad.pk], "and it does not stay the first for ever"


def test_the_other_projects_are_searched() -> None:
    make_project("acme-first", number=100000000001)
    bad = make_project("acme-second", number=100000000002)
    make_project("acme-third", number=100000000003)
    condition = f"NEW.target = 'projects/{bad.project_id}'"
    with poisoned("portal_operation", condition, "INSERT"), pytest.raises(UnfinishedError) as found:
        discover.request_due()
    assert found.value.failed == [bad.project_id]
    searched = set(Operation.objects.filter(task=discover.TASK).values_list("target", flat=True))
    assert {"projects/acme-first", "projects/acme-third"} <= searched
