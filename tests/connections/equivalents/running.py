"""Running the texts against the emulator: Google's addresses exchanged for its own, all else as shown."""

from __future__ import annotations

import getpass
import time
from typing import Any

import google.auth
import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials

from tests.connections.equivalents.shells import TOKEN, Shell
from tests.support.emulated import Emulator

APIS = {
    "https://bigqueryconnection.googleapis.com": "bigqueryconnection",
    "https://cloudresourcemanager.googleapis.com": "cloudresourcemanager",
    "https://cloudkms.googleapis.com": "cloudkms",
}
# A typed client is told the address by its documented option, client_options; over REST, which the
# emulator speaks.
CLIENTS = {
    "ConnectionServiceClient()": "bigqueryconnection",
    "ProjectsClient()": "cloudresourcemanager",
}
_OPTIONS = '(client_options={{"api_endpoint": "{url}"}}, transport="rest", credentials=CREDENTIALS)'


class Runner:
    """Carries texts out as a person would."""

    def __init__(self, emulator: Emulator, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        self.emulator = emulator
        self.shell = shell
        self.monkeypatch = monkeypatch

    def at_emulator(self, text: str) -> str:
        """The text, with the emulator's addresses."""
        changed = text
        for host, api in APIS.items():
            changed = changed.replace(host, f"{self.emulator.url}/{api}")
        for call, api in CLIENTS.items():
            options = _OPTIONS.format(url=f"{self.emulator.url}/{api}")
            changed = changed.replace(call, call.removesuffix("()") + options)
        assert changed != text
        return changed

    def shell_text(self, text: str, typed: str = "") -> None:
        """Give it to bash, with the real curl."""
        done = self.shell.run(self.at_emulator(text), typed=typed, live=True)
        assert done.returncode == 0, done.stderr + done.stdout

    def python_text(self, text: str, typed: str = "") -> None:
        """Execute it; sleeping takes no time, and the credentials are the emulator's."""
        with self.monkeypatch.context() as patch:
            patch.setattr(getpass, "getpass", lambda _prompt: typed)
            patch.setattr(time, "sleep", lambda _seconds: None)
            patch.setattr(google.auth, "default", lambda scopes: (Credentials(token=TOKEN), None))  # type: ignore[no-untyped-call]
            exec(
                compile(self.at_emulator(text), "<snippet>", "exec"),
                {"__name__": "__main__", "CREDENTIALS": AnonymousCredentials()},  # type: ignore[no-untyped-call]
            )

    def ask(self, verb: str, api: str, path: str, body: Any = None) -> Any:
        """One request of the test's own."""
        answer = requests.request(verb, f"{self.emulator.url}/{api}/{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def policy(self, api: str, name: str) -> dict[str, Any]:
        """A resource's policy, conditions included."""
        options = {"options": {"requestedPolicyVersion": 3}}
        policy: dict[str, Any] = self.ask("POST", api, f"{name}:getIamPolicy", options)
        return policy
