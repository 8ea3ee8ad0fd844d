"""What happens to a connection later: edited, rotated, tested, mended, changed outside, adopted, deleted."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.browser.inspecting import look
from tests.browser.pages import (
    DATABASE_PASSWORD,
    PROJECT,
    SERVICE_AGENT,
    ConnectionPage,
    ExternalDataSource,
    OperationPage,
    address,
)
from tests.support.running_portal import RunningPortal

NAME = f"projects/{PROJECT}/locations/us/connections/"
ROLE = "roles/alloydb.client"


@pytest.fixture
def made(admin: Page, new_id: str) -> ConnectionPage:
    """The page of a connection that the administrator has just made."""
    return ExternalDataSource.opened(admin).fill(new_id).submit().to_connection()


def opened(connection: ConnectionPage, link: str, title: str) -> Locator:
    """Open one of the connection's dialogs."""
    connection.page.get_by_role("link", name=link, exact=True).first.click()
    dialog = connection.page.get_by_role("dialog", name=title)
    expect(dialog).to_be_visible()
    return dialog


def sent(dialog: Locator, button: str) -> OperationPage:
    """Send the dialog's form; return the operation's page."""
    dialog.get_by_role("button", name=button).click()
    return OperationPage(dialog.page).reached()


def refreshed(connection: ConnectionPage) -> ConnectionPage:
    """Have the portal look at Google."""
    connection.page.get_by_role("button", name="Refresh", exact=True).click()
    return OperationPage(connection.page).reached().to_connection()


def test_names_are_edited_freely_and_the_rest_with_the_password(made: ConnectionPage) -> None:
    dialog = opened(made, "Edit details", "Edit connection")
    expect(dialog.get_by_text("Google cannot change these")).to_be_visible()
    look(made.page, everywhere=True)
    dialog.get_by_label("Friendly name").fill("Shop orders")
    sent(dialog, "Update connection").to_connection()
    expect(made.page.get_by_role("heading", level=1)).to_contain_text("Shop orders")

    dialog = opened(made, "Edit details", "Edit connection")
    instance = dialog.get_by_label("AlloyDB Instance")
    instance.fill(instance.input_value().replace("orders-primary", "orders-read"))
    dialog.get_by_role("button", name="Update connection").click()
    secret = dialog.get_by_label("Database password")
    beside = dialog.locator(".field", has=made.page.get_by_label("Database password"))
    expect(beside.locator(".errorlist")).to_contain_text("password")
    look(made.page)
    secret.fill(DATABASE_PASSWORD)
    sent(dialog, "Update connection").to_connection()
    expect(made.fact("AlloyDB Instance")).to_contain_text("orders-read")


def test_a_password_that_the_database_refuses_is_entered_again(made: ConnectionPage) -> None:
    dialog = opened(made, "Rotate password", "Rotate password")
    look(made.page, everywhere=True)
    dialog.get_by_label("Database password").fill("not-the-password")
    operation = sent(dialog, "Rotate password")
    expect(operation.chip).to_have_text("Failed")
    expect(
        operation.page.get_by_text("BigQuery now holds the password that you entered").first
    ).to_be_visible()
    look(operation.page)
    operation.page.get_by_label("Database password").fill(DATABASE_PASSWORD)
    operation.page.get_by_role("button", name="Retry").click()
    operation.succeeds()


def test_a_test_finds_the_cause_and_the_button_mends_it(made: ConnectionPage, portal: RunningPortal) -> None:
    page = made.page
    made.page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("It passed")).to_be_visible()

    portal.control.outsider(f"projects/{PROJECT}", ROLE, f"serviceAccount:{SERVICE_AGENT}", action="remove")
    page.get_by_role("button", name="Test now").click()
    expect(page.get_by_text("It failed")).to_be_visible()
    causes = page.get_by_role("region", name="Causes")
    broken = causes.locator('[aria-current="true"]')
    expect(broken).to_contain_text("has AlloyDB Client")
    look(page, everywhere=True)
    broken.get_by_role("button", name="Grant the role").click()
    OperationPage(page).reached().succeeds()

    OperationPage(page).to_connection()
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("It passed")).to_be_visible()
    look(page)


def test_what_changed_outside_is_accepted_or_put_back(
    made: ConnectionPage, portal: RunningPortal, new_id: str
) -> None:
    page, heading = made.page, made.page.get_by_role("heading", level=1)
    portal.control.edit_connection(NAME + new_id, fields={"friendlyName": "By hand"})
    refreshed(made)
    differing = page.get_by_role("table", name="What differs")
    expect(differing.get_by_role("row").filter(has_text="Friendly name")).to_contain_text("By hand")
    look(page, everywhere=True)
    page.get_by_role("button", name="Accept Google's values").click()
    OperationPage(page).reached().to_connection()
    expect(heading).to_contain_text("By hand")
    expect(differing).to_have_count(0)

    portal.control.edit_connection(NAME + new_id, fields={"friendlyName": "By hand again"})
    refreshed(made)
    stands = page.url
    page.goto(f"{stands}put-back/")  # as a page of its own
    head = differing.get_by_role("columnheader").first.bounding_box()
    first = differing.get_by_role("rowheader").first.bounding_box()
    assert head is not None
    assert first is not None
    assert head["y"] + head["height"] <= first["y"] + 1, "the heads lie on no row"
    page.goto(stands)
    dialog = opened(made, "Put back", f"Put {new_id} back")
    expect(dialog).to_contain_text("By hand again")
    look(page, everywhere=True)
    sent(dialog, "Put back").to_connection()
    expect(differing).to_have_count(0)
    expect(heading).not_to_contain_text("again")


def test_a_connection_made_elsewhere_is_taken_over(admin: Page, portal: RunningPortal, new_id: str) -> None:
    google = portal.environment(portal.port)["GOOGLE_CLOUD_EMULATOR"]
    made = requests.post(
        f"{google}/bigqueryconnection/v1/projects/{PROJECT}/locations/europe-west1/connections",
        params={"connectionId": new_id},
        json={"cloudResource": {}, "friendlyName": "Made by hand"},
        timeout=30,
    )
    assert made.status_code == 200, made.text
    admin.goto(f"/projects/{PROJECT}/connections/")
    admin.get_by_role("button", name=re.compile("^Search")).click()
    chosen = admin.get_by_label(f"Choose {new_id}")
    expect(chosen).to_be_visible()  # without reloading
    expect(admin.get_by_text("under way")).to_have_count(0)
    look(admin, everywhere=True)
    chosen.check()
    admin.get_by_role("button", name="Take over the chosen").click()
    OperationPage(admin).reached().succeeds()
    admin.goto(address(new_id, "europe-west1"))
    expect(admin.get_by_role("heading", level=1)).to_contain_text("Made by hand")
    look(admin)


def test_deleting_asks_for_the_name(made: ConnectionPage, portal: RunningPortal, new_id: str) -> None:
    page = made.page
    dialog = opened(made, "Delete", "Delete connection?")
    expect(dialog).to_contain_text("This cannot be undone")
    look(page, everywhere=True)
    name, button = (
        dialog.get_by_label("To confirm, type"),
        dialog.get_by_role("button", name="Delete connection"),
    )
    name.fill(new_id[:-1])
    expect(button).to_be_disabled()
    name.fill(new_id)
    button.click()
    OperationPage(page).reached().succeeds()
    page.goto(address(new_id))
    expect(page.get_by_text("This connection was deleted")).to_be_visible()
    look(page, everywhere=True)
    assert not [found for found in portal.control.state()["connections"] if found.endswith(f"/{new_id}")]
