"""The time, from the database: machines' own clocks may differ, leases and expiries must not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.db.models.expressions import Combinable

_QUERIES = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
}

# What the database's clock said, and this machine's monotonic clock when it did.
_read: ContextVar[tuple[datetime, float] | None] = ContextVar("clock_read", default=None)


def now() -> datetime:
    """Return the database's present time, in UTC, to the millisecond at least."""
    if read := _read.get():
        return read[0] + timedelta(seconds=time.monotonic() - read[1])
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES[connection.vendor])
        value = cursor.fetchone()[0]
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.astimezone(UTC)


@contextmanager
def going_on_from(moment: datetime) -> Iterator[None]:
    """Within a transaction that has just read the database's clock: now() goes on from there, unasked."""
    token = _read.set((moment.astimezone(UTC), time.monotonic()))
    try:
        yield
    finally:
        _read.reset(token)


class Now(Func):
    """The database's present time inside a query: saves the round trip that now() costs."""

    template = "clock_timestamp()"
    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """Write it as Django keeps times in SQLite: text, in UTC."""
        return self.as_sql(
            compiler, connection, template="strftime('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'now')", **context
        )


def later(seconds: float) -> Combinable:
    """Return the moment that many seconds from now, by the database's clock, inside a query."""
    return Now() + timedelta(seconds=seconds)
