"""The cast of the reviews' tests."""

from __future__ import annotations

import pytest

from access.models import Resource
from portal.models import User
from tests.support import factories
from tests.support.cast import ada, ana, aurel, olga, quick

__all__ = ["ada", "ana", "aurel", "olga", "quick"]


@pytest.fixture
def orders(olga: User) -> Resource:
    """Olga's connection."""
    name = "projects/acme-analytics/locations/us/connections/orders"
    return factories.make_resource(name, owners=(olga,), url="/connections/acme-analytics/us/orders/")
