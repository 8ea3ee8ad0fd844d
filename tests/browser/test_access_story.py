"""The whole story, four people in four windows: from the question to the end, a review, and a look back.

It has a portal of its own: the clock is moved, which nobody else's access may suffer from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import SECONDS
from tests.browser.inspecting import WIDE, look
from tests.browser.pages import (
    PROJECT,
    ConnectionPage,
    ExternalDataSource,
    OperationPage,
    address,
    sign_in,
    until_shown,
)
from tests.browser.watching import Watch
from tests.support.creation import NUMBER
from tests.support.google_side import bindings
from tests.support.running_portal import RunningPortal

CONNECTION = "story"
WHY = "Monthly revenue report for the board"
CONTRACTOR = "contractor@example.com"  # has no account with the portal
Window = Callable[[str], Page]


@pytest.fixture(scope="module")
def own_portal(data_dir: Path) -> Iterator[RunningPortal]:
    """A portal whose clock can be moved without harm to others."""
    with RunningPortal(data_dir / "story") as running:
        yield running


@pytest.fixture
def window(browser: Browser, watch: Watch, own_portal: RunningPortal) -> Iterator[Window]:
    """Open a window in which one of the demo's people has signed in."""
    with ExitStack() as stack:

        def opened(who: str) -> Page:
            context = browser.new_context(base_url=own_portal.url, viewport=WIDE, reduced_motion="reduce")
            stack.callback(context.close)
            watch.over(context).set_default_timeout(SECONDS * 1000)
            page = context.new_page()
            sign_in(page, f"{who}@example.com")
            return page

        yield opened


def query(portal: RunningPortal, who: str, sql: str) -> dict[str, Any]:
    """Run what was copied as that person, at Google; return the answer."""
    google = portal.environment(portal.port)["GOOGLE_CLOUD_EMULATOR"]
    answer = requests.post(
        f"{google}/bigquery/v2/projects/{PROJECT}/queries",
        json={"query": sql, "useLegacySql": False, "location": "US"},
        headers={"Authorization": f"Bearer emulator:{who}@example.com"},
        timeout=20,
    )
    found: dict[str, Any] = answer.json()
    return found


def held_by(portal: RunningPortal) -> set[str]:
    """Who may use the connection by Google's policy."""
    found = bindings(portal.control, f"projects/{NUMBER}/locations/us/connections/{CONNECTION}")
    return {member.removeprefix("user:") for _, member, _ in found}


def move_clock(page: Page, by: str) -> datetime:
    """Move the demo's clock forward; return what it shows then."""
    page.goto("/demo/clock/")
    page.get_by_label("Move it forward by").select_option(label=by)
    page.get_by_role("button", name="Move the clock").click()
    expect(page.get_by_text("What is due happens in the next seconds")).to_be_visible()
    shown = page.get_by_role("heading", name="It is").locator("time").get_attribute("datetime")
    return datetime.fromisoformat(shown or "")


def ask(analyst: Page, why: str) -> str:
    """Ask for a day of access from the connection's page; return the request's address."""
    analyst.goto(address(CONNECTION))
    mine = analyst.get_by_role("region", name="Your access")
    expect(mine).to_contain_text("You have no access of your own")
    expect(mine).to_contain_text("owner@example.com")
    mine.get_by_role("link", name="Request access").click()
    analyst.get_by_label("For how long?").fill("8 days")
    analyst.get_by_role("button", name="Send the request").click()
    expect(analyst.get_by_label("Why?")).to_be_focused()
    expect(analyst.locator("#id_reason_error")).to_be_visible()
    look(analyst, everywhere=True)
    analyst.get_by_label("Why?").fill(why)
    analyst.get_by_role("button", name="Send the request").click()
    analyst.wait_for_url(re.compile(r"/access/requests/[0-9a-f-]{36}/$"))
    expect(analyst.get_by_role("heading", level=1)).to_contain_text("Pending")
    return analyst.url


def test_four_people_from_the_question_to_the_end(own_portal: RunningPortal, window: Window) -> None:
    admin, owner, analyst, auditor = map(window, ("admin", "owner", "analyst", "auditor"))
    dialog = ExternalDataSource.opened(admin)
    dialog.fill(CONNECTION, owners="owner@example.com", share_with=CONTRACTOR).submit().to_connection()

    # The analyst finds it and asks.
    analyst.goto("/connections/")
    expect(analyst.get_by_role("link", name=f"Request access to {CONNECTION}")).to_be_visible()
    here = ask(analyst, WHY)
    look(analyst, everywhere=True)
    sql = f"SELECT * FROM EXTERNAL_QUERY('{PROJECT}.us.{CONNECTION}', '''SELECT 1''')"
    assert "Access Denied" in query(own_portal, "analyst", sql)["error"]["message"]

    # The owner sees what waits, asks back, is answered.
    owner.goto("/connections/")
    waits = owner.get_by_role("navigation", name="Main").get_by_role("link", name="Approvals")
    expect(waits).to_contain_text("1")
    waits.click()
    expect(owner.get_by_role("heading", name="Approvals", level=1)).to_be_visible()
    look(owner, everywhere=True)
    owner.get_by_role("row").filter(has_text=WHY).get_by_role("link", name=CONNECTION).click()
    until_shown(owner, "as seen")
    change = owner.get_by_role("region", name="What would change")
    expect(change).to_contain_text("user:analyst@example.com")
    look(owner, everywhere=True)
    say(owner, "Which tables?")
    happened = analyst.get_by_role("region", name="What happened")
    expect(happened).to_contain_text("Which tables?")  # by itself
    say(analyst, "Orders only.")

    # Nobody else's window may decide; the owner does, and makes it shorter.
    for page in (admin, auditor, analyst):
        page.goto(here)
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    owner.reload()
    owner.get_by_role("button", name="Deny").click()
    expect(owner.locator("#id_reason_error")).to_contain_text("Say why")
    owner.get_by_label("Reason", exact=False).first.fill("Welcome")
    owner.get_by_label("Shorten to").fill("2 days")
    draft = analyst.get_by_label("Write something")
    draft.fill("Only the orders of")
    owner.get_by_role("button", name="Approve").click()
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Approved")

    # The analyst's page follows by itself, and what is being typed there stays.
    expect(analyst.get_by_role("heading", level=1)).to_contain_text("Approved")
    expect(happened).to_contain_text("has it in the policy")
    expect(analyst.get_by_role("region", name="What is asked for")).to_contain_text("shortened to 2 days")
    expect(analyst.get_by_role("button", name="Extend")).to_be_visible()
    expect(analyst.get_by_role("link", name="Withdraw")).to_have_count(0)
    expect(draft).to_be_focused()
    expect(draft).to_have_value("Only the orders of")
    expect(analyst.locator("[data-announcer]")).to_contain_text("Google has it in the policy")
    expect(analyst.locator("#standing[hx-get]")).to_have_count(0)
    look(analyst, everywhere=True)

    # The analyst uses it.
    analyst.goto("/access/")
    held = analyst.get_by_role("main").locator("section").filter(has_text=CONNECTION)
    expect(held).to_contain_text(re.compile(r"in (1 day|2 days)"))
    copied = held.locator("code").inner_text()
    assert copied == sql
    assert query(own_portal, "analyst", copied)["jobComplete"] is True
    look(analyst, everywhere=True)

    # One click asks for longer; the end moves when the owner approves.
    analyst.get_by_role("button", name="Extend").click()
    expect(analyst.get_by_role("heading", level=1)).to_contain_text("Longer access")
    longer = analyst.url
    owner.goto(longer)
    expect(owner.get_by_role("main")).to_contain_text("The policy at Google stays as it is")
    owner.get_by_role("button", name="Approve").click()
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Approved")
    analyst.goto("/access/")
    expect(held).to_contain_text(re.compile(r"in [78] days"))

    # The owner looks through who has access: the analyst keeps it, the contractor does not, at once.
    assert held_by(own_portal) == {"analyst@example.com", CONTRACTOR}
    review(owner, keep="analyst@example.com", remove=CONTRACTOR)
    assert held_by(own_portal) == {"analyst@example.com"}

    # Time goes by: after seven days it is still there, after nine it is gone by itself.
    before = move_clock(admin, "7 days")
    assert query(own_portal, "analyst", sql)["jobComplete"] is True
    move_clock(admin, "1 day")
    move_clock(admin, "1 day")
    analyst.goto(here)
    until_shown(analyst, "does not have it any more")
    assert "Access Denied" in query(own_portal, "analyst", sql)["error"]["message"]
    analyst.goto("/access/")
    expect(analyst.get_by_role("main")).to_contain_text("You have no access of your own")
    analyst.goto(here)
    analyst.get_by_role("link", name="Ask again").click()
    expect(analyst.get_by_label("Why?")).to_have_value(WHY)

    # The auditor reads it all, and nothing more.
    auditor.goto("/audit/?q=analyst")
    for action in ("request.create", "request.approve", "request.extend", "grant.end"):
        expect(auditor.get_by_role("main").get_by_text(action).first).to_be_visible()

    # Who had what: at that moment the analyst had it, and why; at the end of the day on which it ended, not.
    held = as_of(auditor, "analyst@example.com", before, at=True)
    expect(held).to_have_count(2)  # the head, and what was held at that moment
    expect(held.nth(1)).to_contain_text(CONNECTION)
    held.nth(1).get_by_role("link", name="Request").click()
    why = auditor.get_by_role("region", name="Why it exists")
    expect(why).to_contain_text(WHY)
    expect(why).to_contain_text("owner@example.com approved step 1")
    expect(why).to_contain_text("Prolonged by analyst@example.com")
    look(auditor, everywhere=True)
    term = auditor.locator("dt").filter(has_text="Held")
    ended = term.locator("xpath=following-sibling::dd[1]").locator("time").last.get_attribute("datetime")
    after = datetime.fromisoformat(ended or "")
    assert after > before
    expect(as_of(auditor, "analyst@example.com", after)).to_have_count(0)
    expect(auditor.get_by_role("heading", name="No grants match")).to_be_visible()


def review(owner: Page, *, keep: str, remove: str) -> None:
    """Begin a review on the connection's page and answer it; wait until the removal has taken effect."""
    owner.goto(address(CONNECTION))
    expect(ConnectionPage(owner).grant(remove)).to_contain_text("Active")
    owner.get_by_role("button", name="Review who has access").click()
    owner.wait_for_url(re.compile(r"/reviews/\d+/$"))
    here = owner.url
    expect(owner.get_by_role("main")).to_contain_text("2 of 2 wait for an answer")
    owner.get_by_role("group", name=f"Answer for user:{keep}").get_by_label("Keep").check()
    owner.get_by_role("group", name=f"Answer for user:{remove}").get_by_label("Remove").check()
    owner.get_by_label("Reason").fill("The project is over")
    look(owner, everywhere=True)
    owner.get_by_role("button", name="Save answers").click()
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Remove access of 1 principal?")
    expect(owner.get_by_role("main")).to_contain_text(remove)
    look(owner, everywhere=True)
    owner.get_by_role("button", name="Remove access").click()
    OperationPage(owner).reached().succeeds()
    owner.goto(here)
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Done")
    expect(owner.get_by_role("row").filter(has_text=keep)).to_contain_text("Kept")
    expect(owner.get_by_role("row").filter(has_text=remove)).to_contain_text("Removed")
    owner.goto(address(CONNECTION))
    expect(ConnectionPage(owner).grant(keep)).to_contain_text("Active")
    expect(ConnectionPage(owner).grant(remove)).to_have_count(0)


def as_of(auditor: Page, who: str, moment: datetime, *, at: bool = False) -> Locator:
    """Ask who had what, at a moment to the minute or else at the end of its day; return the table's rows."""
    auditor.goto("/access/holdings/")
    auditor.get_by_label("Person or principal").fill(who)
    auditor.get_by_label("As of", exact=True).fill(f"{moment:%Y-%m-%d}")
    time = f"{moment:%H:%M}" if at else ""
    auditor.get_by_label("Time (UTC)").fill(time)
    auditor.get_by_label("Time (UTC)").press("Enter")
    expect(auditor.locator("#results")).to_contain_text(f"As of {moment:%Y-%m-%d} {time or '23:59'}")
    return auditor.get_by_role("table", name="Who held what").get_by_role("row")


def say(page: Page, text: str) -> None:
    """Write a comment."""
    page.get_by_label("Write something").fill(text)
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_role("region", name="What happened")).to_contain_text(text)
