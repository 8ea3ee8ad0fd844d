"""Access tokens: minted narrow, looked at by tokeninfo, never shown."""

from __future__ import annotations

import time

import pytest
import requests

from emulator.client import Control
from emulator.estate import LOGIN_CHECKER
from emulator.server import Running
from tests.contract.emulator.traffic import PROJECT, Google, Reply

LOGIN = "https://www.googleapis.com/auth/alloydb.login"
MINT = f"iamcredentials/v1/projects/-/serviceAccounts/{LOGIN_CHECKER}:generateAccessToken"


def info(api: Google, token: str, version: str = "v2/") -> Reply:
    """Ask tokeninfo as the discovery document has it."""
    return api.send("POST", f"oauth2/{version}tokeninfo", query={"access_token": token})


def test_the_portal_mints_a_narrow_token_of_the_account_that_it_may_impersonate(api: Google) -> None:
    made = api.post(MINT, {"scope": [LOGIN], "lifetime": "60s"}).body
    found = info(api, made["accessToken"]).body
    assert (found["email"], found["scope"], found["verified_email"]) == (LOGIN_CHECKER, LOGIN, True)
    assert 55 <= found["expires_in"] <= 60
    assert api.by("auditor@example.com").post(MINT, {"scope": [LOGIN]}).status == 403


def test_a_form_is_taken_as_the_documentation_sends_it(emulator: Running, control: Control) -> None:
    token = control.token("ana@example.com")
    for path in ("oauth2/v1/tokeninfo", "oauth2/v3/tokeninfo", "oauth2/tokeninfo"):
        answer = requests.post(f"{emulator.url}/{path}", data={"access_token": token}, timeout=30).json()
        assert answer["email"] == "ana@example.com"


def test_the_form_of_openid(emulator: Running, control: Control) -> None:
    token = control.token("ana@example.com", "openid", LOGIN)
    url = f"{emulator.url}/oauth2/v3/tokeninfo"
    answer = requests.get(url, params={"access_token": token}, timeout=30).json()
    assert (answer["scope"], answer["email_verified"]) == (f"openid {LOGIN}", "true")
    assert int(answer["exp"]) - time.time() == pytest.approx(int(answer["expires_in"]), abs=2)


def test_tokens_that_are_none(api: Google, control: Control) -> None:
    for token in ("", "ya29.not-one", control.token("ana@example.com", lifetime=0)):
        reply = info(api, token)
        expected = {"error": "invalid_token", "error_description": "Invalid Value"}
        assert (reply.status, reply.body) == (400, expected)


def test_a_narrow_token_is_good_for_nothing_else(api: Google, control: Control) -> None:
    token = control.token("admin@example.com", LOGIN)
    url = api.address(f"cloudresourcemanager/v3/projects/{PROJECT}")
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert (answer.status_code, answer.json()["error"]["status"]) == (403, "PERMISSION_DENIED")


def test_tokens_are_in_no_log(api: Google, control: Control, caplog: pytest.LogCaptureFixture) -> None:
    token = control.token("ana@example.com")
    with caplog.at_level("DEBUG"):
        info(api, token)
    seen = [*(record.getMessage() for record in caplog.records if record.name == "emulator")]
    assert seen
    assert token not in repr((seen, control.calls(), control.state()))
