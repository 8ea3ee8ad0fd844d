"""How many examples property-based tests try, and how: one profile for all."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# The same examples in every run, so that a run is red because of what was changed. `pytest
# --hypothesis-profile explore` looks for others.
settings.register_profile(
    "repeatable", deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.register_profile("explore", settings.get_profile("repeatable"), derandomize=False)
settings.load_profile("repeatable")


def examples(number: int) -> settings:
    """Try `number` examples; on PostgreSQL, where the same search came before it on SQLite, a quarter."""
    on_postgresql = os.environ["DATABASE_URL"].startswith("postgres")
    return settings(max_examples=max(5, number // 4) if on_postgresql else number)
