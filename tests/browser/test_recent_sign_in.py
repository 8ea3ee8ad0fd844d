"""Acts that change access ask for a recent sign-in, and keep what was typed meanwhile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.inspecting import look
from tests.browser.pages import DATABASE_PASSWORD, ExternalDataSource, OperationPage, sign_in
from tests.support.running_portal import PASSWORD, RunningPortal


@pytest.fixture
def admin(open_browser: NewContext) -> Page:
    """An administrator with a session of their own, which is going to be old."""
    page = open_browser().new_page()
    sign_in(page, "admin@example.com")
    return page


def age(page: Page, portal: RunningPortal) -> None:
    """Let the sign-in have happened an hour ago."""
    keys = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "portal-session"]
    portal.run("-m", "tests.browser.age_session", *keys)


def test_what_was_typed_is_kept(admin: Page, portal: RunningPortal, new_id: str) -> None:
    dialog = ExternalDataSource.opened(admin).fill(new_id)
    age(admin, portal)
    dialog.create.click()
    note = admin.get_by_text("Your sign-in is too old for this.")
    expect(note).to_be_visible()
    look(admin, everywhere=True)
    expect(dialog.field("Connection ID")).to_have_value(new_id)
    expect(dialog.field("Database password")).to_have_value(DATABASE_PASSWORD)
    with admin.expect_popup() as popup:
        admin.get_by_role("link", name="Confirm that it is you").click()
    other = popup.value
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    look(other, everywhere=True)
    other.get_by_role("button", name="Confirm").click()
    expect(other.get_by_role("heading", name="Thank you, it is you")).to_be_visible()
    other.close()
    operation = dialog.submit()
    operation.succeeds()


def test_a_dialog_asks_before_it_opens(admin: Page, portal: RunningPortal) -> None:
    admin.goto("/add-data/?q=alloy")
    age(admin, portal)
    admin.get_by_role("link", name="AlloyDB: BigQuery Federation").click()
    expect(admin.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    admin.get_by_label("Password", exact=True).fill(PASSWORD)
    admin.get_by_role("button", name="Confirm").click()
    expect(admin).to_have_url(re.compile("/add-data/"))
    expect(admin.get_by_role("navigation", name="Main")).to_be_visible()


def test_a_retry_asks_too(admin: Page, portal: RunningPortal, new_id: str) -> None:
    operation = ExternalDataSource.opened(admin).fill(new_id, password="wrong").submit()
    expect(operation.chip).to_have_text("Failed")
    age(admin, portal)
    admin.get_by_label("Database password").fill(DATABASE_PASSWORD)
    admin.get_by_role("button", name="Retry").click()
    expect(admin.get_by_text("Your sign-in is too old for this.")).to_be_visible()
    expect(admin.get_by_label("Database password")).to_have_value(DATABASE_PASSWORD)
    with admin.expect_popup() as popup:
        admin.get_by_role("link", name="Confirm that it is you").click()
    popup.value.get_by_label("Password", exact=True).fill(PASSWORD)
    popup.value.get_by_role("button", name="Confirm").click()
    expect(popup.value.get_by_role("heading", name="Thank you, it is you")).to_be_visible()
    admin.get_by_role("button", name="Retry").click()
    OperationPage(admin).succeeds()


def test_a_session_that_ends_meanwhile_costs_nothing_that_was_typed(admin: Page, new_id: str) -> None:
    dialog = ExternalDataSource.opened(admin).fill(new_id)
    admin.context.clear_cookies(name="portal-session")
    dialog.create.click()
    note = admin.get_by_text("You are signed out, so nothing was sent.")
    expect(note).to_have_count(1)
    look(admin, everywhere=True)
    dialog.field("Connection ID").press("Tab")  # what asks the server at each change leads nowhere either
    expect(note).to_have_count(1)
    with admin.expect_popup() as popup:
        note.get_by_role("link", name="Sign in").click()
    other = popup.value
    other.get_by_label("Email", exact=True).fill("admin@example.com")
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_role("heading", name="Thank you, it is you")).to_be_visible()
    other.close()
    expect(dialog.field("Connection ID")).to_have_value(new_id)
    dialog.create.click()  # signing in gave a new token
    expect(admin.get_by_text("Press the button once more.")).to_be_visible()
    expect(dialog.field("Database password")).to_have_value(DATABASE_PASSWORD)
    dialog.submit().succeeds()
