"""Projects are registered, people are invited and join, by what the pages say."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.inspecting import look
from tests.browser.pages import OperationPage, sign_in

NEW_PASSWORD = "correct-horse-battery"


def invite(admin: Page, email: str, *roles: str) -> str:
    """Have the administrator invite somebody; return the link."""
    admin.goto("/people/")
    admin.get_by_role("link", name="Invite", exact=True).click()
    dialog = admin.get_by_role("dialog", name="Invite somebody")
    dialog.get_by_label(re.compile("E-?mail")).fill(email)
    for role in roles:
        dialog.get_by_label(role).check()
    look(admin)
    dialog.get_by_role("button", name="Invite").click()
    done = admin.get_by_role("dialog", name=f"{email} is invited")
    link = done.get_by_text("/invitations/").inner_text().strip()
    look(admin, everywhere=True)
    done.get_by_role("link", name="Done").click()
    expect(admin.get_by_role("region", name=re.compile("Open invitations"))).to_contain_text(email)
    return link


def join(page: Page, link: str, name: str) -> None:
    """Accept an invitation, which signs in."""
    page.goto(link)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("Password again").fill(NEW_PASSWORD)
    look(page)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def test_an_invited_person_joins_and_signs_in(admin: Page, open_browser: NewContext) -> None:
    link = invite(admin, "nina@example.com", "Auditor")
    look(admin, everywhere=True)
    nina = open_browser().new_page()
    nina.goto(link)
    nina.get_by_label("Password", exact=True).fill("short")
    nina.get_by_label("Password again").fill("shorter")
    nina.get_by_role("button", name="Join").click()
    expect(nina.get_by_text("The two passwords differ.")).to_be_visible()
    look(nina, everywhere=True)
    join(nina, link, "Nina")
    expect(nina.get_by_role("link", name="Audit", exact=True)).to_be_visible()

    again = open_browser().new_page()
    again.goto(link)
    expect(again.get_by_role("heading", name="This invitation is not valid")).to_be_visible()
    look(again, everywhere=True)
    sign_in(again, "nina@example.com", NEW_PASSWORD)
    admin.goto("/people/?q=nina")
    expect(admin.get_by_role("table", name="People")).to_contain_text("Auditor")


def test_a_person_is_deactivated_and_let_in_again(admin: Page, open_browser: NewContext) -> None:
    link = invite(admin, "paul@example.com")
    paul = open_browser().new_page()
    join(paul, link, "Paul")
    admin.goto("/people/?q=paul")
    admin.get_by_role("link", name="Paul").click()
    admin.get_by_role("link", name="Deactivate").click()
    dialog = admin.get_by_role("dialog", name="Deactivate paul@example.com")
    look(admin, everywhere=True)
    dialog.get_by_role("button", name="Deactivate").click()
    expect(admin.get_by_text("paul@example.com is deactivated")).to_be_visible()
    look(admin, everywhere=True)
    paul.goto("/connections/")
    expect(paul).to_have_url(re.compile("/accounts/login/"))
    admin.get_by_role("button", name="Reactivate").click()
    expect(admin.get_by_text("may sign in again")).to_be_visible()
    sign_in(paul, "paul@example.com", NEW_PASSWORD)


def test_two_step_verification(admin: Page, open_browser: NewContext) -> None:
    link = invite(admin, "tara@example.com")
    tara = open_browser().new_page()
    join(tara, link, "Tara")
    tara.get_by_label(re.compile("Your account")).click()
    tara.get_by_role("link", name="Two-step verification").click()
    expect(tara.get_by_role("heading", name="Two-step verification", level=1)).to_be_visible()
    look(tara, everywhere=True)
    tara.get_by_role("link", name="Set up").click()
    expect(tara.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    look(tara, everywhere=True)
    tara.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    tara.get_by_role("button", name="Confirm").click()
    secret = tara.get_by_text(re.compile(r"^[A-Z2-7]{32}$")).inner_text()
    look(tara, everywhere=True)
    tara.get_by_role("textbox", name="Authenticator code").fill("000000")
    tara.get_by_role("button", name="Activate").click()
    expect(tara.locator(".errorlist")).to_be_visible()
    look(tara, everywhere=True)
    tara.get_by_role("textbox", name="Authenticator code").fill(code_now(secret))
    tara.get_by_role("button", name="Activate").click()
    expect(tara).to_have_url(re.compile("recovery-codes"))
    look(tara, everywhere=True)
    recovery = tara.get_by_label("Unused codes").input_value().split()

    again = open_browser().new_page()
    again.goto("/accounts/login/")
    again.get_by_label("Email", exact=True).fill("tara@example.com")
    again.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    again.get_by_role("button", name="Sign in", exact=True).click()
    expect(again).to_have_url(re.compile("2fa/authenticate"))
    look(again, everywhere=True)
    again.get_by_label("Code").fill(recovery[0])
    again.get_by_role("button", name="Sign in", exact=True).click()
    expect(again.get_by_role("navigation", name="Main")).to_be_visible()
    admin.goto("/people/?q=tara")
    expect(admin.get_by_role("table", name="People")).to_contain_text("On")


def test_a_passkey_signs_in(admin: Page, open_browser: NewContext) -> None:
    link = invite(admin, "petra@example.com")
    petra = open_browser().new_page()
    with_fingerprint_reader(petra)
    join(petra, link, "Petra")
    petra.goto("/accounts/2fa/")
    petra.get_by_role("link", name="Add a key").click()
    if petra.get_by_role("heading", name="Confirm that it is you").is_visible():
        petra.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
        petra.get_by_role("button", name="Confirm").click()
    petra.get_by_label("Name").fill("Petra's laptop")
    petra.get_by_label("Passwordless").check()
    look(petra, everywhere=True)
    petra.get_by_role("button", name="Add the key").click()
    expect(petra).to_have_url(re.compile("recovery-codes|2fa/webauthn/$"))
    petra.goto("/accounts/2fa/webauthn/")
    expect(petra.get_by_role("rowheader", name="Petra's laptop")).to_be_visible()
    look(petra, everywhere=True)

    petra.get_by_label("Your account: petra@example.com").click()
    petra.get_by_role("button", name="Sign out").click()
    petra.goto("/accounts/login/")
    petra.get_by_role("button", name="Sign in with a passkey").click()
    expect(petra.get_by_role("navigation", name="Main")).to_be_attached()


def with_fingerprint_reader(page: Page) -> None:
    """Give the browser an authenticator that knows its person."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    reader = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "isUserVerified": True}
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**reader, "hasUserVerification": True, "automaticPresenceSimulation": True}},
    )


def code_now(secret: str) -> str:
    """Return the code that an authenticator app shows now (RFC 6238)."""
    key = base64.b32decode(secret)
    digest = hmac.digest(key, struct.pack(">Q", int(time.time() // 30)), "sha1")
    start = digest[-1] & 0xF
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("734920118846", "This is a project number"),
        ("Acme!", "A project ID has 6 to 30"),
        ("acme-analytics", "registered already"),
    ],
    ids=["number", "characters", "twice"],
)
def test_a_project_that_cannot_be_registered(admin: Page, typed: str, sentence: str) -> None:
    admin.goto("/projects/")
    admin.get_by_role("link", name="Register project").click()
    admin.get_by_label("Project ID").fill(typed)
    admin.get_by_role("dialog").get_by_role("button", name="Register project").click()
    expect(admin.locator(".errorlist")).to_contain_text(sentence)
    look(admin)


def test_a_project_says_what_is_missing_and_how_to_mend_it(admin: Page) -> None:
    admin.goto("/projects/")
    admin.get_by_role("link", name="Register project").click()
    admin.get_by_label("Project ID").fill("acme-sandbox")
    admin.get_by_role("dialog").get_by_role("button", name="Register project").click()
    operation = OperationPage(admin).reached().succeeds()
    look(admin, everywhere=True)
    operation.page.get_by_role("link", name="Go to project").click()
    missing = admin.get_by_role("region", name=re.compile("What is missing"))
    expect(missing).to_contain_text("gcloud services enable bigqueryconnection.googleapis.com")
    expect(missing).to_contain_text("gcloud projects add-iam-policy-binding acme-sandbox")
    expect(admin.get_by_text("734920118846").first).to_be_visible()
    look(admin, everywhere=True)
    admin.get_by_role("button", name="Check again").click()
    OperationPage(admin).reached().succeeds()
