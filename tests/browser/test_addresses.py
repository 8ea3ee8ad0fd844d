"""Addresses: filters and pages can be kept, shared and gone back to."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignedIn
from tests.browser.pages import ExternalDataSource, address


def test_filters_stand_in_the_address_and_back_goes_back(
    admin: Page, signed_in: SignedIn, new_id: str
) -> None:
    for name in (f"{new_id}_one", f"{new_id}_two"):
        ExternalDataSource.opened(admin).fill(name).submit().succeeds()
    admin.goto("/connections/")
    rows = admin.get_by_role("table", name="Connections").get_by_role("row")
    search = admin.get_by_label("Search", exact=True)
    search.fill(new_id)
    expect(admin).to_have_url(re.compile(rf"\?q={new_id}$"))
    expect(rows).to_have_count(3)
    search.fill(f"{new_id}_one")
    expect(rows).to_have_count(2)
    admin.get_by_label("Location").select_option("us")
    expect(admin).to_have_url(re.compile(rf"\?q={new_id}_one&location=us$"))
    elsewhere = signed_in("analyst")
    elsewhere.goto(admin.url)
    expect(elsewhere.get_by_role("table", name="Connections").get_by_role("row")).to_have_count(2)
    expect(elsewhere.get_by_label("Search", exact=True)).to_have_value(f"{new_id}_one")
    admin.reload()
    expect(rows).to_have_count(2)
    admin.evaluate("history.back()")
    expect(admin.get_by_label("Location")).to_have_value("")
    admin.evaluate("history.back()")
    expect(rows).to_have_count(3)
    expect(admin.get_by_label("Search", exact=True)).to_have_value(new_id)
    admin.get_by_role("link", name="Connection", exact=True).click()
    expect(admin).to_have_url(re.compile("sort=name"))
    admin.get_by_role("link", name=f"{new_id}_two").click()
    expect(admin).to_have_url(re.compile(f"/{new_id}_two/$"))
    admin.evaluate("history.back()")
    expect(rows).to_have_count(3)


def test_the_dialog_has_an_address(admin: Page) -> None:
    admin.goto("/add-data/alloydb/")
    expect(admin.get_by_role("heading", name="External data source", level=1)).to_be_visible()
    admin.get_by_role("button", name="Cancel").click()
    expect(admin).to_have_url(re.compile("/add-data/$"))


@pytest.mark.parametrize("path", ["/connections/?q=orders", "/operations/", address("any")])
def test_signing_in_leads_to_where_one_wanted_to_go(stranger: Page, path: str) -> None:
    stranger.goto(path)
    expect(stranger).to_have_url(re.compile(r"/accounts/login/\?next="))
    stranger.get_by_role("button", name="Analyst", exact=True).click()
    stranger.keyboard.press("Enter")
    expect(stranger).to_have_url(re.compile(re.escape(path) + "$"))


def test_the_theme_is_kept(admin: Page) -> None:
    admin.goto("/connections/")
    toggle = admin.get_by_role("button", name=re.compile("^Theme: "))
    toggle.click()
    toggle.click()
    expect(toggle).to_have_accessible_name(re.compile("Theme: dark"))
    admin.goto("/operations/")
    expect(admin.locator("html")).to_have_attribute("data-theme", "dark")
