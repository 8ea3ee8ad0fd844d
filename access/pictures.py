"""Small pictures as numbers for SVG: lines and columns in a box. Pure; templates draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 440, 150
# Room for what the axes say.
LEFT, TOP, BOTTOM = 44, 10, 22
_GAP = 0.22


@dataclass(frozen=True)
class Mark:
    """A line across the picture with its number, or a word below it."""

    at: float
    text: str


@dataclass(frozen=True)
class Column:
    """One column, with its words for a title."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Picture:
    """A line with the area below it, or columns; and what stands at the axes."""

    line: str
    area: str
    columns: list[Column]
    across: list[Mark]
    below: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


def line(values: Sequence[int], labels: Sequence[str]) -> Picture:
    """Draw values that follow each other; `labels` is what each stands for. At least two."""
    top = ceiling(max(values))
    step = (WIDTH - LEFT) / (len(values) - 1)
    points = [(LEFT + number * step, _y(value, top)) for number, value in enumerate(values)]
    path = " ".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(points))
    floor = HEIGHT - BOTTOM
    area = f"{path} L{WIDTH} {floor} L{LEFT} {floor} Z"
    return Picture(path, area, [], _across(top), _below(labels, [x for x, _ in points]))


def columns(values: Sequence[int], labels: Sequence[str], *, each_named: bool = False) -> Picture:
    """Draw values that stand beside each other; `each_named` writes every label below its column."""
    top = ceiling(max(values))
    room = (WIDTH - LEFT) / len(values)
    drawn = [
        Column(
            round(LEFT + number * room + room * _GAP / 2, 1),
            round(_y(value, top), 1),
            round(room * (1 - _GAP), 1),
            round(HEIGHT - BOTTOM - _y(value, top), 1),
            f"{label}: {value}",
        )
        for number, (value, label) in enumerate(zip(values, labels, strict=True))
    ]
    middles = [round(column.x + column.width / 2, 1) for column in drawn]
    below = [Mark(at, label) for at, label in zip(middles, labels, strict=True)]
    return Picture("", "", drawn, _across(top), below if each_named else _below(labels, middles))


def ceiling(highest: int) -> int:
    """Return the end of an axis that has a whole number in its middle: 2, 4, 10, 20, 40, 100 and so on."""
    size = 1
    while True:
        for first in (2, 4, 10):
            if highest <= first * size:
                return first * size
        size *= 10


def _y(value: int, top: int) -> float:
    return TOP + (HEIGHT - BOTTOM - TOP) * (1 - value / top)


def _across(top: int) -> list[Mark]:
    return [Mark(round(_y(value, top), 1), f"{value:,}") for value in (0, top // 2, top)]


def _below(labels: Sequence[str], places: Sequence[float]) -> list[Mark]:
    """The first, the middle and the last."""
    chosen = sorted({0, len(labels) // 2, len(labels) - 1})
    return [Mark(round(places[number], 1), labels[number]) for number in chosen]
