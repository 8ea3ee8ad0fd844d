"""Every page of the URL resolver, as everybody who may see it, light and dark, wide and narrow.

No violation of the Content-Security-Policy, no error in the console, nothing found by axe-core, no text that
is cut off, runs out of its box or lies on other text, no page that scrolls sideways: with the longest values.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignedIn
from tests.browser.furnish import HOSTILE
from tests.browser.inspecting import NARROW, look
from tests.browser.tour import Route, Tour, routes


@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_page(tour: Tour, route: Route) -> None:
    flaws = []
    for number, path in enumerate(tour.paths(route)):
        for person in route.visitors:
            if tour.leads_to_a_page(person, path):
                flaws += [f"{path} {flaw}" for flaw in tour.flaws(person, path, again=number > 0)]
    assert not flaws, "\n".join(flaws)


def test_an_address_that_does_not_exist(analyst: Page, stranger: Page) -> None:
    for page in (analyst, stranger):
        answer = page.goto("/no/such/page/")
        assert answer is not None
        assert answer.status == 404
        look(page, everywhere=True)


def test_what_is_not_for_this_role(analyst: Page) -> None:
    answer = analyst.goto("/people/")
    assert answer is not None
    assert answer.status == 403
    expect(analyst.get_by_text("analyst@example.com")).to_be_visible()
    look(analyst, everywhere=True)


def test_a_form_that_is_too_old(analyst: Page) -> None:
    analyst.goto("/accounts/logout/")
    analyst.context.clear_cookies(name="portal-csrf")
    analyst.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(analyst.get_by_role("heading", level=1)).to_be_visible()
    expect(analyst.get_by_text("403")).to_be_visible()
    look(analyst, everywhere=True)


def test_hostile_names_are_only_text(tour: Tour, admin: Page) -> None:
    name = tour.furniture.connections[0]
    for path in (f"/connections/?q={name}", f"/connections/acme-analytics/us/{name}/", "/people/", "/audit/"):
        admin.goto(path)
        assert admin.locator("script:not([src]):not([type])").count() == 0
    admin.goto(f"/connections/?q={name}")
    expect(admin.locator("a.cell-title", has_text=HOSTILE)).to_be_visible()


def test_the_navigation_of_a_small_screen(signed_in: SignedIn) -> None:
    page = signed_in("admin", has_touch=True)
    page.set_viewport_size(NARROW)
    page.goto("/connections/")
    page.get_by_role("button", name="Navigation", exact=True).click()
    look(page)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Operations").click()
    expect(page.get_by_role("heading", name="Operations", level=1)).to_be_visible()
    look(page)
