"""Whose a login's name is already, as a request's form says it: from what was seen, held or asked for."""

from __future__ import annotations

import pytest

from access.models import DATABASE_LOGIN, AccessRequest, Grant
from connections.logins import seam
from connections.models import DatabaseInstance, DatabaseUser
from portal import clock
from portal.models import Project, User
from tests.access.approval.documents import make_request
from tests.connections.logins.desk import ANA
from tests.support.factories import make_instance, make_login

pytestmark = pytest.mark.django_db
OTHER_ANA = "user:ana@example.org"
State = AccessRequest.State


@pytest.fixture
def shop(project: Project) -> DatabaseInstance:
    """A MySQL instance, where a name is what stands before the @."""
    return make_instance(project, "shop", product="cloud_sql_mysql", database_version="MYSQL_8_0")


def seen(home: str, name: str, principal: str, presence: str = "present") -> None:
    DatabaseUser.objects.create(
        home=home,
        name=name,
        type="CLOUD_IAM_USER",
        principal=principal,
        observed=presence,
        seen_at=clock.now(),
    )


def refused(instance: DatabaseInstance, principal: str = ANA) -> str:
    """What the form says beside the principal, or nothing."""
    return seam.refusals(AccessRequest(resource=instance.resource, principal=principal)).get("principal", "")


@pytest.mark.parametrize(
    ("principal", "presence", "is_taken"),
    [
        (OTHER_ANA, "present", True),
        (OTHER_ANA, "absent", False),
        (ANA, "present", False),
        ("", "present", False),
    ],
)
def test_a_user_that_was_seen_has_its_name(
    crm: DatabaseInstance, principal: str, presence: str, is_taken: bool
) -> None:
    seen(crm.home, "ana@example.com", principal, presence)
    assert bool(refused(crm)) == is_taken
    if is_taken:
        assert "database user of ana@example.org" in refused(crm)


def test_names_on_another_instance_do_not_count(crm: DatabaseInstance, project: Project) -> None:
    seen(make_instance(project, "sales").home, "ana@example.com", OTHER_ANA)
    assert not refused(crm)


def test_on_mysql_a_login_that_is_held_has_the_name_of_another_address(shop: DatabaseInstance) -> None:
    login = make_login(shop, OTHER_ANA, complete=False)
    assert "On MySQL the name is the part before the @" in refused(shop)
    assert not refused(shop, OTHER_ANA), "one's own name is not taken"
    assert not refused(shop, "user:ben@example.com")
    Grant.objects.filter(pk=login.pk).update(desired=Grant.Presence.ABSENT)
    assert not refused(shop)


@pytest.mark.parametrize(("state", "is_taken"), [(State.PENDING, True), (State.DENIED, False)])
def test_on_mysql_a_request_that_waits_was_promised_its_name(
    shop: DatabaseInstance, ada: User, state: str, is_taken: bool
) -> None:
    make_request(shop.resource, ada, OTHER_ANA, role=DATABASE_LOGIN, state=state)
    assert bool(refused(shop)) == is_taken


def test_on_postgresql_addresses_are_told_apart(crm: DatabaseInstance, ada: User) -> None:
    make_login(crm, OTHER_ANA, complete=False)
    make_request(crm.resource, ada, "user:ana@example.net", role=DATABASE_LOGIN)
    assert not refused(crm)
