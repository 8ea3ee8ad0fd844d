"""Time as Google's APIs write it."""

import time
from datetime import UTC, datetime


def now() -> float:
    """Seconds since the epoch."""
    return time.time()


def milliseconds(moment: float) -> str:
    """An int64 of milliseconds in JSON form, as BigQuery writes `creationTime`."""
    return str(int(moment * 1000))


def rfc3339(moment: float) -> str:
    """A `google-datetime`, with microseconds and a `Z`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_rfc3339(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 timestamp.

    Raises ValueError when `text` is not one, or has no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a timestamp needs a time zone")
    return moment.timestamp()
