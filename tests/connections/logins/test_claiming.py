"""Claims of logins are rows: one login a principal, which ends no sooner, and what hangs on it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from access import claims
from access.models import Grant
from connections.logins import claiming
from connections.logins.claiming import NewLogin, request_login, request_restore
from connections.models import DatabaseInstance
from portal import audit, clock
from portal.models import User
from tests.connections.logins.desk import ANA
from tests.support.factories import make_grant, make_login

pytestmark = pytest.mark.django_db
ROLE = "roles/cloudsql.instanceUser"
Presence = Grant.Presence


def derived(instance: DatabaseInstance) -> Grant:
    """What Ana's login there has on the project."""
    return make_grant(
        claims.project_resource(instance.project),
        ANA,
        ROLE,
        origin=Grant.Origin.LOGIN,
        purpose=instance.resource.full_name,
    )


def test_roles_stay_while_a_login_needs_them(crm: DatabaseInstance) -> None:
    """One ended, and another was approved before its roles were taken back."""
    make_login(crm, ANA, desired=Presence.ABSENT)
    login, role = make_login(crm, ANA, complete=False), derived(crm)
    claiming.end_roles(crm, ANA)
    role.refresh_from_db()
    assert role.desired == Presence.PRESENT
    claims.end(login, by=None)
    claiming.end_roles(crm, ANA, reason="The database login ended.")
    role.refresh_from_db()
    assert role.desired == Presence.ABSENT


def test_asked_for_again_a_login_ends_no_sooner(crm: DatabaseInstance, ada: User) -> None:
    now = clock.now()
    login = make_login(crm, ANA, expires_at=now + timedelta(days=9))
    for length, ends in ((3, now + timedelta(days=9)), (20, now + timedelta(days=20)), (None, None)):
        until = now + timedelta(days=length) if length else None
        with audit.appending():
            operation = request_login(NewLogin(crm, ANA, expires_at=until), by=ada)
        login.refresh_from_db()
        assert (login.expires_at, login.operation) == (ends, str(operation.pk))
    assert crm.resource.grants.count() == 1


def test_restoring_looks_at_everything_anew(crm: DatabaseInstance, ada: User) -> None:
    login, role = make_login(crm, ANA), derived(crm)
    request_restore(login, by=ada)
    role.refresh_from_db()
    assert role.observed == Presence.UNKNOWN
    claims.end(login, by=ada)
    with pytest.raises(ValueError, match="has ended"):
        request_restore(login, by=ada)
