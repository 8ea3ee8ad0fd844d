"""One running portal for each test process, and a browser for each of its people.

Tests share the portal, so each makes connections of its own, under ids that no other uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.browser.inspecting import WIDE
from tests.browser.pages import sign_in
from tests.browser.tour import Tour
from tests.browser.watching import Watch
from tests.support.running_portal import RunningPortal

SECONDS = 20  # how long anything may take on a busy machine

SignedIn = Callable[..., Page]
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    """Wait as long as a busy machine may need; what is there is not waited for."""
    expect.set_options(timeout=SECONDS * 1000)


@pytest.fixture(scope="session")
def portal(data_dir: Path) -> Iterator[RunningPortal]:
    """The portal that this process's browsers visit."""
    with RunningPortal(data_dir / "running") as running:
        yield running


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], portal: RunningPortal) -> dict[str, Any]:
    """Make addresses relative to the portal."""
    return {**browser_context_args, "base_url": portal.url, "viewport": WIDE, "reduced_motion": "reduce"}


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fail a test in which a browser complained."""
    watch = Watch()
    yield watch
    assert not watch.complaints, "\n".join(watch.complaints)


@pytest.fixture
def open_browser(new_context: NewContext, watch: Watch) -> NewContext:
    """Open a browser in which nobody has signed in; the options are Playwright's."""

    def open_one(**options: Any) -> BrowserContext:
        context = watch.over(new_context(**options))
        context.set_default_timeout(SECONDS * 1000)
        return context

    return open_one


@pytest.fixture
def stranger(open_browser: NewContext) -> Page:
    """Somebody who has not signed in."""
    return open_browser().new_page()


@pytest.fixture(scope="session")
def _sign_ins() -> dict[str, StorageState]:
    """What a browser keeps after each person's first sign-in."""
    return {}


@pytest.fixture
def signed_in(open_browser: NewContext, _sign_ins: dict[str, StorageState]) -> SignedIn:
    """Open a browser in which one of the demo's people has signed in, and return its page."""

    def enter(who: str, **options: Any) -> Page:
        email = who if "@" in who else f"{who}@example.com"
        if email not in _sign_ins:
            page = open_browser().new_page()
            sign_in(page, email)
            _sign_ins[email] = page.context.storage_state()
            page.context.close()
        return open_browser(storage_state=_sign_ins[email], **options).new_page()

    return enter


@pytest.fixture
def admin(signed_in: SignedIn) -> Page:
    """The administrator's browser."""
    return signed_in("admin")


@pytest.fixture
def owner(signed_in: SignedIn) -> Page:
    """The browser of somebody who owns connections."""
    return signed_in("owner")


@pytest.fixture
def analyst(signed_in: SignedIn) -> Page:
    """The analyst's browser."""
    return signed_in("analyst")


@pytest.fixture
def auditor(signed_in: SignedIn) -> Page:
    """The auditor's browser."""
    return signed_in("auditor")


@pytest.fixture
def new_id(request: pytest.FixtureRequest) -> str:
    """A connection ID that no other test uses."""
    return re.sub(r"\W+", "_", request.node.name.removeprefix("test_").replace("chromium", "")).strip("_")


@pytest.fixture(scope="session")
def tour(browser: Browser, browser_context_args: dict[str, Any], portal: RunningPortal) -> Iterator[Tour]:
    """The guide who shows every page to everybody."""
    guide = Tour(browser, browser_context_args, portal)
    yield guide
    guide.close()
