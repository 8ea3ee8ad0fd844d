"""Insights: small pictures of grants and requests, with the same figures as tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import figures, pictures
from access.drift import missing
from access.models import Grant
from portal import clock
from portal.permissions import overseer, permitted

SHOWN = 10


@dataclass(frozen=True)
class Chart:
    """A picture, what it shows in a sentence, and its figures as a table."""

    key: str
    title: str
    summary: str
    heads: tuple[str, ...]
    rows: list[list[Any]]
    picture: pictures.Picture
    empty: bool


@require_safe
@permitted(overseer)
def insights(request: HttpRequest) -> HttpResponse:
    """What a worker counted last."""
    counted = figures.latest()
    soon = Grant.objects.filter(desired=Grant.Presence.PRESENT, expires_at__gte=clock.now())
    context = {
        "counted": counted,
        "charts": _charts(counted.content) if counted else [],
        "days": figures.DAYS,
        "sees_all": True,
        "ending": list(missing.noted(soon.select_related("resource").order_by("expires_at", "pk"))[:SHOWN]),
    }
    return render(request, "access/insights.html", context)


def _charts(content: dict[str, Any]) -> list[Chart]:
    return [_held(content["held"]), _ending(content["ending"]), _outcomes(content), _spans(content)]


def _held(rows: list[list[Any]]) -> Chart:
    now, then = _many(rows[-1][1], "grant is", "grants are"), _many(rows[0][1], "was", "were")
    return Chart(
        "held",
        "Grants over time",
        f"{now} held now, {then} {figures.DAYS - 1} days ago.",
        ("Day", "Held", "Gained", "Lost"),
        rows[::-1],
        pictures.line([row[1] for row in rows], [row[0] for row in rows]),
        not any(row[1] or row[2] for row in rows),
    )


def _ending(rows: list[list[Any]]) -> Chart:
    total = sum(row[1] for row in rows)
    return Chart(
        "ending",
        "Ending soon",
        f"{_many(total, 'grant ends', 'grants end')} in the next {figures.AHEAD} days.",
        ("Day", "End"),
        rows,
        pictures.columns([row[1] for row in rows], [row[0] for row in rows]),
        not total,
    )


def _outcomes(content: dict[str, Any]) -> Chart:
    rows = [[state.capitalize(), number] for state, number in content["outcomes"]]
    total = sum(row[1] for row in rows)
    return Chart(
        "outcomes",
        "Requests by outcome",
        f"{_many(total, 'request was', 'requests were')} made in the last {figures.DAYS} days.",
        ("Outcome", "Requests"),
        rows,
        pictures.columns([row[1] for row in rows], [row[0] for row in rows], each_named=True),
        not total,
    )


def _spans(content: dict[str, Any]) -> Chart:
    rows = content["spans"]
    total = sum(row[1] for row in rows)
    return Chart(
        "spans",
        "Time to decision",
        f"{rows[0][1]:,} of {_many(total, 'decision', 'decisions')} came within an hour.",
        ("Time", "Decisions"),
        rows,
        pictures.columns([row[1] for row in rows], [row[0] for row in rows], each_named=True),
        not total,
    )


def _many(number: int, one: str, more: str) -> str:
    """A number with what it counts."""
    return f"{number:,} {one if number == 1 else more}"
