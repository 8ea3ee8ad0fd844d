"""Logging in to the databases themselves: how to connect, checking it for real, and what a refusal means."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from emulator.client import Control
from emulator.estate import LOGIN_CHECKER
from portal.gcp.login_tokens import CLOUD_SQL_LOGIN
from tests.browser.inspecting import look
from tests.browser.pages import PROJECT
from tests.browser.tour import DATABASES
from tests.support.google_side import bindings
from tests.support.processes import wait_until
from tests.support.running_portal import RunningPortal

CHECKER = LOGIN_CHECKER.removesuffix(".gserviceaccount.com")
ORDERS = f"/databases/{DATABASES[0]}/"
# Where nobody but the story's people logs in.
CRM = f"/databases/projects/{PROJECT}/instances/crm/"
ANALYST = "analyst@example.com"
ROLES = {"roles/cloudsql.instanceUser", "roles/cloudsql.client"}


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


def at_google(control: Control) -> tuple[set[str], bool]:
    """Which of a login's roles the analyst holds on the project, and whether the database user is there."""
    held = {role for role, member, _ in bindings(control) if member == f"user:{ANALYST}"}
    users = [
        name for name in control.state()["resources"] if name.endswith(f"/instances/crm/users/{ANALYST}")
    ]
    return held & ROLES, bool(users)


def name_the_owner(admin: Page) -> None:
    """The administrator says on the instance's page who answers for it."""
    admin.goto(CRM)
    admin.get_by_role("link", name="Change the owners").click()
    dialog = admin.get_by_role("dialog", name="Owners")
    dialog.get_by_label("Owners").fill("owner@example.com")
    look(admin)
    dialog.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("The owners are saved.")).to_be_visible()
    facts = admin.get_by_role("region", name="Instance", exact=True)
    expect(facts).to_contain_text("owner@example.com")


def check(analyst: Page, token: str) -> None:
    """Have a login with a pasted token tried."""
    analyst.goto(f"{CRM}check/")
    analyst.get_by_label("Token", exact=True).fill(token)
    analyst.get_by_label("Database", exact=True).fill("crm")
    analyst.get_by_role("button", name="Check", exact=True).click()


def ask_for_a_login(analyst: Page) -> str:
    """The analyst asks for a day; returns the request's address."""
    analyst.goto(CRM)
    expect(analyst.get_by_role("region", name="Your login")).to_contain_text("You have no login here")
    analyst.get_by_role("link", name="Request database login").click()
    expect(analyst.get_by_role("heading", name="Request database login", level=1)).to_be_visible()
    expect(analyst.get_by_role("main")).to_contain_text(f"Database user{ANALYST}")
    analyst.get_by_label("For how long?").fill("1 day")
    analyst.get_by_label("Why?").fill("Look into the duplicate customers")
    analyst.get_by_role("button", name="Send the request").click()
    expect(analyst.get_by_role("heading", level=1)).to_contain_text("Database login to crm Pending")
    return analyst.url


def test_a_login_from_the_question_to_its_end(
    portal: RunningPortal, admin: Page, owner: Page, analyst: Page
) -> None:
    name_the_owner(admin)
    request = ask_for_a_login(analyst)

    # The owner sees who, as whom, and the exact change; one yes makes the user and gives the roles.
    owner.goto(request)
    expect(owner.get_by_role("region", name="What is asked for")).to_contain_text(ANALYST)
    expect(owner.get_by_role("region", name="What would change")).to_contain_text("cloudsql.instanceUser")
    look(owner, everywhere=True)
    owner.get_by_role("button", name="Approve").click()
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Approved")
    wait_until(lambda: at_google(portal.control) == (ROLES, True), seconds=60, what="she may log in")

    # The commands are filled in for her, and a token that is good for nothing else really logs in.
    analyst.goto(request)
    expect(analyst.locator("#standing")).to_contain_text("Active")
    analyst.goto(CRM)
    expect(analyst.get_by_role("region", name="Your login")).to_contain_text(
        f"You log in as {ANALYST} Active"
    )
    look(analyst, everywhere=True)
    analyst.get_by_role("region", name="Your login").get_by_role("link", name="How to connect").click()
    expect(analyst.get_by_text(f"--username={ANALYST}").first).to_be_visible()
    expect(analyst.get_by_text(f"{PROJECT}:us-central1:crm").first).to_be_visible()
    token = portal.control.token(ANALYST, CLOUD_SQL_LOGIN)
    check(analyst, token)
    expect(analyst.get_by_text(f"It is {ANALYST}.")).to_be_visible()
    expect(analyst.get_by_text("which the portal lends")).to_be_visible()
    look(analyst, everywhere=True)

    # The owner ends it: user and roles are gone, and so is the right to borrow the portal's account.
    owner.goto(CRM)
    owner.get_by_role("link", name=f"End the login of {ANALYST}").click()
    dialog = owner.get_by_role("dialog", name="End this login?")
    expect(dialog).to_contain_text("is taken back.")
    dialog.get_by_label("Reason").fill("It is done")
    look(owner, everywhere=True)
    dialog.get_by_role("button", name="End login").click()
    wait_until(
        lambda: at_google(portal.control) == (set(), False), seconds=60, what="user and roles are gone"
    )
    check(analyst, token)
    expect(analyst.get_by_text("Request a database login first")).to_be_visible()
    analyst.goto(CRM)
    expect(analyst.get_by_role("region", name="Your login")).to_contain_text("You have no login here")
