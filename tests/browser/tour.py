"""A guide who shows every page of the URL resolver to each of the people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.inspecting import LOOKS, NARROW, WIDE, Rules, Theme, complaints, put_on
from tests.browser.pages import PROJECT
from tests.browser.watching import Watch
from tests.support.running_portal import RunningPortal

# No GET leads there, and their arguments would be known to nobody.
ONLY_POSTED = {
    "access:answer_review",
    "access:check_drift",
    "access:comment",
    "access:decide",
    "access:decide_drift",
    "access:extend",
    "connections:clean_instance",
    "connections:refresh_instance",
    "connections:restore_login",
    "portal:change_roles",
    "portal:reactivate_person",
    "portal:remove_filter",
    "portal:retry_operation",
    "portal:send_notice_again",
    "portal:withdraw_invitation",
}
# One instance of each product that has pages of its own.
DATABASES = (
    f"projects/{PROJECT}/locations/us-central1/clusters/orders/instances/orders-primary",
    f"projects/{PROJECT}/instances/shop",
)
ABOUT_DATABASES = ("instance", "connect", "check_login", "troubleshoot", "read_alerts")
PEOPLE = ("nobody", "admin", "owner", "analyst", "auditor")
# In which light and width, and by which rules, somebody's page is looked at who meets all parts of it; and
# what others see of the same.
CLOSELY: tuple[tuple[Theme, ViewportSize, Rules], ...] = (
    ("light", WIDE, "all"),
    ("dark", WIDE, "colours"),
    ("light", NARROW, "all"),
    ("dark", NARROW, "colours"),
)
BRIEFLY: tuple[tuple[Theme, ViewportSize, Rules], ...] = (("dark", WIDE, "all"), ("dark", NARROW, "layout"))


@dataclass(frozen=True)
class Route:
    """One address of the resolver, by its full name; `takes` are the arguments in it."""

    name: str
    takes: tuple[str, ...]

    @property
    def visitors(self) -> tuple[str, ...]:
        """Who is shown it: pages about one's own account look the same for everybody with one."""
        return PEOPLE if ":" in self.name else ("nobody", "admin", "secured")


def routes() -> list[Route]:
    """Return every named route; second addresses of the same name are the same page."""
    found = {route.name: route for route in _walk(get_resolver(), "", ())}
    return [found[name] for name in sorted(found)]


def _walk(resolver: URLResolver, namespace: str, taken: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        takes = (*taken, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, namespace + (f"{entry.namespace}:" if entry.namespace else ""), takes)
        elif isinstance(entry, URLPattern) and entry.name:
            yield Route(namespace + entry.name, takes)


@dataclass(frozen=True)
class Furniture:
    """What furnish.py put into the portal, and where it is."""

    connections: list[str]
    operations: list[str]
    people: list[int]
    invitation: str
    reset: list[str]
    confirmation: str
    passkey: int
    requests: list[str]
    template: int
    channel: str
    token: str
    grant: int
    drift: int
    login: int
    review: int
    sessions: dict[str, str]

    def arguments(self, route: Route) -> list[tuple[object, ...]]:
        """Return what to put into the route's address, several times. Raises LookupError if nobody knows."""
        by_name: dict[str, list[tuple[object, ...]]] = {
            "account_confirm_email": [(self.confirmation,), ("gone-long-ago",)],
            "account_reset_password_from_key": [(*self.reset,), ("0", "gone-long-ago")],
            "mfa_edit_webauthn": [(self.passkey,)],
            "mfa_remove_webauthn": [(self.passkey,)],
            "portal:accept_invitation": [(self.invitation,), ("no-such-invitation",)],
            "portal:audit_event": [(1,), (20,)],
            "portal:operation": [(pk,) for pk in self.operations],
            "portal:operation_live": [(pk,) for pk in self.operations],
            "portal:person": [(pk,) for pk in self.people],
            "portal:deactivate_person": [(pk,) for pk in self.people],
        }
        first = f"projects/{PROJECT}/locations/us/connections/{self.connections[0]}"
        by_name |= {
            "access:request": [(pk,) for pk in self.requests],
            "access:withdraw": [(self.requests[0],)],
            "access:delete_template": [(self.template,)],
            "access:grant": [(self.grant,), (self.login,)],
            "access:drift": [(self.drift,)],
            "connections:end_login": [(self.login,)],
            "access:review": [(self.review,)],
            "portal:notice_channel": [(self.channel,)],
            "portal:remove_notice_channel": [(self.channel,)],
            "portal:revoke_api_token": [(self.token,)],
            "access:owners": [(DATABASES[0],)],
            "access:request_access": [(first,), (DATABASES[0],)],
            "access:policy": [(first,), (f"projects/{PROJECT}",)],
            "access:policy_edit": [(first,), (f"projects/{PROJECT}",)],
            "access:policy_version": [(first, 1), (first, 2)],
        }
        by_name |= {f"connections:{name}": [(one,) for one in DATABASES] for name in ABOUT_DATABASES}
        by_arguments: dict[tuple[str, ...], list[tuple[object, ...]]] = {
            ("kind",): [("alloydb",)],
            ("project_id",): [(PROJECT,)],
            ("project_id", "location", "connection_id"): [(PROJECT, "us", name) for name in self.connections],
            ("full_name",): [
                (f"projects/{PROJECT}/locations/us/connections/{name}",) for name in self.connections
            ],
        }
        if route.name in ONLY_POSTED:
            return []
        found = by_name.get(route.name, by_arguments.get(route.takes))
        if found is None:
            raise LookupError(f"say here how to show {route.name}{route.takes}")
        return found


class Tour:
    """Keeps a browser open for each person, so that a visit costs a page and not a sign-in."""

    def __init__(self, browser: Browser, options: dict[str, Any], portal: RunningPortal) -> None:
        self._browser = browser
        self._options = options
        self._portal = portal
        self._pages: dict[str, Page] = {}
        self._contents: set[tuple[str, str]] = set()
        self.watch = Watch()

    @cached_property
    def furniture(self) -> Furniture:
        """Furnish the portal, once, and wait until its workers have done their part."""
        furniture = Furniture(**json.loads(self._portal.run("-m", "tests.browser.furnish")))
        for pk in furniture.operations:
            self._portal.wait_for_rows(
                "SELECT 1 FROM portal_operation WHERE id = ? AND ended_at IS NOT NULL",
                pk.replace("-", ""),
                what=f"operation {pk} is over",
            )
        return furniture

    def paths(self, route: Route) -> list[str]:
        """Return the addresses to show a route at. Raises LookupError if nobody said where."""
        if not route.takes:
            return [reverse(route.name)]
        return [reverse(route.name, args=given) for given in self.furniture.arguments(route)]

    def close(self) -> None:
        """Close every browser."""
        for page in self._pages.values():
            page.context.close()

    def page(self, person: str) -> Page:
        """The person's browser."""
        if person not in self._pages:
            context = self.watch.over(self._browser.new_context(**self._options))
            context.set_default_timeout(20_000)
            if person != "nobody":
                key = self.furniture.sessions[person]
                context.add_cookies([{"name": "portal-session", "value": key, "url": self._portal.url}])
            self._pages[person] = context.new_page()
        return self._pages[person]

    def leads_to_a_page(self, person: str, path: str) -> bool:
        """Whether a GET answers this person with a page: no file, no fragment, no redirect elsewhere."""
        answer = self.page(person).request.get(path)
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        stayed = urlsplit(answer.url).path.startswith(path.rstrip("/").rpartition("-")[0] or path)
        return (
            is_page and stayed and answer.status == 200 and "<!doctype html>" in answer.text()[:200].lower()
        )

    def flaws(self, person: str, path: str, *, again: bool = False) -> list[str]:
        """Show the page; return what is wrong with it, for an administrator in every light and width.

        `again`: a page of the same route was looked at; others than administrators only open this one.
        """
        page = self.page(person)
        put_on(page, *LOOKS[0])
        page.goto(path)
        closely = person in {"admin", "nobody"}
        if self._seen(page, path) or (again and not closely):
            return self._said()
        found = []
        for theme, size, rules in CLOSELY if closely else BRIEFLY:
            put_on(page, theme, size)
            found += [f"{person} {theme} {size['width']} px: {flaw}" for flaw in complaints(page, rules)]
        return found + self._said()

    def _seen(self, page: Page, path: str) -> bool:
        """Whether somebody else was shown the very same content there, and it was looked at."""
        content = path, re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.inner_html("main"))
        seen = content in self._contents
        self._contents.add(content)
        return seen

    def _said(self) -> list[str]:
        """Return what the browsers complained about since the last page."""
        said, self.watch.complaints = self.watch.complaints, []
        return said
