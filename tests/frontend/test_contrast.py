"""The colour tokens of console.css meet WCAG 2.2 AA: 4.5 for text, 3 for edges of controls and focus."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "static/css/console.css").read_text()
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
TOKENS = {name: {"light": light, "dark": dark} for name, light, dark in TOKEN.findall(CSS)}

TONES = ("neutral", "info", "success", "warning", "danger")
SURFACES = ("canvas", "surface", "surface-2", "surface-3")
TEXT_PAIRS = [
    *((text, surface) for text in ("text", "text-2") for surface in SURFACES),
    *((text, surface) for text in ("text-3", "link") for surface in ("canvas", "surface", "surface-2")),
    *((f"{tone}-fg", f"{tone}-bg") for tone in TONES),
    *((f"{tone}-fg", surface) for tone in TONES for surface in ("surface", "surface-2")),
    *(("text", f"{tone}-bg") for tone in TONES),
    ("accent", "accent-soft"),
    ("text", "accent-soft"),
    ("text-2", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-danger", "danger-solid"),
    ("on-danger", "danger-solid-hover"),
    ("accent-hover", "surface"),
]
EDGE_PAIRS = [
    *(
        (edge, surface)
        for edge in ("line-strong", "focus", "accent")
        for surface in ("canvas", "surface", "surface-2")
    ),
    ("danger-fg", "surface"),
]


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_can_be_read(text: str, ground: str, theme: str) -> None:
    assert contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGE_PAIRS)
def test_edges_can_be_seen(edge: str, ground: str, theme: str) -> None:
    assert contrast(TOKENS[edge][theme], TOKENS[ground][theme]) >= 3


def test_rules_use_tokens_and_no_colours_of_their_own() -> None:
    rules = CSS[CSS.index("/* The toggle overrules") :]
    own = [
        line.strip()
        for line in rules.splitlines()
        if re.search(r"#[0-9a-f]{3,8}\b|rgba?\(", line)
        and "#fff;" not in line
        and not line.lstrip().startswith(".dialog >")
    ]
    assert own == []
