"""kill -9 of the worker while it changes a living connection: edit, rotate, delete, adopt, refresh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from access.models import Grant
from connections import kinds
from connections.models import Connection, FoundConnection
from connections.services import adopt, delete, diagnose, edit, refresh, repair, rotate
from connections.services.edit import Wanted
from emulator.client import Control
from portal.gcp import connections as gateway
from portal.models import AuditEvent, Operation, SealedCredential, Step
from tests.faults.conftest import until_over
from tests.faults.moments import ANSWERED, APPLIED, ARRIVES, Moment
from tests.faults.outcome import assert_trail_holds
from tests.support.creation import (
    AGENT,
    ALLOYDB_CLIENT,
    ANALYST,
    NUMBER,
    PASSWORD,
    PROJECT,
    administrator,
    ask_for,
    connection_of,
    demo_project,
)
from tests.support.crew import Crew
from tests.support.google_side import Picture, applied, bindings, connections

pytestmark = pytest.mark.django_db(transaction=True)
ROLE = (ALLOYDB_CLIENT, AGENT, "")


@dataclass
class Scene:
    """A connection that the portal has made, and Google's side before that."""

    google: Control
    before: Picture
    connection: Connection

    @property
    def name(self) -> str:
        """Google's name of it."""
        return f"projects/{NUMBER}/locations/{self.connection.location}/connections/{self.connection}"

    def found(self) -> gateway.ConnectionInfo:
        """It as Google has it now."""
        return gateway.get(self.connection.full_name)


@pytest.fixture
def scene(crew: Crew, google: Control, before: Picture) -> Scene:
    crew.worker()
    operation = ask_for()
    until_over(operation, swept=False)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    return Scene(google, before, connection_of(operation))


def rename(scene: Scene) -> Operation:
    wanted = replace(edit.own_values(scene.connection), friendly_name="Renamed", kms_key_name=None)
    return edit.request_edit(scene.connection, wanted, by=administrator())


def renamed(scene: Scene) -> None:
    assert (scene.found().friendly_name, scene.connection.friendly_name) == ("Renamed", "Renamed")
    assert scene.found().has_credential
    assert applied(scene.google, "connections.patch") == 1, "what was done is recognised, not repeated"


def _replica(scene: Scene) -> str:
    return str(scene.connection.properties["instance"]).replace("orders-primary", "orders-read")


def move(scene: Scene) -> Operation:
    own = edit.own_values(scene.connection)
    wanted = Wanted(own.friendly_name, own.description, {**own.properties, "instance": _replica(scene)})
    return edit.request_edit(scene.connection, wanted, PASSWORD, by=administrator())


def moved(scene: Scene) -> None:
    assert str(scene.connection.properties["instance"]).endswith("orders-read")
    assert scene.connection.properties["instance"] in str(scene.found().body)
    assert scene.found().has_credential


def changed_outside(scene: Scene) -> None:
    """Somebody changes it outside, and the portal has noticed."""
    changed_unnoticed(scene)
    refresh.look_at_all()
    scene.connection.refresh_from_db()


def changed_unnoticed(scene: Scene) -> None:
    scene.google.edit_connection(scene.connection.full_name, fields={"friendlyName": "By hand"})


def put_back(scene: Scene) -> Operation:
    return edit.request_put_back(scene.connection, by=administrator())


def is_put_back(scene: Scene) -> None:
    assert (scene.found().friendly_name, scene.connection.drift) == ("Orders", "")


def replace_password(scene: Scene) -> Operation:
    return rotate.request_rotate(scene.connection, PASSWORD, by=administrator())


def password_replaced(scene: Scene) -> None:
    assert scene.found().has_credential
    assert scene.connection.has_credential
    assert scene.connection.test_report["passed"]


def remove(scene: Scene) -> Operation:
    return delete.request_delete(scene.connection, by=administrator())


def removed(scene: Scene) -> None:
    assert scene.before.added(scene.google) == {"connections": [], "bindings": []}
    assert applied(scene.google, "connections.delete") == 1
    # A read that shows what was wanted may be older than the write: then it goes back as it was read.
    assert applied(scene.google, "projects.setIamPolicy") <= 2
    assert scene.connection.state == Connection.State.DELETED
    assert {grant.status for grant in Grant.objects.all()} == {"revoked"}


def look(scene: Scene) -> Operation:
    return refresh.request_refresh(scene.connection, by=administrator())


def looked(scene: Scene) -> None:
    assert scene.connection.drift == Connection.Drift.CHANGED
    assert AuditEvent.objects.filter(action="connection.drift").count() == 1


def accept(scene: Scene) -> Operation:
    return refresh.request_accept(scene.connection, by=administrator())


def accepted(scene: Scene) -> None:
    assert (scene.connection.friendly_name, scene.connection.drift) == ("By hand", "")


def role_taken_outside(scene: Scene) -> None:
    scene.google.outsider(f"projects/{PROJECT}", ALLOYDB_CLIENT, AGENT, action="remove")


def grant_again(scene: Scene) -> Operation:
    return repair.request_grant_roles(scene.connection, by=administrator())


def granted_again(scene: Scene) -> None:
    assert bindings(scene.google).count(ROLE) == 1
    assert applied(scene.google, "projects.setIamPolicy") == 1


def try_it(scene: Scene) -> Operation:
    return diagnose.request_test(scene.connection, by=administrator())


def tried(scene: Scene) -> None:
    assert scene.connection.test_report["passed"]


def made_by_hand(scene: Scene) -> None:
    """Somebody makes a connection outside the portal."""
    body = kinds.get("alloydb").body(scene.connection.properties, PASSWORD)
    gateway.create(PROJECT, "us", "by_hand", body)


def find(scene: Scene) -> Operation:
    return adopt.request_find(demo_project(), by=administrator())


def found(scene: Scene) -> None:
    assert [row.connection_id for row in FoundConnection.objects.all()] == ["by_hand"]


def found_by_the_portal(scene: Scene) -> None:
    made_by_hand(scene)
    until_over(find(scene), swept=False)


def take_over(scene: Scene) -> Operation:
    return adopt.request_adopt(demo_project(), FoundConnection.objects.all(), by=administrator())


def taken_over(scene: Scene) -> None:
    adopted = Connection.objects.get(connection_id="by_hand")
    assert adopted.state == Connection.State.ACTIVE
    assert not FoundConnection.objects.exists()
    assert Grant.objects.filter(purpose=adopted.full_name, principal=AGENT).count() == 1
    assert AuditEvent.objects.filter(action="connection.adopt", target=adopted.full_name).count() == 1
    assert len(connections(scene.google)) == len(scene.before.connections) + 2


def nothing(scene: Scene) -> None:
    """There is nothing to prepare."""


@dataclass(frozen=True)
class Act:
    """What is asked of a living connection, what must be true in the end, and what the trail calls it."""

    ask: Callable[[Scene], Operation]
    check: Callable[[Scene], None]
    action: str
    prepare: Callable[[Scene], None] = nothing


EDIT = Act(rename, renamed, "connection.edit")
MOVE = Act(move, moved, "connection.edit")
PUT_BACK = Act(put_back, is_put_back, "connection.put_back", changed_outside)
ROTATE = Act(replace_password, password_replaced, "connection.rotate")
DELETE = Act(remove, removed, "connection.delete")
FIND = Act(find, found, "", made_by_hand)
ADOPT = Act(take_over, taken_over, "", found_by_the_portal)
REFRESH = Act(look, looked, "connection.refresh", changed_unnoticed)
ACCEPT = Act(accept, accepted, "connection.accept", changed_outside)
REPAIR = Act(grant_again, granted_again, "connection.grant", role_taken_outside)
TEST = Act(try_it, tried, "connection.test")
CASES = {
    "edit, before anything": (EDIT, Moment("connections.get", ARRIVES)),
    "edit, before the change": (EDIT, Moment("connections.patch", ARRIVES)),
    "edit, after the change": (EDIT, Moment("connections.patch", APPLIED)),
    "edit, after the answer": (EDIT, Moment("connections.patch", ANSWERED)),
    "edit with a password, after the change": (MOVE, Moment("connections.patch", APPLIED)),
    "edit with a password, after the answer": (MOVE, Moment("connections.patch", ANSWERED)),
    "edit with a password, at the test": (MOVE, Moment("jobs.query", ARRIVES)),
    "put back, after the change": (PUT_BACK, Moment("connections.patch", APPLIED)),
    "rotate, before the change": (ROTATE, Moment("connections.patch", ARRIVES)),
    "rotate, after the change": (ROTATE, Moment("connections.patch", APPLIED)),
    "rotate, after the answer": (ROTATE, Moment("connections.patch", ANSWERED)),
    "rotate, at the test": (ROTATE, Moment("jobs.query", ARRIVES)),
    "delete, before the call": (DELETE, Moment("connections.delete", ARRIVES)),
    "delete, after the call": (DELETE, Moment("connections.delete", APPLIED)),
    "delete, after the answer": (DELETE, Moment("connections.delete", ANSWERED)),
    "delete, after the role was taken back": (DELETE, Moment("projects.setIamPolicy", APPLIED)),
    "delete, after that answer": (DELETE, Moment("projects.setIamPolicy", ANSWERED)),
    "find": (FIND, Moment("connections.list", ARRIVES)),
    "adopt, while reading": (ADOPT, Moment("connections.get", ARRIVES)),
    "adopt, all read": (ADOPT, Moment("connections.getIamPolicy", ANSWERED)),
    "refresh": (REFRESH, Moment("connections.get", ANSWERED)),
    "accept": (ACCEPT, Moment("connections.get", ANSWERED)),
    "repair, after the change": (REPAIR, Moment("projects.setIamPolicy", APPLIED)),
    "repair, after the answer": (REPAIR, Moment("projects.setIamPolicy", ANSWERED)),
    "test": (TEST, Moment("jobs.query", ARRIVES)),
}


@pytest.mark.parametrize(("act", "moment"), CASES.values(), ids=CASES)
def test_kill_9(act: Act, moment: Moment, crew: Crew, scene: Scene) -> None:
    worker = crew.worker()
    act.prepare(scene)
    scene.google.clear_calls()
    moment.hold(scene.google)
    operation = act.ask(scene)
    moment.wait(scene.google)
    moment.kill(worker, scene.google, operation)
    crew.successor()
    until_over(operation)
    assert_over(operation, act.action)
    scene.connection.refresh_from_db()
    act.check(scene)


def assert_over(operation: Operation, action: str) -> None:
    """The operation succeeded, once, and left nothing behind."""
    operation.refresh_from_db()
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    assert set(operation.steps.values_list("state", flat=True)) == {Step.State.SUCCEEDED}
    if action:
        told = AuditEvent.objects.filter(operation=str(operation.pk), action=action).order_by("position")
        assert list(told.values_list("outcome", flat=True)) == ["requested", "succeeded"]
    assert not SealedCredential.objects.exists()
    assert not operation.needs_credential
    assert ANALYST in set(Grant.objects.values_list("principal", flat=True)), "history stays"
    assert_trail_holds()
