"""The cast of these tests, and something to ask for."""

from __future__ import annotations

from tests.support.cast import ada, ana, aurel, olga, orders, oscar, project, quick

__all__ = ["ada", "ana", "aurel", "olga", "orders", "oscar", "project", "quick"]
