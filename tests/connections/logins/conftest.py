"""The cast, Google, and the desk where logins are granted."""

from __future__ import annotations

import pytest

from connections.logins import at_google
from connections.models import DatabaseInstance
from emulator.client import Control
from portal.models import Project, User
from tests.connections.logins.counter import Counter
from tests.connections.logins.desk import Desk
from tests.support.cast import ada, ana, aurel, olga, project, quick
from tests.support.emulated import Emulator
from tests.support.factories import make_instance

__all__ = ["ada", "ana", "aurel", "olga", "project", "quick"]


@pytest.fixture
def google(emulator: Emulator) -> Control:
    """Google's APIs."""
    return emulator.control


@pytest.fixture
def crm(project: Project) -> DatabaseInstance:
    """A Cloud SQL instance of PostgreSQL, as a worker has just seen it."""
    return make_instance(project)


@pytest.fixture
def desk(
    transactional_db: None, google: Control, without_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """Where Ada lets people log in, without the pauses between two looks."""
    monkeypatch.setattr(at_google, "PAUSES", (0.05,) * 20)
    return Desk(google)


@pytest.fixture
def counter(desk: Desk, ana: User) -> Counter:
    """Where people have logins checked."""
    return Counter(desk, ana)
