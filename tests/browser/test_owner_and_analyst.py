"""The owner, whom the form names, shares the connection; the analyst uses it and cannot share it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignedIn
from tests.browser.inspecting import look
from tests.browser.pages import PROJECT, ConnectionPage, ExternalDataSource, address


@pytest.fixture
def owned(admin: Page, new_id: str) -> str:
    """A connection that the owner answers for; returns its address."""
    dialog = ExternalDataSource.opened(admin)
    dialog.fill(new_id, owners="owner@example.com").submit().succeeds()
    return address(new_id)


def test_the_owner_shares(owned: str, owner: Page, analyst: Page) -> None:
    owner.goto(f"/connections/?mine=owned&q={owned.split('/')[-2]}")
    expect(owner.get_by_role("row")).to_have_count(2)  # the head and the connection
    owner.goto(owned)
    connection = ConnectionPage(owner)
    expect(connection.share_button).to_be_visible()
    look(owner, everywhere=True)
    connection = connection.share().add("analyst@example.com").save().to_connection()
    expect(connection.grant("analyst@example.com")).to_contain_text("Active")
    expect(connection.grant("analyst@example.com")).to_contain_text("by owner@example.com")

    analyst.goto(owned)
    mine = analyst.get_by_role("region", name="Your access")
    expect(mine).to_contain_text("Connection User")
    expect(mine).to_contain_text("Active")
    look(analyst, everywhere=True)


def test_the_analyst_cannot_share(owned: str, analyst: Page, owner: Page, new_id: str) -> None:
    owner.goto(owned)
    ConnectionPage(owner).share().add("group:others@example.com").save().succeeds()
    analyst.goto(owned)
    expect(ConnectionPage(analyst).share_button).to_have_count(0)
    expect(analyst.get_by_role("region", name="Your access")).to_contain_text(
        "You have no access of your own"
    )
    for words in ("Who has access", "others@example.com", "Recent events", "Equivalent commands"):
        expect(analyst.get_by_text(words)).to_have_count(0)

    share = f"/access/projects/{PROJECT}/locations/us/connections/{new_id}/share/"
    answer = analyst.goto(share)
    assert answer is not None
    assert answer.status == 403
    look(analyst, everywhere=True)
    analyst.goto(owned)
    token = analyst.locator("[name=csrfmiddlewaretoken]").first.input_value()
    asked: dict[str, str | float | bool] = {"csrfmiddlewaretoken": token, "principals": "analyst@example.com"}
    assert analyst.request.post(share, form=asked, headers={"referer": analyst.url}).status == 403
    owner.goto(owned)
    expect(ConnectionPage(owner).grant("analyst@example.com")).to_have_count(0)


@pytest.mark.parametrize("who", ["owner", "analyst"])
def test_the_administrators_places_are_not_offered(signed_in: SignedIn, who: str) -> None:
    page = signed_in(who)
    page.goto("/connections/")
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="Connections")).to_be_visible()
    for name in ("Add data", "Projects", "People", "Audit"):
        expect(navigation.get_by_role("link", name=name)).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("Add data"))).to_have_count(0)
    for path in ("/add-data/", "/projects/", "/people/", "/audit/"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 403, path
        expect(page.get_by_role("heading", level=1)).to_be_visible()
