"""What owners and administrators do beside requests: the policy, an emergency, a difference, a leaver."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from access.models import CONNECTION_USER
from tests.browser.inspecting import look
from tests.browser.pages import (
    PROJECT,
    ConnectionPage,
    ExternalDataSource,
    OperationPage,
    address,
    until_shown,
)
from tests.support.creation import NUMBER
from tests.support.running_portal import RunningPortal


@pytest.fixture
def made(admin: Page, new_id: str) -> ConnectionPage:
    """The page of a connection that the administrator has just made, with an owner."""
    dialog = ExternalDataSource.opened(admin).fill(new_id, owners="owner@example.com")
    return dialog.submit().to_connection()


def test_a_policy_as_a_form_and_as_a_file(
    made: ConnectionPage, analyst: Page, new_id: str, tmp_path: Path
) -> None:
    analyst.goto(f"/access/projects/{PROJECT}/locations/us/connections/{new_id}/request/")
    analyst.get_by_label("For how long?").fill("7 days")
    analyst.get_by_label("Why?").fill("Monthly report")
    analyst.get_by_role("button", name="Send the request").click()
    expect(analyst.get_by_role("heading", level=1)).to_contain_text("Pending")

    # In the form: what it would have done first, then it counts.
    page = made.page
    made.access.get_by_role("link", name="Approval policy").click()
    here = page.url
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Longest duration").fill("5 days")
    page.get_by_role("button", name="Check: difference and dry run").click()
    check = page.get_by_role("region", name="What would change")
    expect(check).to_contain_text("longest: 5 days")
    differently = check.get_by_role("table", name="Requests that would have come out differently")
    expect(differently.get_by_role("row").filter(has_text="analyst@example.com")).to_contain_text("Pending")
    look(page, everywhere=True)
    page.get_by_role("button", name="Save as the next version").click()
    expect(page.locator("#id_comment_error")).to_contain_text("Say why")
    page.get_by_label("Why", exact=True).fill("Shorter is enough")
    page.get_by_role("button", name="Save as the next version").click()
    expect(page.get_by_text("Version 1 counts from now on.")).to_be_visible()
    expect(page).to_have_url(here)

    # As a file: taken out, changed, taken in.
    with page.expect_download() as download:
        page.get_by_role("link", name="Export", exact=True).click()
    exported = tmp_path / "policy.yaml"
    download.value.save_as(exported)
    assert "longest: 5 days" in exported.read_text()
    exported.write_text(exported.read_text().replace("longest: 5 days", "longest: 8 days"))
    page.get_by_role("link", name="Edit or import YAML").click()
    page.get_by_label("Or a file").set_input_files(exported)
    page.get_by_role("button", name="Check: difference and dry run").click()
    expect(check).to_contain_text("longest: 8 days")
    expect(check).to_contain_text("Each would have come out as it did.")
    expect(page.get_by_role("textbox", name="Policy")).to_have_value(re.compile("longest: 8 days"))
    page.get_by_label("Why", exact=True).fill("As in the file")
    page.get_by_role("button", name="Save as the next version").click()
    expect(page.get_by_text("Version 2 counts from now on.")).to_be_visible()
    history = page.get_by_role("table", name="Versions, the newest first")
    expect(history.get_by_role("row").nth(1)).to_contain_text("As in the file")


def test_an_emergency_a_difference_and_a_leaver(
    made: ConnectionPage, portal: RunningPortal, new_id: str
) -> None:
    page, who = made.page, f"{new_id}@example.com"

    # Access at once.
    made.access.get_by_role("link", name="Break glass").click()
    dialog = page.get_by_role("dialog", name="Break glass")
    dialog.get_by_label("Principal").fill(who)
    dialog.get_by_label("Why?").fill("The nightly load stands still")
    dialog.get_by_role("button", name="Give access now").click()
    OperationPage(page).reached().to_connection()
    expect(made.grant(who)).to_contain_text("Active")
    expect(made.grant(who)).to_contain_text("The nightly load stands still")

    # Somebody takes it away at Google: that is said where the access is shown, and a person restores it.
    at_google = f"projects/{NUMBER}/locations/us/connections/{new_id}"
    portal.control.outsider(at_google, CONNECTION_USER, f"user:{who}", "remove")
    made.access.get_by_role("link", name="Changed outside?").click()
    page.get_by_role("button", name="Compare now").click()
    OperationPage(page).reached().to_connection()
    expect(made.grant(who)).to_contain_text("Gone at Google")
    look(page, everywhere=True)
    made.grant(who).get_by_role("link", name="Decide").click()
    page.get_by_role("checkbox", name=f"Choose user:{who}").check()
    page.get_by_role("radio", name="Restore").press("Space")
    expect(page.get_by_role("radio", name="Restore")).to_be_checked()
    page.get_by_label("Why?").fill("It was taken away by mistake")
    page.get_by_role("button", name="Decide").click()
    OperationPage(page).reached().to_connection()
    expect(made.grant(who)).to_contain_text("Active")

    # They leave: everything is taken back at once.
    page.goto("/access/leaver/")
    page.get_by_label("Principal").fill(who)
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("region", name="Grants")).to_contain_text(new_id)
    page.get_by_label("Why?").fill("They have left")
    page.get_by_role("button", name="Take everything back").click()
    expect(page.locator("#id_confirm_error")).to_be_visible()
    page.get_by_label(f"To confirm, type user:{who}").fill(f"user:{who}")
    page.get_by_role("button", name="Take everything back").click()
    expect(page.get_by_text("Everything is being taken back: 1 operation.")).to_be_visible()
    until_shown(page, "This principal has nothing by its own name")
    page.goto(address(new_id))
    expect(made.grant(who)).to_have_count(0)
