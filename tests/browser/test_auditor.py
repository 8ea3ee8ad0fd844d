"""The auditor reads who did what, takes it out as a file and proves that it was not altered."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspecting import look
from tests.browser.pages import PROJECT, ExternalDataSource
from tests.support.running_portal import RunningPortal


@pytest.fixture
def target(admin: Page, new_id: str) -> str:
    """A connection about which something was written down; returns its full name."""
    ExternalDataSource.opened(admin).fill(new_id, share_with="analyst@example.com").submit().succeeds()
    return f"projects/{PROJECT}/locations/us/connections/{new_id}"


def test_the_auditor_reads_filters_and_exports(target: str, auditor: Page, tmp_path: Path) -> None:
    auditor.goto("/")
    auditor.get_by_role("navigation", name="Main").get_by_role("link", name="Audit").click()
    rows = auditor.get_by_role("table", name="Events, newest first").get_by_role("row")
    expect(rows.nth(1)).to_be_visible()
    look(auditor, everywhere=True)
    auditor.get_by_label("Target").fill(target)
    auditor.get_by_label("Target").press("Enter")
    expect(auditor).to_have_url(re.compile(r"[?&]target=projects"))
    for row in rows.all()[1:]:
        expect(row).to_contain_text(target)
    auditor.get_by_label("Action").fill("connection.create")
    auditor.get_by_label("Action").press("Enter")
    expect(rows).to_have_count(3)  # asked for and done
    address = auditor.url
    auditor.reload()
    expect(rows).to_have_count(3)

    with auditor.expect_download() as download:
        auditor.get_by_role("button", name="Export as CSV").click()
    download.value.save_as(tmp_path / "audit.csv")
    with (tmp_path / "audit.csv").open(newline="") as file:
        events = list(csv.DictReader(file))
    assert {event["action"] for event in events} == {"connection.create"}
    assert {event["outcome"] for event in events} == {"requested", "succeeded"}
    assert {event["target"] for event in events} == {target}
    with auditor.expect_download() as download:
        auditor.get_by_role("button", name="Export as JSON Lines").click()
    download.value.save_as(tmp_path / "audit.jsonl")
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["connection.create"] * 2

    auditor.goto(address)
    auditor.get_by_role("link", name="Clear").click()
    expect(rows.nth(1)).to_contain_text("audit.export")  # taking it out was written down


def test_an_event_shows_its_place_in_the_chain(target: str, auditor: Page) -> None:
    auditor.goto(f"/audit/?target={target}")
    auditor.get_by_role("link", name="connection.made").click()
    chain = auditor.get_by_role("region", name="Chain")
    expect(chain).to_contain_text("Holds")
    look(auditor, everywhere=True)
    place = int(auditor.url.rstrip("/").rpartition("/")[2])
    auditor.get_by_role("link", name="Previous").click()
    expect(auditor).to_have_url(re.compile(f"/audit/{place - 1}/$"))
    auditor.get_by_role("link", name="Next").click()
    expect(auditor).to_have_url(re.compile(f"/audit/{place}/$"))


def test_the_chain_is_verified_by_the_commands_that_the_page_names(
    auditor: Page, portal: RunningPortal
) -> None:
    auditor.goto("/audit/")
    auditor.get_by_role("link", name="Verify the chain").click()
    expect(auditor.get_by_text("manage.py verify_audit").first).to_be_visible()
    look(auditor, everywhere=True)
    assert "BEGIN PUBLIC KEY" in portal.run("manage.py", "audit_public_key")
    assert portal.run("manage.py", "verify_audit")


def test_filters_without_matches_can_be_cleared(auditor: Page) -> None:
    auditor.goto("/audit/?q=nothing-has-this-name")
    expect(auditor.get_by_role("heading", name="No events match")).to_be_visible()
    look(auditor, everywhere=True)
    auditor.get_by_role("link", name=re.compile("Clear")).first.click()
    expect(auditor.get_by_role("table")).to_be_visible()


def test_the_auditor_changes_nothing(target: str, auditor: Page) -> None:
    auditor.goto(
        "/"
        + target.replace("projects/", "connections/").replace("locations/", "").replace("/connections/", "/")
        + "/"
    )
    expect(auditor.get_by_role("region", name="Who has access")).to_contain_text("analyst@example.com")
    expect(auditor.get_by_role("link", name="Share", exact=True)).to_have_count(0)
    look(auditor, everywhere=True)
