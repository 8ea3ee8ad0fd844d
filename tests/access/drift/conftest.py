"""A connection that Google has, shared with an analyst by the portal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from access.models import CONNECTION_USER, Drift, Resource
from emulator.client import Control
from portal.models import Operation, User
from tests.support.creation import NUMBER, administrator, ask_for, carry_out
from tests.support.emulated import Emulator
from tests.support.google_side import bindings

EVE = "user:eve@example.com"


@pytest.fixture
def ada() -> User:
    """Who makes the connection."""
    return administrator()


@pytest.fixture
def google(emulator: Emulator) -> Control:
    """Google's APIs; new service agents are there at once."""
    emulator.control.agent_delay(0)
    return emulator.control


@pytest.fixture
def orders(google: Control, without_pauses: None, transactional_db: None) -> Resource:
    """The connection's resource."""
    carry_out(operation := ask_for())
    assert operation.state == Operation.State.SUCCEEDED, operation.error
    return Resource.objects.get(kind=Resource.Kind.CONNECTION)


@pytest.fixture
def outsider(google: Control, orders: Resource) -> Callable[..., None]:
    """Somebody edits the connection's policy past the portal: `outsider(member, "remove")`."""

    def edit(member: str, action: str = "add", role: str = CONNECTION_USER) -> None:
        google.outsider(at_google(orders), role, member, action)

    return edit


def at_google(resource: Resource) -> str:
    """Return Google's name of the connection: with the project's number."""
    return resource.full_name.replace("acme-analytics", str(NUMBER))


def members(google: Control, resource: Resource, role: str = CONNECTION_USER) -> set[str]:
    """Return who has a role on the connection at Google."""
    return {member for held, member, _ in bindings(google, at_google(resource)) if held == role}


def differences(resource: Resource) -> set[tuple[str, str, str]]:
    """Return the differences that are not settled: kind, principal, state."""
    rows = resource.drifts.exclude(state=Drift.State.RESOLVED)
    return set(rows.values_list("kind", "principal", "state"))
