"""Looking at a page as it stands: WCAG 2.2 AA by axe-core, and whether its text can be read."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
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


def complaints(page: Page) -> list[str]:
    """Return what is wrong with the page as it is now: theme, width, dialogs and all."""
    page.evaluate(STILL)
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE, TAGS)
    return found + list(page.evaluate(LAYOUT))


def look(page: Page, *, everywhere: bool = False) -> None:
    """Fail if the page has flaws; `everywhere`: light and dark, wide and narrow, else as it stands."""
    if not everywhere:
        found = complaints(page)
        assert not found, _report(page, found)
        return
    before = page.viewport_size or WIDE
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            found = complaints(page)
            assert not found, _report(page, found, f"{theme}, {size['width']} px")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)


def _report(page: Page, found: list[str], how: str = "") -> str:
    return "\n  ".join([f"{page.url} {how}", *found])
