"""A receiver of webhooks, and people who want to be told by it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from portal.models import User
from tests.portal import people
from tests.support.webhooks import Receiver, receiver


@pytest.fixture
def hook(settings: Settings) -> Iterator[Receiver]:
    """A webhook in this machine, which the portal may call."""
    settings.WEBHOOKS_IN_PRIVATE_NETWORKS = True
    with receiver() as found:
        yield found


@pytest.fixture
def ana(db: None) -> User:
    """Somebody who is told."""
    return people.person("ana@example.com")
