"""`make screenshots`: the pictures in docs/screenshots, taken while a running portal does the main job."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.pages import (
    INSTANCE,
    PROJECT,
    STEPS,
    ConnectionPage,
    ExternalDataSource,
    address,
    sign_in,
    until_shown,
)
from tests.support.chromium import launch_options
from tests.support.running_portal import RunningPortal

FOLDER = REPOSITORY / "docs" / "screenshots"


def main() -> None:
    """Bring a portal up in a folder of its own, and take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        Path(folder).chmod(0o711)  # the demo's PostgreSQL runs as a user of its own
        with RunningPortal(Path(folder) / "portal") as portal:
            browser = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]
            expect.set_options(timeout=30_000)

            def window() -> Page:
                return browser.new_page(
                    base_url=portal.url, viewport={"width": 1280, "height": 840}, reduced_motion="reduce"
                )

            take_main_job(window(), portal)
            take_access(window)
            browser.close()


def take_main_job(page: Page, portal: RunningPortal) -> None:
    """Walk through the main job, taking pictures on the way."""
    page.goto("/accounts/login/")
    take(page, "sign-in")
    sign_in(page, "admin@example.com")
    make(
        page,
        "orders_replica",
        location="us-central1",
        friendly_name="Orders, read pool",
        owners="owner@example.com",
    )
    page.goto("/add-data/?q=alloydb")
    take(page, "add-data")
    dialog = ExternalDataSource.opened(page).fill(
        "orders_us",
        friendly_name="Orders",
        description="Orders of all shops, as the shops' own database has them.",
        owners="owner@example.com",
        share_with="analyst@example.com",
    )
    dialog.field("Connection type").scroll_into_view_if_needed()
    take(page, "external-data-source")
    dialog.instances.scroll_into_view_if_needed()
    take(page, "instances")
    portal.control.latency(1200)  # so that there is something to see
    operation = dialog.submit()
    expect(operation.step(STEPS[2])).to_contain_text("running")
    take(page, "operation")
    portal.control.latency(0)
    connection = operation.to_connection()
    expect(connection.grant("analyst@example.com")).to_contain_text("Active")
    take(page, "connection")
    page.emulate_media(color_scheme="dark")
    take(page, "connection-dark")
    page.emulate_media(color_scheme="light")
    connection.share().add("group:finance@example.com")
    take(page, "share")
    make(page, "orders_wrong", password="not-the-password", friendly_name="Orders, first try")  # noqa: S106 (a wrong one, for the picture of a failure)
    page.goto("/operations/?state=failed")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_text("What to do")).to_be_visible()
    take(page, "failed-step")
    page.goto("/connections/")
    take(page, "connections")
    page.goto("/audit/")
    take(page, "audit")
    page.goto(address("orders_us"))
    expect(ConnectionPage(page).info).to_be_visible()
    commands = page.get_by_role("region", name="Equivalent commands")
    commands.get_by_text("Terraform", exact=True).first.click()
    commands.evaluate("(element) => element.scrollIntoView({ block: 'start' })")
    take(page, "equivalent-commands")


def take_access(window: Callable[[], Page]) -> None:
    """Go from the question for access to the record of it, as analyst, owner and auditor."""
    analyst, owner, auditor = window(), window(), window()
    for page, who in ((analyst, "analyst"), (owner, "owner"), (auditor, "auditor")):
        sign_in(page, f"{who}@example.com")
    analyst.goto(f"/access/projects/{PROJECT}/locations/us-central1/connections/orders_replica/request/")
    analyst.get_by_label("For how long?").fill("30 days")
    analyst.get_by_label("Why?").fill("Monthly revenue report for the board")
    take(analyst, "request-access")
    analyst.get_by_role("button", name="Send the request").click()
    analyst.wait_for_url("**/access/requests/*/")
    owner.goto("/")
    take(owner, "overview")
    owner.goto(analyst.url)
    until_shown(owner, "as seen")
    take(owner, "decide")
    owner.get_by_role("button", name="Approve", exact=True).click()
    until_shown(owner, "Active")
    analyst.goto("/access/")
    take(analyst, "my-access")
    auditor.goto("/access/holdings/")
    take(auditor, "who-has-what")
    analyst.goto(f"/databases/{INSTANCE.removeprefix('//alloydb.googleapis.com/')}/connect/")
    take(analyst, "connect")


def make(page: Page, connection_id: str, **values: str) -> None:
    """Make a connection, for pages that show several."""
    operation = ExternalDataSource.opened(page).fill(connection_id, **values).submit()
    expect(operation.chip).to_have_text("Failed" if "password" in values else "Succeeded")


def take(page: Page, name: str) -> None:
    """Write one picture, as small as it gets."""
    page.evaluate("document.activeElement?.blur()")
    expect(page.locator(".htmx-request:not([hx-trigger*='every'])")).to_have_count(0)
    page.evaluate("document.fonts.ready")
    picture = smaller(page.screenshot(caret="hide", animations="disabled"))
    (FOLDER / f"{name}.png").write_bytes(picture)
    print(f"{name}.png  {len(picture) // 1000} kB")


def smaller(picture: bytes) -> bytes:
    """Return the picture with a palette of 256 colours."""
    made = BytesIO()
    with Image.open(BytesIO(picture)) as whole:
        whole.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    return made.getvalue()


if __name__ == "__main__":
    main()
