"""Template tags for moments and how long something took.

A builtin in settings, so no template needs {% load %}.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal import clock

register = template.Library()

MINUTE, HOUR, DAY, MONTH, YEAR = 60, 3600, 86_400, 2_629_800, 31_557_600
UNITS = ((YEAR, "year"), (MONTH, "month"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))


@register.simple_tag
def ago(when: datetime | None, missing: str = "Never") -> SafeString:
    """A moment as "3 minutes ago" or "in 2 days", with the exact UTC time on hover."""
    if when is None:
        return format_html('<span class="none">{}</span>', missing)
    return time_element(when, relative(when - clock.shown()))


@register.simple_tag
def moment(when: datetime | None, missing: str = "Never") -> SafeString:
    """A moment as its exact UTC time."""
    if when is None:
        return format_html('<span class="none">{}</span>', missing)
    return time_element(when, exact(when))


def time_element(when: datetime, text: str) -> SafeString:
    """<time> for people and machines."""
    return format_html(
        '<time class="nowrap" datetime="{}" title="{}">{}</time>',
        when.astimezone(UTC).isoformat(timespec="seconds"),
        exact(when),
        text,
    )


def exact(when: datetime) -> str:
    """The time in UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def relative(distance: timedelta) -> str:
    """The largest unit that fits, rounded down: "2 hours ago", "in 3 days", "just now".

    A minute that has begun counts as left: what ends in 7 days does so for a minute after it was said.
    """
    begun = MINUTE - 1 if distance > timedelta(minutes=1) else 0
    seconds = int(abs(distance.total_seconds())) + begun
    for size, unit in UNITS:
        if count := seconds // size:
            text = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {text}" if distance > timedelta() else f"{text} ago"
    return "in a moment" if distance > timedelta(seconds=1) else "just now"


@register.simple_tag
def duration(start: datetime | None, end: datetime | None = None) -> str:
    """How long something took, or has taken so far: "0.4 s", "12 s", "3 min 5 s", "2 h 4 min"."""
    if start is None:
        return ""
    seconds = max(((end or clock.shown()) - start).total_seconds(), 0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
