"""The people of tests of pages, as fixtures for a conftest.py to import, and what they speak of.

Ada makes connections, Olga owns one where a test makes her its owner, Ana uses it, Aurel audits.
"""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from access.models import Resource
from portal.models import ADMINISTRATOR, AUDITOR, Project, User
from tests.support import pages
from tests.support.factories import make_connection, make_person, make_project


@pytest.fixture(autouse=True)
def quick(settings: Settings) -> None:
    """Plain static files and a quick password hash."""
    pages.quicken(settings)


@pytest.fixture
def ada(db: None) -> User:
    """An administrator."""
    return make_person("ada@example.com", ADMINISTRATOR)


@pytest.fixture
def olga(db: None) -> User:
    """Somebody who can be made an owner."""
    return make_person("olga@example.com")


@pytest.fixture
def oscar(db: None) -> User:
    """Another who can be made an owner."""
    return make_person("oscar@example.com")


@pytest.fixture
def ana(db: None) -> User:
    """An analyst."""
    return make_person("ana@example.com")


@pytest.fixture
def aurel(db: None) -> User:
    """An auditor."""
    return make_person("aurel@example.com", AUDITOR)


@pytest.fixture
def project(db: None) -> Project:
    """A usable project."""
    return make_project()


@pytest.fixture
def orders(project: Project, olga: User) -> Resource:
    """A connection's resource, which Olga owns."""
    return make_connection(project, owners=(olga,)).resource
