"""Mistakes in the dialog are told beside their fields, before anything is sent to Google."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspecting import look
from tests.browser.pages import (
    DATABASE_PASSWORD,
    INSTANCE,
    PROJECT,
    ConnectionPage,
    ExternalDataSource,
    OperationPage,
    address,
)
from tests.support.running_portal import RunningPortal

CANARY = "canary-Zeisig-42"
TYPED = {
    "Connection ID": {
        "bq-alloydb": "Letters, numbers, and underscores are allowed; not “-”",
        "a b": "a blank",
        "orders\u200b": "an invisible character",
    },
    "AlloyDB Instance": {
        "orders-primary": "Enter the instance's URI in the form //alloydb.googleapis.com/",
        INSTANCE.removeprefix("//"): "Enter the instance's URI in the form //alloydb.googleapis.com/",
        INSTANCE.replace("us-central1", "europe-west1"): "Choose europe-west1 or EU as data location",
        INSTANCE.replace(PROJECT, "somebody-else"): "is in the project somebody-else, the connection in acme",
    },
    "Owners": {"nobody@example.com": "“nobody@example.com” has no account here"},
    "Share with": {"not-an-address": "“not-an-address” is not an e-mail address"},
}


def asked(portal: RunningPortal) -> dict[str, int]:
    """How often Google was asked, without what workers look at every minute: policies, lists and roles."""
    by_workers = re.compile(r"\.(getIamPolicy|\w*[lL]ist|batchGet)$|^roles\.")
    return {
        method: count for method, count in portal.control.counts().items() if not by_workers.search(method)
    }


def type_into(dialog: ExternalDataSource, label: str, value: str) -> None:
    dialog.field(label).fill(value)
    dialog.field(label).press("Tab")


def test_each_mistake_is_told_while_typing(admin: Page, portal: RunningPortal) -> None:
    calls = asked(portal)
    dialog = ExternalDataSource.opened(admin)
    dialog.choose("Data location", "us")
    for label, cases in TYPED.items():
        for value, sentence in cases.items():
            type_into(dialog, label, value)
            expect(dialog.mistake(label)).to_contain_text(sentence)
            expect(dialog.field(label)).to_have_attribute("aria-invalid", "true")
            described = dialog.field(label).get_attribute("aria-describedby") or ""
            assert any("error" in part for part in described.split()), described
    look(admin, everywhere=True)
    type_into(dialog, "Connection ID", "orders_1")
    expect(dialog.mistake("Connection ID")).to_have_count(0)
    expect(dialog.field("Connection ID")).not_to_have_attribute("aria-invalid", "true")
    assert asked(portal) == calls  # nobody asked Google


def test_a_key_in_the_wrong_place(admin: Page) -> None:
    dialog = ExternalDataSource.opened(admin)
    dialog.choose("Data location", "us")
    admin.get_by_text("Customer-managed encryption key (CMEK)").click()
    wrong = dialog.keys.get_by_role("button", name=re.compile("^connections-europe-west1 "))
    expect(wrong).to_contain_text("a key in us is needed")
    wrong.click()
    expect(dialog.mistake("Customer-managed key")).to_contain_text(
        "This key is in europe-west1. A connection in US needs a key in us."
    )
    look(admin, everywhere=True)
    dialog.choose("Data location", "europe-west1")
    expect(dialog.mistake("Customer-managed key")).to_have_count(0)


def test_a_location_that_cannot_query_the_instance(admin: Page) -> None:
    dialog = ExternalDataSource.opened(admin).fill("any_id")
    dialog.choose("Data location", "asia-east1")
    expect(dialog.mistake("AlloyDB Instance")).to_contain_text(
        "BigQuery in asia-east1 cannot query an instance in us-central1."
    )
    expect(dialog.mistake("AlloyDB Instance")).to_contain_text("Choose us-central1 or US as data location.")
    unfit = dialog.instances.get_by_role("button", name="orders-primary").first
    expect(unfit).to_contain_text("needs data location")
    look(admin, everywhere=True)


@pytest.mark.parametrize("htmx", [True, False], ids=["dialog", "page"])
def test_what_was_typed_comes_back_but_not_the_password(
    admin: Page, portal: RunningPortal, htmx: bool
) -> None:
    if htmx:
        dialog = ExternalDataSource.opened(admin)
    else:
        admin.goto("/add-data/alloydb/")
        dialog = ExternalDataSource(admin)
    dialog.fill("not-allowed", password=CANARY, friendly_name="Orders & more")
    with admin.expect_response(re.compile("/add-data/alloydb/$")) as answer:
        dialog.create.click()
    assert answer.value.status == 422
    assert CANARY not in answer.value.text()
    expect(dialog.mistake("Connection ID")).to_contain_text("underscores are allowed")
    expect(dialog.field("Connection ID")).to_be_focused()
    expect(dialog.field("Friendly name")).to_have_value("Orders & more")
    expect(dialog.field("AlloyDB Instance")).to_have_value(INSTANCE)
    expect(dialog.field("Database password")).to_have_value("")
    expect(admin.get_by_text("Enter the password again")).to_be_visible()
    look(admin, everywhere=True)
    assert not portal.rows("SELECT 1 FROM connections_connection WHERE connection_id = 'not-allowed'")


def test_everything_that_is_required_is_asked_for(admin: Page) -> None:
    dialog = ExternalDataSource.opened(admin)
    dialog.create.click()
    for label in (
        "Connection ID",
        "Database name",
        "Database username",
        "Database password",
        "AlloyDB Instance",
    ):
        expect(dialog.mistake(label)).to_have_text(f"{label} is missing.")
    expect(dialog.mistake("Data location")).to_have_text("Choose one.")
    expect(dialog.field("Connection ID")).to_be_focused()


def test_a_taken_id(admin: Page, new_id: str) -> None:
    ExternalDataSource.opened(admin).fill(new_id).submit().succeeds()
    dialog = ExternalDataSource.opened(admin).fill(new_id)
    expect(dialog.mistake("Connection ID")).to_contain_text(f"{new_id} exists already in us of {PROJECT}")
    with admin.expect_response(re.compile("/add-data/alloydb/$")) as answer:
        dialog.create.click()
    assert answer.value.status == 422
    expect(dialog.field("Database password")).to_have_value("")
    expect(dialog.mistake("Connection ID")).to_contain_text("Choose another connection ID")
    dialog.choose("Data location", "us-central1")  # it is free over there
    expect(dialog.mistake("Connection ID")).to_have_count(0)


def test_a_wrong_password_is_mended_from_the_operations_page(admin: Page, new_id: str) -> None:
    operation = ExternalDataSource.opened(admin).fill(new_id, password=CANARY).submit()
    expect(operation.chip).to_have_text("Failed")
    failed = operation.step("Test with a query")
    expect(failed).to_contain_text("failed")
    expect(failed.get_by_text("What to do")).to_be_visible()
    expect(failed).to_contain_text("Enter the password again")
    assert CANARY not in admin.content()
    look(admin, everywhere=True)

    admin.goto(address(new_id))
    expect(
        admin.get_by_text("The connection is there, but its creation did not come to an end")
    ).to_be_visible()
    look(admin, everywhere=True)
    admin.get_by_role("link", name="Look at the steps, and try again").click()
    again = OperationPage(admin).reached()
    admin.get_by_label("Database password").fill(DATABASE_PASSWORD)
    admin.get_by_role("button", name="Retry").click()
    connection = again.to_connection()
    expect(connection.fact("Last test")).to_contain_text("Passed")
    for path in (address(new_id), "/operations/", "/audit/?q=" + new_id):
        admin.goto(path)
        assert CANARY not in admin.content()
        assert DATABASE_PASSWORD not in admin.content()


def test_an_error_of_bigquery_is_explained(admin: Page, new_id: str) -> None:
    ExternalDataSource.opened(admin).fill(new_id).submit().to_connection()
    page = ConnectionPage(admin).page
    page.get_by_label("BigQuery's message").fill('FATAL: password authentication failed for user "bq_reader"')
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("#diagnosis")).to_contain_text("What to do")
    look(page, everywhere=True)
