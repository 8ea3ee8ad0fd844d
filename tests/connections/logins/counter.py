"""Where logins are checked in these tests: asked for, and carried out as a worker would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connections import tasks
from connections.logins import checking
from connections.logins.checking import NewCheck
from connections.logins.troubles import recognise
from connections.models import DatabaseInstance
from emulator.estate import LOGIN_CHECKER
from portal.models import AuditEvent, Operation, SealedCredential, User
from tests.connections.logins.desk import PRIMARY, Desk
from tests.support.creation import PROJECT

CHECKER = LOGIN_CHECKER.removesuffix(".gserviceaccount.com")


@dataclass
class Counter:
    """Where checks are asked for and carried out."""

    desk: Desk
    ana: User

    def check(
        self, name: str = PRIMARY, *, token: str = "", by: User | None = None, **more: Any
    ) -> Operation:
        """Ask for a check of the demo's account, or of a token, and carry it out."""
        return self.carry_out(self.ask(name, token=token, by=by, **more))

    def ask(self, name: str = PRIMARY, *, token: str = "", by: User | None = None, **more: Any) -> Operation:
        """Ask for it alone."""
        database = "orders" if name == PRIMARY else "crm"
        values = {"database": database, "user": CHECKER, "network": "PUBLIC"}
        values |= {} if token else {"account": LOGIN_CHECKER}
        new = NewCheck(instance=self.instance(name), **(values | more))
        asker = by or (self.ana if token else self.desk.ada)
        return checking.request_check(new, token, by=asker)

    def carry_out(self, operation: Operation) -> Operation:
        """As a worker."""
        tasks.check_login(str(operation.pk))
        operation.refresh_from_db()
        return operation

    def instance(self, name: str) -> DatabaseInstance:
        """One of the demo's instances."""
        return self.desk.instance(name)

    def token(self, *scopes: str, email: str = LOGIN_CHECKER, lifetime: float = 3600) -> str:
        """A token as gcloud prints it."""
        return self.desk.google.token(email, *scopes, lifetime=lifetime)

    def lose(self, role: str) -> None:
        """Somebody takes a role from the account."""
        member = f"serviceAccount:{LOGIN_CHECKER}"
        self.desk.google.outsider(f"projects/{PROJECT}", role, member, "remove")


def states(operation: Operation) -> dict[str, str]:
    """How each stage stands."""
    return dict(operation.steps.values_list("name", "state"))


def broken(operation: Operation) -> tuple[str, str, str]:
    """The stage that broke, its message and what to do; stages before it are done, later ones untouched."""
    assert operation.state == Operation.State.FAILED
    steps = list(operation.steps.all())
    (place,) = [number for number, step in enumerate(steps) if step.state == "failed"]
    assert {step.state for step in steps[:place]} <= {"succeeded"}
    assert {step.state for step in steps[place + 1 :]} <= {"pending"}
    assert steps[place].remedy
    assert not SealedCredential.objects.filter(operation=operation).exists()
    return steps[place].name, steps[place].message, steps[place].remedy


def code(message: str) -> str:
    """What Troubleshoot makes of a message."""
    found = recognise(message)
    return found.code if found else ""


def acts() -> list[AuditEvent]:
    """What the audit trail tells of checks."""
    return list(AuditEvent.objects.filter(action="login.check").order_by("position"))
