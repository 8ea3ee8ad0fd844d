"""The cast of these tests, and a connection that is at Google."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connections.models import Connection
from portal.models import User
from tests.connections.life import acts
from tests.support.cast import ada, ana, aurel, olga, quick
from tests.support.creation import administrator
from tests.support.emulated import Emulator

__all__ = ["ada", "ana", "aurel", "olga", "quick"]


@pytest.fixture
def admin(transactional_db: None) -> User:
    """Ada, who makes connections."""
    return administrator()


@pytest.fixture
def make(emulator: Emulator, admin: User) -> Callable[..., Connection]:
    """Make connections to the demo database, at Google and here."""
    emulator.control.agent_delay(0)
    return acts.made


@pytest.fixture
def orders(make: Callable[..., Connection]) -> Connection:
    """A connection to the demo database, shared with the analyst, its agent's role granted."""
    return make("orders")
