"""Creating a connection, in process, against the emulator: each step, each way it can end."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import IntegrityError

from access.models import CONNECTION_USER, Grant
from connections import kinds
from connections.kinds import alloydb
from connections.models import Connection
from connections.services import create
from connections.services.create import NewConnection
from portal import clock, execution, operations, secrets
from portal.gcp import connections as google
from portal.gcp import policies
from portal.gcp import projects as google_projects
from portal.models import ADMINISTRATOR, AuditEvent, Operation, Project, SealedCredential, User
from tests.support.emulated import Emulator
from tests.support.factories import make_person

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "orders-demo-password"
AGENT = "serviceAccount:service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
INSTANCE = alloydb.PREFIX + (
    "projects/acme-analytics/locations/us-central1/clusters/orders/instances/orders-primary"
)


@pytest.fixture
def admin(transactional_db: None) -> User:
    return make_person("admin@example.com", ADMINISTRATOR)


@pytest.fixture
def project(transactional_db: None) -> Project:
    return Project.objects.create(
        project_id="acme-analytics",
        number=528461093377,
        registered_by="admin@example.com",
        registered_at=clock.now(),
    )


def new_connection(project: Project, **changes: Any) -> NewConnection:
    properties = {"database": "orders", "username": "bq_reader", "instance": INSTANCE}
    fields: dict[str, Any] = {
        "project": project,
        "location": "us-central1",
        "connection_id": "orders_us",
        "kind": "alloydb",
        "properties": properties,
    }
    return NewConnection(**(fields | changes))


def run(operation: Operation) -> Operation:
    """Carry the operation out in this process, waiting as a worker would but without its pauses."""
    for _ in range(40):
        Operation.objects.filter(pk=operation.pk, state="waiting").update(run_after=clock.now())
        execution.execute(str(operation.pk), create.apply_create, create.create_failed)
        operation.refresh_from_db()
        if operation.is_over:
            break
        time.sleep(0.03)  # the emulated service agent appears half a second after the connection
    return operation


def states(operation: Operation) -> dict[str, str]:
    return dict(operation.steps.values_list("name", "state"))


def test_every_step_succeeds_and_is_seen_at_google(emulator: Emulator, admin: User, project: Project) -> None:
    emulator.control.agent_delay(0)
    new = new_connection(project, share=(("user:analyst@example.com", CONNECTION_USER),))

    operation = run(create.request_create(new, PASSWORD, by=admin))

    assert operation.state == "succeeded", operation.error
    assert set(states(operation).values()) == {"succeeded"}
    connection = Connection.objects.get()
    assert (connection.state, connection.has_credential) == ("active", True)
    assert f"serviceAccount:{connection.service_account}" == AGENT
    assert google_projects.get_policy("acme-analytics").has("roles/alloydb.client", AGENT)
    assert google.get_policy(connection.full_name).has(CONNECTION_USER, "user:analyst@example.com")
    assert {grant.status for grant in Grant.objects.all()} == {"active"}
    assert not SealedCredential.objects.exists()
    outcomes = AuditEvent.objects.filter(action="connection.create").values_list("outcome", flat=True)
    assert list(outcomes.order_by("position")) == ["requested", "succeeded"]


def test_unticked_steps_are_not_done(emulator: Emulator, admin: User, project: Project) -> None:
    new = new_connection(project, grant_service_agent=False, test_query=False)

    operation = run(create.request_create(new, PASSWORD, by=admin))

    assert states(operation) == {create.CREATE: "succeeded"}
    assert not google_projects.get_policy("acme-analytics").has("roles/alloydb.client", AGENT)


def test_the_creator_owns_it_unless_somebody_else_is_named(
    emulator: Emulator, admin: User, project: Project
) -> None:
    owner = User.objects.create_user("owner@example.com")
    create.request_create(new_connection(project), PASSWORD, by=admin)
    create.request_create(new_connection(project, connection_id="hers", owners=(owner,)), PASSWORD, by=admin)

    owners = {c.connection_id: [str(u) for u in c.resource.owners.all()] for c in Connection.objects.all()}
    assert owners == {"orders_us": ["admin@example.com"], "hers": ["owner@example.com"]}


def test_a_name_is_taken_once(emulator: Emulator, admin: User, project: Project) -> None:
    create.request_create(new_connection(project), PASSWORD, by=admin)
    with pytest.raises(IntegrityError):
        create.request_create(new_connection(project), PASSWORD, by=admin)
    assert Operation.objects.count() == 1


def test_an_empty_password_changes_nothing(emulator: Emulator, admin: User, project: Project) -> None:
    with pytest.raises(ValueError, match="empty"):
        create.request_create(new_connection(project), "", by=admin)
    assert not Connection.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_connection_that_is_not_ours_is_left_alone(
    emulator: Emulator, admin: User, project: Project
) -> None:
    """Even when it looks exactly like the one that was asked for."""
    new = new_connection(project)
    body = kinds.get("alloydb").body(new.properties, "somebody else's")
    google.create("acme-analytics", "us-central1", "orders_us", body)

    operation = run(create.request_create(new, PASSWORD, by=admin))

    assert (operation.state, operation.error) == ("failed", create.TAKEN)
    assert Connection.objects.get().state == "failed"
    assert not SealedCredential.objects.exists()
    assert emulator.control.counts().get("connections.create") == 1


def test_a_failed_name_can_be_used_again(emulator: Emulator, admin: User, project: Project) -> None:
    emulator.control.fault("connections.create", times=1, status=403, when="before")
    failed = run(create.request_create(new_connection(project), PASSWORD, by=admin))
    assert failed.state == "failed"

    again = run(create.request_create(new_connection(project), PASSWORD, by=admin))

    assert again.state == "succeeded", again.error
    assert Connection.objects.get().state == "active"


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_create_that_was_applied_before_it_failed_is_recognised(
    emulator: Emulator, admin: User, project: Project, status: int
) -> None:
    emulator.control.fault("connections.create", times=1, status=status, when="after")

    operation = run(create.request_create(new_connection(project), PASSWORD, by=admin))

    assert operation.state == "succeeded", operation.error
    assert emulator.control.counts()["connections.create"] == 1


def test_a_wrong_password_is_asked_for_again_and_replaced(
    emulator: Emulator, admin: User, project: Project
) -> None:
    operation = run(create.request_create(new_connection(project), "wrong", by=admin))
    assert (operation.state, operation.needs_credential) == ("failed", True)
    failed = operation.steps.get(name=create.TEST)
    assert "password authentication failed" in failed.message
    assert failed.remedy.startswith("Enter the password again")
    with pytest.raises(secrets.CredentialGoneError):
        operations.request_retry(operation, by=admin)

    operations.request_retry(operation, by=admin, credential=PASSWORD)
    run(operation)

    assert operation.state == "succeeded", operation.error
    assert not operation.needs_credential
    assert not SealedCredential.objects.exists()
    assert emulator.control.counts()["connections.create"] == 1


def test_a_password_that_waited_too_long_is_asked_for_again(
    emulator: Emulator, admin: User, project: Project
) -> None:
    operation = create.request_create(new_connection(project), PASSWORD, by=admin)
    SealedCredential.objects.update(expires_at=clock.now())

    run(operation)

    assert (operation.state, operation.needs_credential) == ("failed", True)
    assert "connections.create" not in emulator.control.counts()
    operations.request_retry(operation, by=admin, credential=PASSWORD)
    assert run(operation).state == "succeeded"


def test_a_service_agent_that_takes_its_time_is_waited_for(
    emulator: Emulator, admin: User, project: Project
) -> None:
    """Without the right to ask for the agent, the grant itself waits for it."""
    emulator.control.agent_delay(1.0)
    emulator.control.fault("services.generateServiceIdentity", times=50, status=403, when="before")

    operation = run(create.request_create(new_connection(project), PASSWORD, by=admin))

    while not operation.is_over:
        run(operation)
    assert operation.state == "succeeded", operation.error
    assert operation.steps.get(name=create.GRANT).attempts > 1


def test_foreign_and_conditional_bindings_survive(emulator: Emulator, admin: User, project: Project) -> None:
    before = google_projects.get_policy("acme-analytics")
    assert any(binding.condition for binding in before.bindings)

    run(create.request_create(new_connection(project), PASSWORD, by=admin))

    after = google_projects.get_policy("acme-analytics")
    difference = policies.diff(before, after)
    assert [(change.role, change.member) for change in difference.added] == [("roles/alloydb.client", AGENT)]
    assert not difference.removed


def test_a_principal_that_google_refuses_fails_the_share_and_nothing_else(
    emulator: Emulator, admin: User, project: Project
) -> None:
    nobody = "serviceAccount:nobody@acme-analytics.iam.gserviceaccount.com"
    new = new_connection(
        project, share=((nobody, CONNECTION_USER), ("user:analyst@example.com", CONNECTION_USER))
    )

    operation = run(create.request_create(new, PASSWORD, by=admin))

    assert operation.state == "failed"
    assert nobody.partition(":")[2] in operation.error
    assert states(operation)[create.TEST] == "succeeded"
    assert {g.principal: g.status for g in Grant.objects.filter(origin="share")} == {
        nobody: "failed",
        "user:analyst@example.com": "active",
    }
