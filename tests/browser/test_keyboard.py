"""Everything works without a mouse."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.inspecting import look
from tests.browser.pages import DATABASE_PASSWORD, ConnectionPage, ExternalDataSource, OperationPage
from tests.support.running_portal import PASSWORD

# Around the element, or around the card or field that it is in.
FOCUS_SHOWS = """
(element) => {
  const around = [element, element.parentElement, element.parentElement.parentElement];
  const styles = around.map((part) => getComputedStyle(part));
  return styles.some((style) => style.outlineStyle !== "none" || style.boxShadow !== "none");
}
"""
LONGEST_WAY = 60  # as often as anyone may have to press Tab


def tab_to(target: Locator, key: str = "Tab") -> None:
    """Press Tab until the element has the focus, which must be visible there."""
    page = target.page
    for _ in range(LONGEST_WAY):
        if target.evaluate("(element) => element === document.activeElement"):
            shown = target.evaluate(FOCUS_SHOWS)
            assert shown, "the focus cannot be seen"
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} cannot be reached by {key}")


def test_the_whole_main_job(open_browser: NewContext, new_id: str) -> None:
    page = open_browser().new_page()
    keys = page.keyboard
    page.goto("/")
    tab_to(page.get_by_label("Email", exact=True))
    keys.type("admin@example.com")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.wait_for_load_state()
    keys.press("g")
    keys.press("d")
    expect(page).to_have_url(re.compile("/add-data/$"))
    tab_to(page.get_by_label("Search for data sources"))
    keys.type("alloydb")
    expect(page).to_have_url(re.compile("q=alloydb"))
    card = page.get_by_role("link", name="AlloyDB: BigQuery Federation")
    tab_to(card)
    keys.press("Enter")
    dialog = ExternalDataSource(page)
    expect(dialog.root).to_be_visible()

    tab_to(dialog.field("Connection ID"))
    keys.type(new_id)
    keys.press("Tab")
    expect(dialog.field("Data location")).to_be_focused()
    with page.expect_response(re.compile(r"/choices/\?field=instance")):
        keys.type("US (")
    expect(dialog.field("Data location")).to_have_value("us")
    tab_to(page.get_by_role("radio", name="Google-managed encryption key"))
    keys.press("ArrowDown")
    expect(page.get_by_role("radio", name=re.compile("CMEK"))).to_be_checked()
    expect(dialog.field("Customer-managed key")).to_be_visible()
    keys.press("ArrowUp")
    for label, value in (
        ("Database name", "orders"),
        ("Database username", "bq_reader"),
        ("Database password", DATABASE_PASSWORD),
    ):
        tab_to(dialog.field(label))
        keys.type(value)
    keys.press("Tab")
    expect(dialog.root.get_by_role("button", name="Show password")).to_be_focused()
    keys.press("Enter")
    expect(dialog.root.get_by_role("button", name="Hide password")).to_have_attribute("aria-pressed", "true")
    tab_to(dialog.instances.get_by_role("button", name="orders-primary").last)
    keys.press("Enter")
    expect(dialog.field("AlloyDB Instance")).to_have_value(re.compile("orders-primary"))
    tab_to(dialog.create)
    keys.press("Enter")
    operation = OperationPage(page).reached().succeeds()
    tab_to(operation.go_to_connection)
    keys.press("Enter")
    page.wait_for_url(re.compile("/connections/"))

    tab_to(ConnectionPage(page).share_button)
    keys.press("Enter")
    share = page.get_by_role("dialog", name="Connection permissions")
    expect(share).to_be_visible()
    tab_to(share.get_by_label("New principals"))
    keys.type("analyst@example.com")
    tab_to(share.get_by_role("button", name="Save"))
    keys.press("Enter")
    OperationPage(page).reached().succeeds()


def test_escape_closes_and_the_focus_returns(admin: Page) -> None:
    admin.goto("/add-data/")
    card = admin.get_by_role("link", name="AlloyDB: BigQuery Federation")
    card.focus()
    admin.keyboard.press("Enter")
    dialog = ExternalDataSource(admin)
    expect(dialog.root).to_be_visible()
    expect(dialog.field("Connection type")).to_be_focused()
    admin.keyboard.press("Escape")
    expect(dialog.root).to_be_hidden()
    expect(card).to_be_focused()


def test_the_focus_stays_in_the_dialog(admin: Page) -> None:
    dialog = ExternalDataSource.opened(admin)
    expect(dialog.field("Connection type")).to_be_focused()
    outside = "document.activeElement !== document.body && !document.activeElement.closest('dialog')"
    for _ in range(LONGEST_WAY):
        admin.keyboard.press("Tab")
        assert not admin.evaluate(outside)


def test_what_was_typed_is_not_thrown_away_unasked(admin: Page) -> None:
    dialog = ExternalDataSource.opened(admin)
    dialog.field("Connection ID").fill("half_filled")
    admin.keyboard.press("Escape")
    expect(admin.get_by_text("What you typed is not saved.")).to_be_visible()
    look(admin, everywhere=True)
    expect(admin.get_by_role("button", name="Keep editing")).to_be_focused()
    admin.keyboard.press("Enter")
    expect(dialog.root).to_be_visible()
    expect(dialog.field("Connection ID")).to_have_value("half_filled")
    admin.get_by_role("button", name="Cancel").click()
    admin.get_by_role("button", name="Discard").click()
    expect(dialog.root).to_be_hidden()


def test_slash_searches_and_question_mark_lists_the_keys(admin: Page) -> None:
    admin.goto("/operations/")
    admin.keyboard.press("/")
    search = admin.get_by_role("searchbox", name="Search connections")
    expect(search).to_be_focused()
    admin.keyboard.type("or?/ders")
    expect(search).to_have_value("or?/ders")
    admin.keyboard.press("Enter")
    expect(admin).to_have_url(re.compile(r"/connections/\?q=or"))
    admin.keyboard.press("?")
    keys = admin.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_be_visible()
    expect(keys).to_contain_text("Go to Connections")
    look(admin, everywhere=True)
    keys.get_by_label("Use single-key shortcuts in this browser").uncheck()
    admin.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    admin.keyboard.press("?")
    admin.reload()
    admin.keyboard.press("?")
    expect(keys).to_be_hidden()


def test_the_first_tab_leads_to_the_content(admin: Page) -> None:
    admin.goto("/connections/")
    admin.keyboard.press("Tab")
    expect(admin.get_by_role("link", name="Skip to the content")).to_be_focused()
    admin.keyboard.press("Enter")
    expect(admin.locator("main")).to_be_focused()


def test_the_account_menu(admin: Page) -> None:
    admin.goto("/connections/")
    opener = admin.get_by_label(re.compile("Your account"))
    tab_to(opener)
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("button", name="Sign out")).to_be_visible()
    look(admin, everywhere=True)
    admin.keyboard.press("Escape")
    expect(admin.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(opener).to_be_focused()
