"""Looking at a page as it stands: WCAG 2.2 AA by axe-core, and whether its text can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
Theme = Literal["light", "dark"]
Rules = Literal["all", "colours", "layout"]
LOOKS: tuple[tuple[Theme, ViewportSize], ...] = (
    ("light", WIDE),
    ("dark", WIDE),
    ("light", NARROW),
    ("dark", NARROW),
)
LAYOUT = (Path(__file__).parent / "layout.js").read_text()
AXE = """
async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  const why = (found, node) => node.any[0]?.message ?? found.help;
  const sentence = (found, node) => `${found.id}: ${node.target.join(" ")} ${why(found, node)}`;
  return violations.flatMap((found) => found.nodes.map((node) => sentence(found, node)));
}
"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Nothing moves while it is measured.
STILL = """
Promise.all(document.getAnimations().map((a) => a.effect.getTiming().iterations < 9 ? a.finished : null))
"""


def complaints(page: Page, rules: Rules = "all") -> list[str]:
    """Return what is wrong with the page as it is now: theme, width, dialogs and all.

    `rules`: "colours" where nothing but them has changed since the page was looked at in this width,
    "layout" where only the width has.
    """
    page.wait_for_load_state("load")
    page.evaluate(STILL)
    page.evaluate("scrollTo(0, 0)")  # what lies under the header for the moment is no flaw
    found: list[str] = [] if rules == "colours" else page.evaluate(LAYOUT)
    if rules != "layout":
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(AXE_SCRIPT)
        found += page.evaluate(AXE, ["color-contrast"] if rules == "colours" else TAGS)
    return found


def look(page: Page, *, everywhere: bool = False) -> None:
    """Fail if the page has flaws as it stands; `everywhere`: light and wide, then dark and narrow."""
    if not everywhere:
        found = complaints(page)
        assert not found, _report(page, found)
        return
    before = page.viewport_size or WIDE
    for theme, size in (LOOKS[0], LOOKS[-1]):
        put_on(page, theme, size)
        found = complaints(page)
        assert not found, _report(page, found, f"{theme}, {size['width']} px")
    put_on(page, "light", before)


def put_on(page: Page, theme: Theme, size: ViewportSize) -> None:
    """Give the page a theme and a size."""
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(size)


def _report(page: Page, found: list[str], how: str = "") -> str:
    return "\n  ".join([f"{page.url} {how}", *found])
