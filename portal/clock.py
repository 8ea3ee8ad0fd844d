"""The time, from the database: machines' own clocks may differ, leases and expiries must not."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

_QUERIES = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
}


def now() -> datetime:
    """Return the database's present time, in UTC, to the millisecond at least."""
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[connection.vendor])
        value = cursor.fetchone()[0]
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.astimezone(UTC)
