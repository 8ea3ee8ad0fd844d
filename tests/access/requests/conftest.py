"""The cast of these tests, and something to ask for."""

from __future__ import annotations

import pytest

from access.models import Resource
from portal.models import Project, User
from tests.support.cast import ada, ana, aurel, olga, project, quick
from tests.support.factories import make_connection, make_person

__all__ = ["ada", "ana", "aurel", "olga", "project", "quick"]


@pytest.fixture
def oscar(db: None) -> User:
    """Another who can be made an owner."""
    return make_person("oscar@example.com")


@pytest.fixture
def orders(project: Project, olga: User) -> Resource:
    """A connection's resource, which Olga owns."""
    return make_connection(project, owners=(olga,)).resource
