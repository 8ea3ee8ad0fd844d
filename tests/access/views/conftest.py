"""The cast of these tests."""

from __future__ import annotations

from tests.support.cast import ada, ana, aurel, olga, orders, project, quick

__all__ = ["ada", "ana", "aurel", "olga", "orders", "project", "quick"]
