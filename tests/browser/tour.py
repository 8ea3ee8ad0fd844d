"""A guide who shows every page of the URL resolver to each of the people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, Page

from tests.browser.inspecting import NARROW, WIDE, complaints
from tests.browser.pages import sign_in
from tests.browser.watching import Watch
from tests.support.running_portal import RunningPortal

LOOKS = (("light", WIDE), ("dark", WIDE), ("light", NARROW), ("dark", NARROW))
PEOPLE = ("nobody", "admin", "owner", "analyst", "auditor")


@dataclass(frozen=True)
class Route:
    """One address of the resolver, by its full name; `takes` are the arguments in it."""

    name: str
    takes: tuple[str, ...]


def routes() -> list[Route]:
    """Return every named route; second addresses of the same name are the same page."""
    found = {route.name: route for route in _walk(get_resolver(), "")}
    return [found[name] for name in sorted(found)]


def _walk(resolver: URLResolver, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _walk(entry, namespace + (f"{entry.namespace}:" if entry.namespace else ""))
        elif isinstance(entry, URLPattern) and entry.name:
            yield Route(namespace + entry.name, tuple(entry.pattern.regex.groupindex))


class Tour:
    """Keeps a browser open for each person, so that a visit costs a page and not a sign-in."""

    def __init__(self, browser: Browser, options: dict[str, Any], portal: RunningPortal) -> None:
        self._browser = browser
        self._options = options
        self._portal = portal
        self._pages: dict[str, Page] = {}
        self._addresses: dict[str, list[str]] = {}
        self.watch = Watch()

    def close(self) -> None:
        """Close every browser."""
        for page in self._pages.values():
            page.context.close()

    def page(self, person: str) -> Page:
        """The person's browser."""
        if person not in self._pages:
            context = self.watch.over(self._browser.new_context(**self._options))
            context.set_default_timeout(20_000)
            self._pages[person] = page = context.new_page()
            if person != "nobody":
                sign_in(page, f"{person}@example.com")
        return self._pages[person]

    def leads_to_a_page(self, person: str, path: str) -> bool:
        """Whether a GET answers this person with a page of its own: no redirect, no file, no refusal."""
        answer = self.page(person).request.get(path, max_redirects=0)
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        return answer.status == 200 and is_page and "<!doctype html>" in answer.text()[:200].lower()

    def flaws(self, person: str, path: str) -> list[str]:
        """Show the page; return what is wrong with it, for an administrator in every light and width."""
        page = self.page(person)
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        page.goto(path)
        found = []
        for theme, size in LOOKS if person in {"admin", "nobody"} else LOOKS[::3]:
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.set_viewport_size(size)
            found += [f"{person} {theme} {size['width']} px: {flaw}" for flaw in complaints(page)]
        found += self.watch.complaints
        self.watch.complaints = []
        return found
