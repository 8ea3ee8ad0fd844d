"""The main job: an administrator brings an AlloyDB database into BigQuery, from signing in to sharing it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext, SignedIn
from tests.browser.inspecting import look
from tests.browser.pages import (
    DATABASE_PASSWORD,
    INSTANCE,
    PROJECT,
    SERVICE_AGENT,
    STEPS,
    ConnectionPage,
    ExternalDataSource,
    OperationPage,
    address,
)
from tests.support.running_portal import PASSWORD, RunningPortal

KEY = f"projects/{PROJECT}/locations/us/keyRings/portal/cryptoKeys/connections-us"
# Notes down how the steps stand, each time when that changed.
FOLLOW = """
() => {
  const steps = () => [...document.querySelectorAll(".step")];
  const state = () => steps().map((step) => step.className.match(/step-(\\w+)/)[1]);
  window.seen = [state()];
  new MutationObserver(() => {
    const now = state();
    if (now.length && now.join() !== window.seen.at(-1).join()) window.seen.push(now);
  }).observe(document.body, { childList: true, subtree: true });
}
"""


@pytest.fixture
def slow_google(portal: RunningPortal) -> Iterator[None]:
    """Google takes its time, so that steps can be watched."""
    portal.control.latency(350)
    yield
    portal.control.latency(0)


def test_from_sign_in_to_the_connection(stranger: Page, new_id: str) -> None:
    page = stranger
    page.goto("/")
    page.get_by_role("button", name="Admin", exact=True).click()
    expect(page.get_by_label("Email", exact=True)).to_have_value("admin@example.com")
    assert page.get_by_label("Password", exact=True).input_value() == PASSWORD
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Add data").first.click()

    page.get_by_label("Search for data sources").fill("oracle")
    expect(page.get_by_role("heading", name="No data sources match")).to_be_visible()
    look(page)
    dialog = ExternalDataSource.opened(page)
    dialog.fill(new_id, friendly_name="Orders", description="Orders of all shops")
    dialog.page.get_by_text("Customer-managed encryption key (CMEK)").click()
    dialog.keys.get_by_role("button", name=re.compile("^connections-us ")).click()
    expect(dialog.field("Customer-managed key")).to_have_value(KEY)
    # What a worker says of the key moves what stands below it.
    expect(page.locator("#key-check")).to_contain_text("use this key")
    password = dialog.field("Database password")
    expect(password).to_have_attribute("type", "password")
    dialog.root.get_by_role("button", name="Show password").click()
    expect(password).to_have_attribute("type", "text")
    expect(password).to_have_value(DATABASE_PASSWORD)
    look(page, everywhere=True)

    operation = dialog.submit()
    operation.succeeds()
    for title in STEPS:
        expect(operation.step(title)).to_contain_text("succeeded")
    look(page, everywhere=True)
    connection = operation.to_connection()
    expect(connection.fact("Full ID")).to_contain_text(
        f"projects/{PROJECT}/locations/us/connections/{new_id}"
    )
    expect(connection.fact("Friendly name")).to_have_text("Orders")
    expect(connection.fact("Data location")).to_contain_text("US")
    expect(connection.fact("Encryption")).to_contain_text(KEY)
    expect(connection.fact("Database name")).to_contain_text("orders")
    expect(connection.fact("Database username")).to_contain_text("bq_reader")
    expect(connection.fact("AlloyDB Instance")).to_contain_text(INSTANCE)
    expect(connection.fact("Service account ID")).to_contain_text(SERVICE_AGENT)
    expect(connection.fact("Credential")).to_contain_text("BigQuery holds one")
    expect(connection.fact("Last test")).to_contain_text("Passed")
    look(page, everywhere=True)


@pytest.mark.usefixtures("slow_google")
def test_the_steps_go_live_in_two_tabs_at_once(admin: Page, new_id: str) -> None:
    operation = ExternalDataSource.opened(admin).fill(new_id).submit()
    other = OperationPage(admin.context.new_page())
    other.page.goto(admin.url)
    tabs = (operation, other)
    for tab in tabs:
        tab.page.evaluate(FOLLOW)
    for tab in tabs:
        tab.succeeds()
        expect(tab.go_to_connection).to_be_visible()
        seen: list[list[str]] = tab.page.evaluate("window.seen")  # it would be gone after a reload
        assert len(seen) > 2, seen
        for states in seen:
            done = [state == "succeeded" for state in states]
            assert done == sorted(done, reverse=True), seen  # one after the other
            assert sum(state in {"running", "waiting"} for state in states) <= 1, seen
        assert seen[-1] == ["succeeded"] * len(STEPS)


def test_the_service_account_is_copied(signed_in: SignedIn, new_id: str) -> None:
    page = signed_in("admin", permissions=["clipboard-read", "clipboard-write"])
    connection = ExternalDataSource.opened(page).fill(new_id).submit().to_connection()
    connection.info.get_by_role("button", name="Copy Service account ID").click()
    expect(page.locator("[data-announcer]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == SERVICE_AGENT


def test_equivalent_commands_have_a_placeholder_for_the_password(admin: Page, new_id: str) -> None:
    dialog = ExternalDataSource.opened(admin).fill(new_id)
    dialog.root.get_by_text("Equivalent command").click()
    preview = dialog.root.locator(".equivalent")
    expect(preview).to_contain_text(new_id)
    expect(preview).to_contain_text("bq mk")
    assert DATABASE_PASSWORD not in admin.content()
    look(admin, everywhere=True)

    connection = dialog.submit().to_connection()
    commands = admin.get_by_role("region", name="Equivalent commands")
    create = commands.get_by_role("group", name="Create the connection")
    words = {
        "bq": "bq mk",
        "gcloud": "",
        "REST": "connections?connectionId=",
        "Terraform": "google_bigquery_connection",
        "Python": "AuthorizedSession",
    }
    for tool, word in words.items():
        create.get_by_text(tool, exact=True).first.click()
        if word:
            expect(create.locator("pre:visible")).to_contain_text(word)
    expect(commands.get_by_role("group", name="Grant the service agent AlloyDB Client")).to_contain_text(
        SERVICE_AGENT
    )
    for path in (address(new_id), connection.page.url, "/audit/", "/operations/"):
        admin.goto(path)
        assert DATABASE_PASSWORD not in admin.content()


def test_sharing_changing_and_ending_a_share(admin: Page, signed_in: SignedIn, new_id: str) -> None:
    connection = ExternalDataSource.opened(admin).fill(new_id).submit().to_connection()
    who = "analyst@example.com"
    dialog = connection.share().add(who)
    look(admin, everywhere=True)
    connection = dialog.save().to_connection()
    expect(connection.grant(who)).to_contain_text("Connection User")
    expect(connection.grant(who)).to_contain_text("Active")

    analyst = ConnectionPage(signed_in("analyst"))
    analyst.page.goto(address(new_id))
    expect(analyst.page.get_by_role("region", name="Your access")).to_contain_text("Connection User")

    dialog = connection.share().change(who, "BigQuery Connection Admin")
    connection = dialog.save().to_connection()
    expect(connection.grant(who).filter(has_text="Connection Admin")).to_contain_text("Active")

    dialog = connection.share().remove(who)
    dialog.root.get_by_role("button", name="Save").click()
    expect(dialog.root).to_contain_text("Nobody will have BigQuery Connection Admin")
    confirm = dialog.root.get_by_label("Yes, change it all the same")
    expect(confirm).to_be_focused()
    expect(dialog.root.get_by_text("Tick this to go on.")).to_be_in_viewport()
    look(admin, everywhere=True)
    confirm.check()
    connection = dialog.save().to_connection()
    for row in connection.grant(who).all():
        expect(row).to_contain_text("Revoked")
    analyst.page.reload()
    expect(analyst.page.get_by_role("region", name="Your access")).to_contain_text("no access of your own")


def test_two_clicks_on_create_make_one_connection(admin: Page, portal: RunningPortal, new_id: str) -> None:
    dialog = ExternalDataSource.opened(admin).fill(new_id)
    dialog.create.dblclick()
    OperationPage(admin).reached().succeeds()
    asked = portal.rows(
        "SELECT count(*) FROM portal_operation WHERE target LIKE ?", f"%/connections/{new_id}"
    )
    assert asked == [(1,)]
    made = [name for name in portal.control.state()["connections"] if name.endswith(f"/{new_id}")]
    assert len(made) == 1


def test_the_main_job_without_scripts(open_browser: NewContext, new_id: str) -> None:
    page = open_browser(java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_label("Email", exact=True).fill("admin@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Add data").first.click()
    page.get_by_label("Search for data sources").fill("alloydb")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="AlloyDB: BigQuery Federation").click()
    dialog = ExternalDataSource(page)
    dialog.field("Connection ID").fill("not-allowed")
    dialog.create.click()
    expect(dialog.mistake("Connection ID")).to_contain_text("underscores are allowed")
    expect(dialog.mistake("Database password")).to_be_visible()
    expect(page.get_by_role("button", name="Show password")).to_be_hidden()  # it could do nothing
    dialog.field("Connection ID").fill(new_id)
    dialog.field("Data location").select_option("us")
    dialog.field("Database name").fill("orders")
    dialog.field("Database username").fill("bq_reader")
    dialog.field("Database password").fill(DATABASE_PASSWORD)
    dialog.field("AlloyDB Instance").fill(INSTANCE)
    dialog.field("Share with").fill("analyst@example.com")
    operation = dialog.submit()
    while not operation.go_to_connection.is_visible():
        expect(operation.chip).not_to_have_text("Failed")
        page.reload()
    connection = operation.to_connection()
    expect(connection.fact("Service account ID")).to_contain_text(SERVICE_AGENT)
    expect(connection.grant("analyst@example.com")).to_contain_text("Active")
