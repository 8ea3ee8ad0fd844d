"""A person with a browser that runs no script: signs in, fills the dialog in, keeps every page that came."""

from __future__ import annotations

import re
from typing import Any

import requests

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
DIALOG = "/add-data/alloydb/"


class Visitor:
    """Somebody at a running web server. `pages` holds everything that was answered, headers too."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.pages: list[str] = []

    def get(self, path: str, **options: Any) -> requests.Response:
        """Open a page."""
        return self._keep(self.session.get(self.url + path, timeout=60, **options))

    def post(self, path: str, data: dict[str, Any], *, form: str = "") -> requests.Response:
        """Send a form with the token of the page that shows it: `form`, or the address itself."""
        return self.send(path, data, self.token(form or path))

    def token(self, path: str) -> str:
        """Open a page and return the token of its form."""
        found = CSRF.search(self.get(path).text)
        if found is None:
            raise AssertionError(f"there is no form at {path}")
        return found[1]

    def send(self, path: str, data: dict[str, Any], token: str) -> requests.Response:
        """Send a form whose token is known; redirects are not followed."""
        answer = self.session.post(
            self.url + path,
            data=data | {"csrfmiddlewaretoken": token},
            headers={"Referer": self.url + path},
            allow_redirects=False,
            timeout=60,
        )
        return self._keep(answer)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in with the form."""
        answer = self.post("/accounts/login/", {"login": email, "password": password})
        if answer.status_code != 302:
            raise AssertionError(f"{email} could not sign in: {answer.status_code}")

    def _keep(self, answer: requests.Response) -> requests.Response:
        for each in (*answer.history, answer):
            self.pages.append(f"{each.url}\n{each.headers}\n{each.text}")
        return answer


def dialog(connection_id: str, password: str, **changes: Any) -> dict[str, Any]:
    """Return the dialog filled in: the demo database, granted, tested, shared with the analyst."""
    instance = "projects/acme-analytics/locations/us-central1/clusters/orders/instances/orders-primary"
    filled = {
        "project": "acme-analytics",
        "kind": "alloydb",
        "connection_id": connection_id,
        "location": "us-central1",
        "friendly_name": "Orders",
        "description": "",
        "encryption": "google",
        "kms_key_name": "",
        "database": "orders",
        "username": "bq_reader",
        "password": password,
        "instance": f"//alloydb.googleapis.com/{instance}",
        "owners": "",
        "grant_service_agent": "on",
        "test_query": "on",
        "principals": "analyst@example.com",
        "role": "roles/bigquery.connectionUser",
    }
    return filled | changes
