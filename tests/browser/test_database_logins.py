"""Logging in to the databases themselves: how to connect, checking it for real, and what a refusal means."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from emulator.estate import LOGIN_CHECKER
from tests.browser.inspecting import look
from tests.browser.tour import DATABASES

CHECKER = LOGIN_CHECKER.removesuffix(".gserviceaccount.com")
ORDERS = f"/databases/{DATABASES[0]}/"


def test_the_ways_follow_what_is_chosen(analyst: Page) -> None:
    analyst.goto(ORDERS)
    analyst.get_by_role("link", name="How to connect").click()
    expect(analyst.get_by_text("--username=analyst@example.com")).to_be_visible()
    analyst.get_by_text("By hand", exact=True).click()
    expect(analyst.get_by_text("never pasted at the prompt").first).to_be_visible()

    analyst.get_by_label("Database", exact=True).fill("invoices")
    analyst.get_by_label("Network").focus()

    by_hand = analyst.get_by_role("region", name="By hand, Ask for a token and log in")
    expect(by_hand).to_contain_text("dbname=invoices")
    expect(by_hand).to_be_visible()
    expect(analyst).to_have_url(re.compile("way=by-hand"))
    look(analyst, everywhere=True)
    analyst.get_by_label("Local port").fill("0")
    analyst.get_by_role("button", name="Fill in").click()
    expect(analyst.get_by_text("Nothing to show yet")).to_be_visible()
    look(analyst)


def test_a_login_is_checked_for_real(admin: Page) -> None:
    admin.goto(f"{ORDERS}check/")
    expect(admin.get_by_label(LOGIN_CHECKER)).to_be_checked()
    expect(admin.get_by_label("Token", exact=True)).to_be_hidden()
    admin.get_by_label("Database", exact=True).fill("orders")
    admin.get_by_role("button", name="Check", exact=True).click()
    expect(admin.get_by_text(f"It is {CHECKER}.")).to_be_visible()
    look(admin, everywhere=True)

    admin.get_by_label("A token that I paste").check()
    token = admin.get_by_label("Token", exact=True)
    token.fill("ya29.not-a-token")
    admin.get_by_role("button", name="Check", exact=True).click()
    expect(admin.get_by_text("Google does not take this token")).to_be_visible()
    assert "ya29.not-a-token" not in admin.content()
    look(admin, everywhere=True)
    admin.get_by_role("main").get_by_role("link", name="How to connect").last.click()
    expect(admin.get_by_role("heading", name="How to connect", level=1)).to_be_visible()


def test_a_refusal_is_explained_and_found_in_the_log(admin: Page) -> None:
    admin.goto(f"{ORDERS}check/")
    admin.get_by_label("Database", exact=True).fill("nowhere")
    admin.get_by_role("button", name="Check", exact=True).click()
    expect(admin.get_by_text("The instance has no database of this name.")).to_be_visible()

    admin.get_by_role("link", name="Troubleshoot").click()
    admin.get_by_label("Log line or error").fill("アクセス トークンが無効です。")
    admin.get_by_role("button", name="Explain").click()
    expect(admin.get_by_text("The access token is not valid")).to_be_visible()
    look(admin, everywhere=True)
    admin.get_by_role("button", name="Read the log").click()
    expect(admin.get_by_role("rowheader", name='database "nowhere" does not exist').first).to_be_visible()
    look(admin, everywhere=True)
