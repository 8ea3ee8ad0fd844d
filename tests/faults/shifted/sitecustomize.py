"""Makes this process's clock wrong by PORTAL_TEST_CLOCK_OFF seconds; Python imports it at its start.

The database keeps its own time, as it does when a machine's clock is off.
"""

from __future__ import annotations

import datetime
import os
import time

_OFF = float(os.environ.get("PORTAL_TEST_CLOCK_OFF", "0"))
_time = time.time
_Real = datetime.datetime


class _Meta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Real)


class _Shifted(_Real, metaclass=_Meta):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
        return _Real.now(tz) + datetime.timedelta(seconds=_OFF)

    @classmethod
    def utcnow(cls) -> datetime.datetime:  # type: ignore[override]
        return _Real.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=_OFF)


if _OFF:
    time.time = lambda: _time() + _OFF
    datetime.datetime = _Shifted  # type: ignore[misc]
    print(f"the clock is off by {_OFF} seconds", flush=True)
