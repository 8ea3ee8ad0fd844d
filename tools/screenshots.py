"""`make screenshots`: the pictures in docs/screenshots, taken while a running portal does the main job."""

from __future__ import annotations

import struct
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402

from tests.browser.pages import STEPS, ConnectionPage, ExternalDataSource, address, sign_in  # noqa: E402
from tests.support.chromium import launch_options  # noqa: E402
from tests.support.running_portal import RunningPortal  # noqa: E402

FOLDER = REPOSITORY / "docs" / "screenshots"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256


def main() -> None:
    """Bring a portal up in a folder of its own, and take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        Path(folder).chmod(0o711)  # the demo's PostgreSQL runs as a user of its own
        with RunningPortal(Path(folder) / "portal") as portal:
            browser = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]
            page = browser.new_page(
                base_url=portal.url, viewport={"width": 1280, "height": 840}, reduced_motion="reduce"
            )
            expect.set_options(timeout=30_000)
            take_all(page, portal)
            browser.close()


def take_all(page: Page, portal: RunningPortal) -> None:
    """Walk through the main job, taking pictures on the way."""
    page.goto("/accounts/login/")
    take(page, "sign-in")
    sign_in(page, "admin@example.com")
    make(page, "orders_replica", location="us-central1", friendly_name="Orders, read pool")
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
    make(page, "orders_wrong", password="not-the-password", friendly_name="Orders, first try")  # noqa: S106
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
    """Return a Chromium screenshot with a palette: its rarest colours become the nearest of the others."""
    width, height, rows = _read(picture)
    counted = Counter(rows[place : place + 3] for place in range(0, len(rows), 3))
    palette = [colour for colour, _ in counted.most_common(COLOURS)]
    numbers = {colour: _nearest(colour, palette) for colour in counted}
    indexed = bytes(numbers[rows[place : place + 3]] for place in range(0, len(rows), 3))
    lines = b"".join(b"\0" + indexed[start : start + width] for start in range(0, len(indexed), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", b"".join(palette)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(_chunk(*chunk) for chunk in chunks)


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    far = [sum((one - other) ** 2 for one, other in zip(colour, known, strict=True)) for known in palette]
    return far.index(min(far))


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def _read(picture: bytes) -> tuple[int, int, bytes]:
    """Decode a PNG of 8 bits a channel (PNG specification, chapter 9), without its alpha."""
    width, height, depth, colour = struct.unpack(">IIBB", picture[16:26])
    if (depth, colour) not in {(8, 2), (8, 6)}:
        raise ValueError(f"unexpected kind of PNG: {depth} bits, colour type {colour}")
    channels = 3 if colour == 2 else 4
    data = zlib.decompress(b"".join(_contents(picture, b"IDAT")))
    stride = width * channels
    before, lines = bytes(stride), []
    for start in range(0, len(data), stride + 1):
        before = _unfiltered(data[start], data[start + 1 : start + 1 + stride], before, channels)
        lines.append(before)
    whole = b"".join(lines)
    if channels == 4:
        whole = b"".join(whole[place : place + 3] for place in range(0, len(whole), 4))
    return width, height, whole


def _contents(picture: bytes, wanted: bytes) -> Iterable[bytes]:
    place = len(SIGNATURE)
    while place < len(picture):
        (size,) = struct.unpack(">I", picture[place : place + 4])
        if picture[place + 4 : place + 8] == wanted:
            yield picture[place + 8 : place + 8 + size]
        place += size + 12


def _unfiltered(kind: int, line: bytes, above: bytes, channels: int) -> bytes:
    if kind == 0:
        return line
    if kind == 2:
        return bytes((one + other) & 255 for one, other in zip(line, above, strict=True))
    done = bytearray(line)
    for place, value in enumerate(line):
        left = done[place - channels] if place >= channels else 0
        corner = above[place - channels] if place >= channels else 0
        done[place] = (value + _predicted(kind, left, above[place], corner)) & 255
    return bytes(done)


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    guess = left + up - corner
    return min((left, up, corner), key=lambda near: abs(guess - near))


if __name__ == "__main__":
    main()
