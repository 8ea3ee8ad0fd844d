"""Lengths of time as policies write them: "90 days", "8 hours". Pure."""

from __future__ import annotations

import re
from datetime import timedelta

_SPAN = re.compile(r"(\d{1,6})\s*(hour|day)s?", re.IGNORECASE)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def spelled(span: timedelta) -> str:
    """Return whole days as "3 days", other lengths in hours, cut down to whole ones."""
    if span % DAY == timedelta():
        return _counted(span // DAY, "day")
    return _counted(span // HOUR, "hour")


def read(text: str) -> timedelta:
    """Return the length that `text` names. Raises ValueError with a sentence."""
    found = _SPAN.fullmatch(text.strip())
    if not found or not int(found[1]):
        raise ValueError("Write a number of days or hours, such as 90 days or 8 hours.")
    return int(found[1]) * (DAY if found[2].lower() == "day" else HOUR)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
