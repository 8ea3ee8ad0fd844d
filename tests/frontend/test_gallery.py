"""All components in Chromium: how they look to axe, and how keyboard, dialogs and filters behave."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.support.ports import free_port
from tests.support.processes import ManagedProcess

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/gallery/dialog/",
    "/gallery/confirm/",
    "/gallery/template/404.html",
    "/gallery/template/500.html",
)
WIDTHS = (1440, 390)
THEMES = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The gallery's address."""
    folder = tmp_path_factory.mktemp("gallery")
    address = f"http://127.0.0.1:{free_port()}"

    def answers(_: ManagedProcess) -> bool:
        with suppress(OSError):
            return bool(urllib.request.urlopen(f"{address}/gallery/confirm/", timeout=30).status == 200)
        return False

    command = [sys.executable, "-m", "django", "runserver", "--noreload", address.removeprefix("http://")]
    env = {
        "DJANGO_SETTINGS_MODULE": "tests.frontend.settings",
        "PORTAL_DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/gallery.sqlite3",
    }
    with ManagedProcess(command, log=Path(folder) / "log", ready=answers, env=env):
        yield address


@pytest.fixture
def console(page: Page) -> Iterator[list[str]]:
    """What the browser complains about: refusals of the policy, errors of scripts."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield complaints
    assert complaints == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Browser, gallery: str, width: int, theme: str
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    for path in PAGES:
        page.goto(gallery + path)
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
    page.close()


def test_the_policy_refuses_nothing(page: Page, gallery: str, console: list[str]) -> None:
    page.goto(gallery)
    page.locator("#open").click()
    expect(page.locator("#dialog")).to_be_visible()


def test_a_dialog_opens_in_place_and_gives_the_focus_back(
    page: Page, gallery: str, console: list[str]
) -> None:
    page.goto(gallery)
    page.locator("#open").click()
    expect(page.get_by_role("dialog", name="External data source")).to_be_visible()
    expect(page.locator("#dialog_connection_id")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#open")).to_be_focused()


def test_a_half_filled_dialog_is_not_thrown_away(page: Page, gallery: str, console: list[str]) -> None:
    page.goto(gallery)
    page.locator("#open").click()
    page.locator("#dialog_connection_id").fill("half")
    page.keyboard.press("Escape")
    expect(page.get_by_text("What you typed is not saved.")).to_be_visible()
    page.get_by_role("button", name="Keep editing").click()
    expect(page.locator("#dialog_connection_id")).to_have_value("half")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#dialog")).to_be_hidden()


def test_mistakes_come_back_into_the_dialog_and_success_closes_it(
    page: Page, gallery: str, console: list[str]
) -> None:
    page.goto(gallery)
    page.locator("#open").click()
    page.locator("#dialog_connection_id").fill("not-this")
    page.get_by_role("button", name="Create connection").last.click()
    expect(page.locator("#dialog_connection_id")).to_be_focused()
    expect(page.locator("#dialog .errorlist").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("What you typed is not saved.")).to_be_visible()
    page.get_by_role("button", name="Keep editing").click()
    page.locator("#dialog_connection_id").fill("orders")
    page.get_by_role("button", name="Create connection").last.click()
    expect(page.locator("#dialog")).to_be_hidden()


def test_a_dialog_opened_by_its_address_is_a_page_and_works_the_same(
    page: Page, gallery: str, console: list[str]
) -> None:
    page.goto(f"{gallery}/gallery/dialog/")
    expect(page.get_by_role("heading", level=1, name="External data source")).to_be_visible()
    page.get_by_role("button", name="Create connection").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    assert page.url == f"{gallery}/gallery/dialog/"
    page.get_by_role("button", name="Close").click()
    page.wait_for_url(f"{gallery}/connections/")


def test_without_javascript_dialog_and_filters_still_work(browser: Browser, gallery: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(gallery)
    page.locator("#open").click()
    assert page.url == f"{gallery}/gallery/dialog/"
    page.goto(gallery)
    page.get_by_label("Search", exact=True).fill("orders")
    page.get_by_role("button", name="Apply").click()
    assert "q=orders" in page.url
    page.close()


def test_a_dangerous_act_waits_for_the_name(page: Page, gallery: str, console: list[str]) -> None:
    page.goto(gallery)
    page.get_by_role("link", name="Delete").click()
    button = page.get_by_role("button", name="Delete connection")
    expect(button).to_be_disabled()
    page.get_by_label("To confirm, type orders").fill("orders")
    expect(button).to_be_enabled()


def test_the_keyboard(page: Page, gallery: str, console: list[str]) -> None:
    page.goto(f"{gallery}/connections/add/")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#global-search")).to_be_focused()
    page.keyboard.type("g c?")
    expect(page.locator("#global-search")).to_have_value("g c?")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url(f"{gallery}/connections/")


def test_single_keys_can_be_switched_off(page: Page, gallery: str, console: list[str]) -> None:
    page.goto(gallery)
    page.get_by_role("button", name="Keyboard shortcuts").first.click()
    page.get_by_label("Use single-key shortcuts in this browser").uncheck()
    page.reload()
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_the_theme_is_remembered_and_overrules_the_system(browser: Browser, gallery: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(gallery)
    canvas = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(canvas)
    page.get_by_role("button", name="Theme: system").click()
    light = page.evaluate(canvas)
    assert light != dark
    page.reload()
    assert page.evaluate(canvas) == light
    page.close()


def test_filters_are_kept_in_the_address(page: Page, gallery: str, console: list[str]) -> None:
    page.goto(gallery)
    page.get_by_label("Kind").select_option("alloydb")
    page.wait_for_url("**kind=alloydb*")
    page.get_by_role("link", name="Status").click()
    page.wait_for_url("**sort=status*")


def test_copying_says_so(browser: Browser, gallery: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(gallery)
    page.get_by_role("button", name="Copy Service account ID").click()
    expect(page.locator("[data-announcer]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("service-528461093377@")
    context.close()


def test_show_password(page: Page, gallery: str, console: list[str]) -> None:
    page.goto(gallery)
    field = page.locator("#id_password")
    page.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide password").click()
    expect(field).to_have_attribute("type", "password")


def test_messages_can_be_dismissed(page: Page, gallery: str, console: list[str]) -> None:
    page.goto(gallery)
    note = page.get_by_text("overdue at Google")
    expect(note).to_be_visible()
    page.locator(".toast-error").get_by_role("button", name="Dismiss").click()
    expect(note).to_be_hidden()


def test_the_navigation_of_a_small_screen(browser: Browser, gallery: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(gallery)
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    page.get_by_role("button", name="Navigation").click()
    expect(page.get_by_role("link", name="Overview")).to_have_attribute("aria-current", "page")
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    page.close()
