"""Each call to Google fails once, before or after it took effect: the login is granted, and ended, once."""

from __future__ import annotations

from typing import Any

import pytest

from connections.logins import at_google
from connections.logins.names import login_of
from emulator.client import Control
from portal import audit
from portal.models import AuditEvent
from tests.connections.logins.desk import ALLOYDB_ROLES, CRM, PRIMARY, SQL_ROLES, Desk, succeed
from tests.support.google_side import applied

pytestmark = pytest.mark.django_db(transaction=True)
FAILURES: dict[str, dict[str, Any]] = {
    "503 before": {"status": 503, "when": "before"},
    "dropped after": {"drop": "before_response", "when": "after"},
    "half an answer": {"body": "truncated"},
}
CALLS = {
    PRIMARY: (
        "instances.get",
        "projects.getIamPolicy",
        "projects.setIamPolicy",
        "users.list",
        "users.create",
    ),
    CRM: ("instances.get", "users.list", "users.insert", "operations.get"),
}
ENDS = {
    PRIMARY: ("projects.setIamPolicy", "users.list", "users.delete"),
    CRM: ("users.delete", "operations.get"),
}
ROLES = {PRIMARY: ALLOYDB_ROLES, CRM: SQL_ROLES}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize(
    ("name", "method"), [(name, call) for name, calls in CALLS.items() for call in calls]
)
def test_granting(desk: Desk, google: Control, name: str, method: str, failure: dict[str, Any]) -> None:
    google.fault(method, **failure)
    succeed(desk.ask(name))
    assert desk.roles() == ROLES[name]
    home = desk.instance(name).home
    assert "ana@example.com" in desk.users(home)
    assert desk.known("ana@example.com", home).intended_at
    assert applied(google, "users.create") + applied(google, "users.insert") == 1
    assert applied(google, "projects.setIamPolicy") == 1
    assert told("grant.activate") == 1


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize(("name", "method"), [(name, call) for name, calls in ENDS.items() for call in calls])
def test_ending(desk: Desk, google: Control, name: str, method: str, failure: dict[str, Any]) -> None:
    desk.grant(name)
    google.fault(method, **failure)
    succeed(desk.end(name))
    assert desk.roles() == set()
    assert "ana@example.com" not in desk.users(desk.instance(name).home)
    assert desk.login(name).status == "revoked"
    assert told("grant.revoke") == 1


def test_a_user_that_the_portal_did_not_make_is_never_thought_its_own(desk: Desk, google: Control) -> None:
    """Somebody makes it between the portal's look and its call: Google's answer says so."""
    google.stale("users.list")
    instance = desk.instance(CRM)
    at_google.create(instance, login_of("user:ana@example.com", instance.kind))
    succeed(desk.ask(CRM))
    assert desk.known("ana@example.com", CRM).intended_at is None
    succeed(desk.end(CRM))
    assert "ana@example.com" in desk.users(CRM)


def told(action: str) -> int:
    """How often a login was seen to begin or to be over; the trail holds."""
    assert audit.verify().holds
    events = AuditEvent.objects.filter(action=action, outcome="succeeded")
    return events.filter(detail__role="database.login").count()
