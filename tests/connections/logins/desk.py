"""Where logins are granted and ended in these tests, as workers would do it, without their pauses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from access import reconcile
from access import tasks as access_tasks
from access.ending import end_on
from access.models import DATABASE_LOGIN, Grant
from connections import tasks
from connections.logins import claiming, ending, looking
from connections.logins.claiming import NewLogin
from connections.models import DatabaseInstance, DatabaseUser
from connections.services import discover
from emulator.client import Control
from portal import audit, clock
from portal.models import Operation, User
from tests.support.creation import NUMBER, PROJECT, administrator, demo_project
from tests.support.google_side import bindings

TASKS: dict[str, Callable[[str], None]] = {
    discover.TASK: tasks.discover_assets,
    looking.TASK: tasks.look_at_instance,
    claiming.TASK: tasks.grant_login,
    ending.TASK: tasks.end_logins,
    "access.share": access_tasks.share,
}
CRM, SHOP = f"projects/{PROJECT}/instances/crm", f"projects/{PROJECT}/instances/shop"
CLUSTER = f"projects/{PROJECT}/locations/us-central1/clusters/orders"
PRIMARY, READ_POOL = f"{CLUSTER}/instances/orders-primary", f"{CLUSTER}/instances/orders-read"
ANA, BEN = "user:ana@example.com", "user:ben@example.com"
LOADER = "serviceAccount:nightly-loader@acme-analytics.iam.gserviceaccount.com"
ALLOYDB_ROLES = {
    "roles/alloydb.databaseUser",
    "roles/serviceusage.serviceUsageConsumer",
    "roles/alloydb.client",
}
SQL_ROLES = {"roles/cloudsql.instanceUser", "roles/cloudsql.client"}
Presence = Grant.Presence


def attempt(operation: Operation) -> Operation:
    """Do what a worker does when the operation's message arrives."""
    TASKS[operation.task](str(operation.pk))
    operation.refresh_from_db()
    return operation


def carry_out(operation: Operation, attempts: int = 15) -> Operation:
    """Attempt the operation until it is over, skipping the waits."""
    for _ in range(attempts):
        if attempt(operation).is_over:
            return operation
        past = clock.now() - timedelta(seconds=1)
        Operation.objects.filter(pk=operation.pk).update(run_after=past)
    raise AssertionError(f"not over after {attempts} attempts: {operation.error}")


def succeed(operation: Operation) -> Operation:
    """Carry it out; it has to succeed."""
    carry_out(operation)
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    return operation


def fail(operation: Operation) -> Operation:
    """Carry it out; it has to fail, with something to do about it."""
    carry_out(operation)
    assert operation.state == Operation.State.FAILED
    assert operation.steps.get(state="failed").remedy
    return operation


class Desk:
    """Where Ada lets people log in to the demo's databases."""

    def __init__(self, google: Control) -> None:
        self.google = google
        self.ada: User = administrator()
        project = demo_project()
        succeed(discover.request_discovery(project, by=None))
        google.clear_calls()

    def instance(self, name: str = PRIMARY) -> DatabaseInstance:
        """One of the demo's instances."""
        found: DatabaseInstance = DatabaseInstance.objects.select_related("project", "resource").get(
            resource__full_name=name
        )
        return found

    def ask(self, name: str = PRIMARY, principal: str = ANA, *, until: datetime | None = None) -> Operation:
        """Ask for a login that was approved."""
        with audit.appending():
            new = NewLogin(self.instance(name), principal, expires_at=until, reason="on call")
            return claiming.request_login(new, by=self.ada)

    def grant(self, name: str = PRIMARY, principal: str = ANA) -> Grant:
        """Let somebody log in."""
        succeed(self.ask(name, principal))
        return self.login(name, principal)

    def login(self, name: str = PRIMARY, principal: str = ANA) -> Grant:
        """The newest claim of a principal on logging in there."""
        found = self.instance(name).resource.grants.filter(principal=principal, role=DATABASE_LOGIN)
        newest: Grant = found.order_by("-pk")[0]
        return newest

    def end(self, name: str = PRIMARY, principal: str = ANA) -> Operation:
        """End a login as people and the expiry sweep do; return the operation that takes back."""
        with audit.appending():
            grant = self.login(name, principal)
            operation = end_on(grant.resource, [grant], by=self.ada, reason="left the team", title="End")
        assert operation is not None
        return operation

    def reconcile(self) -> list[Operation]:
        """Have what is still to be taken away taken away, as each minute does."""
        before = set(Operation.objects.values_list("pk", flat=True))
        reconcile.request_due()
        made = list(Operation.objects.exclude(pk__in=before).order_by("created_at"))
        for operation in made:
            carry_out(operation)
        return made

    def roles(self, principal: str = ANA) -> set[str]:
        """What a principal holds on the project at Google."""
        return {
            role for role, member, condition in bindings(self.google) if member == principal and not condition
        }

    def users(self, home: str = CLUSTER) -> dict[str, str]:
        """The database users at Google, with their types."""
        return {
            key.rpartition("/users/")[2]: str(body.get("userType") or body.get("type"))
            for key, body in self._resources().items()
            if f"/{home.replace(PROJECT, str(NUMBER))}/users/" in key
        }

    def _resources(self) -> dict[str, dict[str, object]]:
        found = self.google.state()["resources"]
        return {key: row.get("body", row) for key, row in found.items()}

    def known(self, name: str, home: str = CLUSTER) -> DatabaseUser:
        """What the portal knows of a database user."""
        return DatabaseUser.objects.get(home=home, name=name)
