"""What the Content-Security-Policy forbids is in no template, and colours come from the tokens alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))
FORBIDDEN = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an event handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I),
    "htmx's inline handlers": re.compile(r"\b(?:data-)?hx-on[:-]", re.I),
    "htmx's evaluation": re.compile(r"(?:hx-(?:vals|headers)\s*=\s*[\"']js:)", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
    "a data: address": re.compile(r"(?:src|href)\s*=\s*[\"']data:", re.I),
    "an address elsewhere": re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.I),
    "hx attributes on body": re.compile(r"<body[^>]*\shx-", re.I),
    # Bootstrap's colours know nothing of our dark theme; ours are .muted, .danger, .chip-*, .callout-*.
    "a colour class of Bootstrap": re.compile(
        r"\b(?:text|bg|text-bg|border|alert|badge|link)-(?:primary|secondary|success|info|warning|danger|light|dark|muted|white|black)\b"
    ),
}
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.I | re.S)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_template_keeps_the_policy(path: Path) -> None:
    text = path.read_text()
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    inline = [
        body
        for attributes, body in SCRIPT.findall(text)
        if body.strip() and "application/json" not in attributes
    ]
    assert (found, inline) == ([], [])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_template_compiles(path: Path) -> None:
    get_template(str(path.relative_to(FOLDER)))


@pytest.mark.parametrize("text", ['<p style="color: red">', '<a onclick="f()">', '<a href="javascript:f()">'])
def test_a_planted_sin_is_found(text: str) -> None:
    assert any(pattern.search(text) for pattern in FORBIDDEN.values())
