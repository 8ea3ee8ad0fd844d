"""The time, from the database: machines' own clocks may differ, leases and expiries must not.

A demo's clock can be moved forward, so that an expiry can be watched: then the database adds, in the same
query, what its row DemoClock says. Outside of demo mode that row is never looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.db.models.expressions import Combinable

_AHEAD = "(SELECT ahead FROM portal_democlock)"
_POSTGRESQL = "clock_timestamp()"
_POSTGRESQL_MOVED = f"(clock_timestamp() + COALESCE({_AHEAD}, 0) * interval '1 second')"
_SQLITE = "strftime('{format}', 'now')"
_SQLITE_MOVED = f"strftime('{{format}}', 'now', COALESCE('+' || {_AHEAD} || ' seconds', '+0 seconds'))"
_ISO = "%Y-%m-%dT%H:%M:%f+00:00"
# As Django keeps times in SQLite; each sign is written twice for the template, and twice for the query.
_AS_KEPT = "%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f"
SHOWN_SECONDS = 1.0

# What the database's clock said, and this machine's monotonic clock when it did.
_read: ContextVar[tuple[datetime, float] | None] = ContextVar("clock_read", default=None)


def now() -> datetime:
    """Return the database's present time, in UTC, to the millisecond at least."""
    if read := _read.get():
        return read[0] + timedelta(seconds=time.monotonic() - read[1])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_sqlite(_ISO) if connection.vendor == 'sqlite' else _postgresql()}")
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

    output_field = DateTimeField()

    def as_postgresql(
        self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        """Write it for PostgreSQL."""
        return self.as_sql(compiler, connection, template=_postgresql(), **context)

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """Write it as Django keeps times in SQLite: text, in UTC."""
        return self.as_sql(compiler, connection, template=_sqlite(_AS_KEPT), **context)


def later(seconds: float) -> Combinable:
    """Return the moment that many seconds from now, by the database's clock, inside a query."""
    return Now() + timedelta(seconds=seconds)


def shown() -> datetime:
    """Return the time that pages compare with: this machine's, which asks no database.

    In a demo it is moved as the demo's clock is, known for a second at a time.
    """
    return datetime.now(UTC) + timedelta(seconds=_ahead() if settings.DEMO else 0)


def forget_ahead() -> None:
    """The demo's clock was moved: shown() looks again."""
    _known.clear()


# How far the demo's clock is ahead, and when this process looked.
_known: dict[str, tuple[float, float]] = {}


def _ahead() -> float:
    known = _known.get("ahead")
    if known is None or time.monotonic() - known[1] > SHOWN_SECONDS:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT ahead FROM portal_democlock")
                row = cursor.fetchone()
        except (DatabaseError, ImproperlyConfigured):  # pages can be shown without a database
            row = None
        known = _known["ahead"] = (float(row[0]) if row else 0.0, time.monotonic())
    return known[0]


def _postgresql() -> str:
    return _POSTGRESQL_MOVED if settings.DEMO else _POSTGRESQL


def _sqlite(form: str) -> str:
    return (_SQLITE_MOVED if settings.DEMO else _SQLITE).format(format=form)
