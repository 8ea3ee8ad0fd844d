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
    """A `google-datetime` with a `Z`: whole seconds without a fraction, others with microseconds.

    The proto3 JSON mapping; google-auth reads no other form of a token's `expireTime`.
    """
    time_ = datetime.fromtimestamp(moment, UTC)
    return time_.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if time_.microsecond else "%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 timestamp.

    Raises ValueError when `text` is not one, or has no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a timestamp needs a time zone")
    return moment.timestamp()
