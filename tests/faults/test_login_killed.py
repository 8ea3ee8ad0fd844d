"""kill -9 of the worker that grants or ends a database login: then all is there once, or all is gone."""

from __future__ import annotations

import pytest

from emulator.client import Control
from portal import operations
from portal.models import AuditEvent, Operation
from tests.connections.logins.desk import ALLOYDB_ROLES, CRM, PRIMARY, SQL_ROLES, Desk
from tests.faults.conftest import until_over
from tests.faults.moments import ANSWERED, APPLIED, ARRIVES, Moment
from tests.faults.outcome import assert_trail_holds
from tests.support.crew import Crew
from tests.support.google_side import applied

pytestmark = pytest.mark.django_db(transaction=True)
GRANTING = {
    "before the role is written": (PRIMARY, Moment("projects.setIamPolicy", ARRIVES)),
    "after the role was written": (PRIMARY, Moment("projects.setIamPolicy", APPLIED)),
    "before the user is made": (PRIMARY, Moment("users.create", ARRIVES)),
    "after the user was made": (PRIMARY, Moment("users.create", APPLIED)),
    "after the answer": (PRIMARY, Moment("users.create", ANSWERED)),
    "after Cloud SQL's user was made": (CRM, Moment("users.insert", APPLIED)),
}
ENDING = {
    "after the role was taken": (PRIMARY, Moment("projects.setIamPolicy", APPLIED)),
    "before the user is taken": (PRIMARY, Moment("users.delete", ARRIVES)),
    "after the user was taken": (PRIMARY, Moment("users.delete", APPLIED)),
    "after Cloud SQL's user was taken": (CRM, Moment("users.delete", APPLIED)),
}
ROLES = {PRIMARY: ALLOYDB_ROLES, CRM: SQL_ROLES}


@pytest.fixture
def desk(transactional_db: None, google: Control, without_pauses: None) -> Desk:
    """Where Ada lets people log in."""
    return Desk(google)


def activations(action: str) -> int:
    """How often a login was seen to begin or to be over."""
    events = AuditEvent.objects.filter(action=action, outcome="succeeded")
    return events.filter(detail__role="database.login").count()


def ended_by_kill(crew: Crew, google: Control, moment: Moment, operation: Operation) -> None:
    """Kill the worker at this moment, and let the next one go on."""
    moment.wait(google)
    moment.kill(crew.worker(), google, operation)
    crew.successor()
    until_over(operation)
    assert operation.state == Operation.State.SUCCEEDED, operation.error


@pytest.mark.parametrize(("name", "moment"), GRANTING.values(), ids=GRANTING)
def test_a_login_is_granted_once(crew: Crew, google: Control, desk: Desk, name: str, moment: Moment) -> None:
    crew.worker()
    moment.hold(google)
    operation = desk.ask(name)
    ended_by_kill(crew, google, moment, operation)
    assert desk.roles() == ROLES[name]
    assert "ana@example.com" in desk.users(desk.instance(name).home)
    assert applied(google, "users.create") + applied(google, "users.insert") == 1
    assert applied(google, "projects.setIamPolicy") == 1
    assert (desk.login(name).status, activations("grant.activate")) == ("active", 1)
    assert desk.known("ana@example.com", desk.instance(name).home).intended_at, "it is the portal's own"
    assert_trail_holds()


@pytest.mark.parametrize(("name", "moment"), ENDING.values(), ids=ENDING)
def test_a_login_is_ended_whole(crew: Crew, google: Control, desk: Desk, name: str, moment: Moment) -> None:
    desk.grant(name)
    google.clear_calls()
    crew.worker()
    moment.hold(google)
    operation = desk.end(name)
    ended_by_kill(crew, google, moment, operation)
    assert desk.roles() == set()
    assert "ana@example.com" not in desk.users(desk.instance(name).home)
    assert (desk.login(name).status, activations("grant.revoke")) == ("revoked", 1)
    assert operations.sweep() == 0
    assert_trail_holds()
