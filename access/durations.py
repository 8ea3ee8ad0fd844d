"""Lengths of time as people type and read them: "8 hours", "1 day 12 hours", "2 weeks". Pure."""

from __future__ import annotations

import re
from datetime import timedelta

from django.core.exceptions import ValidationError

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
LONGEST = timedelta(days=3650)
PRESETS = (HOUR, 4 * HOUR, 8 * HOUR, DAY, WEEK, 30 * DAY, 90 * DAY)
SAY_IT_LIKE = "Say it like “8 hours”, “7 days” or “1 day 12 hours”."

_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_PART = re.compile(r"(\d{1,6})\s*(minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)(?![a-z])[\s,]*")


def parse(text: str) -> timedelta:
    """Return how long `text` says, in whole minutes. Raises ValidationError with a sentence."""
    rest, total = text.strip().lower(), timedelta()
    if not rest:
        raise ValidationError(SAY_IT_LIKE)
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise ValidationError(SAY_IT_LIKE)
        total += int(part[1]) * _UNITS[part[2][0]]
        rest = rest[part.end() :]
    if not total:
        raise ValidationError("It has to last a minute at least.")
    if total > LONGEST:
        raise ValidationError("That is too long: ten years at most.")
    return total


def words(length: timedelta) -> str:
    """Say a length in days, hours and minutes, so that parse() understands it; less than a minute is none."""
    minutes = round(length / MINUTE)
    days, rest = divmod(minutes, 1440)
    parts = [(days, "day"), (rest // 60, "hour"), (rest % 60, "minute")]
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(said) or "0 minutes"


def presets(longest: timedelta | None) -> list[timedelta]:
    """The lengths to offer where `longest` is allowed; that one itself is always among them."""
    if longest is None:
        return list(PRESETS)
    return [*(preset for preset in PRESETS if preset < longest), longest]
