"""Misbehaving to order: before and after applying, on the wire, in the body, in time."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests

from emulator.client import Control
from tests.contract.emulator.traffic import NUMBER, PARENT, PROJECT, Google, alloydb

RESOURCE = f"projects/{PROJECT}"
POLICY = f"cloudresourcemanager/v3/projects/{PROJECT}"
BODY: dict[str, Any] = {"cloudResource": {}}
NAME = f"projects/{NUMBER}/locations/us/connections/c"


def exists(control: Control) -> bool:
    """Whether the connection was really made."""
    return NAME in control.state()["connections"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_failing_before_applying(api: Google, control: Control, status: int) -> None:
    control.fault("connections.create", status=status, times=2, message="Try later.", retry_after=7)
    for _ in range(2):
        reply = api.create("c", BODY)
        assert (reply.status, reply.message) == (status, "Try later.")
    assert not exists(control)
    assert api.create("c", BODY).status == 200
    assert [call["applied"] for call in control.calls("connections.create")] == [False, False, True]


@pytest.mark.parametrize(
    ("status", "message"), [(403, "does not have permission"), (429, "Quota"), (503, "unavailable")]
)
def test_a_failure_has_the_words_of_its_status(
    api: Google, control: Control, status: int, message: str
) -> None:
    control.fault("connections.create", status=status)
    assert message in api.create("c", BODY).message


def test_failing_after_applying(api: Google, control: Control) -> None:
    control.fault("connections.create", status=503, when="after")
    assert api.create("c", BODY).status == 503
    assert exists(control)
    assert api.create("c", BODY).status == 409
    assert [call["applied"] for call in control.calls("connections.create")] == [True, False]


def test_retry_after_is_a_header(api: Google, control: Control) -> None:
    control.fault("connections.list", status=429, retry_after=3)
    response = requests.get(f"{api.url}/{PARENT}", timeout=30)
    assert response.headers["Retry-After"] == "3"


def test_skipping_calls_and_choosing_by_path(api: Google, control: Control) -> None:
    control.fault("connections.create", status=500, skip=1, path="/us/")
    assert [api.create("a", BODY, "eu").status, api.create("a", BODY).status] == [200, 200]
    assert [api.create("b", BODY).status, api.create("b", BODY).status] == [500, 200]


@pytest.mark.parametrize(("when", "applied"), [("before", False), ("after", True)])
def test_dropping_without_an_answer(api: Google, control: Control, when: str, applied: bool) -> None:
    control.fault("connections.create", drop="before_response", when=when)
    with pytest.raises(requests.ConnectionError):
        api.create("c", BODY)
    assert exists(control) is applied


def test_a_reset_in_the_middle_of_the_body(api: Google, control: Control) -> None:
    control.fault("connections.create", drop="mid_body")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        api.create("c", BODY)
    assert exists(control)


@pytest.mark.parametrize("body", ["html", "malformed", "truncated"])
def test_a_200_that_is_not_json(api: Google, control: Control, body: str) -> None:
    control.fault("connections.create", body=body)
    response = requests.post(f"{api.url}/{PARENT}?connectionId=c", json=BODY, timeout=30)
    assert response.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert exists(control)


def test_an_html_page_with_a_status(api: Google, control: Control) -> None:
    control.fault("connections.list", body="html", status=502, when="before")
    response = requests.get(f"{api.url}/{PARENT}", timeout=30)
    assert (response.status_code, response.headers["content-type"]) == (502, "text/html; charset=UTF-8")


class Background(threading.Thread):
    """A call that may hang."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(daemon=True)
        self.url, self.seconds = f"{url}/{PARENT}?connectionId=c", timeout
        self.result: Any = None
        self.start()

    def run(self) -> None:
        """Create a connection."""
        try:
            self.result = requests.post(self.url, json=BODY, timeout=self.seconds).status_code
        except requests.RequestException as error:
            self.result = error


@pytest.mark.parametrize(("when", "applied"), [("before", False), ("after", True)])
def test_hanging_until_released(api: Google, control: Control, when: str, applied: bool) -> None:
    control.fault("connections.create", hang=True, when=when)
    call = Background(api.url, 30)
    control.wait_for("connections.create")
    assert exists(control) is applied
    assert call.is_alive()
    assert control.release("connections.create") == 1
    call.join(15)
    assert call.result == 200
    assert exists(control)


@pytest.mark.parametrize(("when", "applied"), [("before", False), ("after", True)])
def test_a_client_that_gives_up(api: Google, control: Control, when: str, applied: bool) -> None:
    control.fault("connections.create", hang=True, when=when)
    call = Background(api.url, 0.2)
    control.wait_for("connections.create")
    call.join(15)
    assert isinstance(call.result, requests.Timeout)
    deadline = time.monotonic() + 15
    while control.hanging():
        assert time.monotonic() < deadline
    assert exists(control) is applied


def test_waiting_for_a_call_ends(control: Control) -> None:
    with pytest.raises(TimeoutError):
        control.wait_for("connections.create", seconds=0.05)


def test_latency(api: Google, control: Control) -> None:
    def seconds() -> float:
        begun = time.monotonic()
        api.get(PARENT, pageSize=1)
        return time.monotonic() - begun

    control.latency(400, "connections.list")
    assert seconds() >= 0.4
    control.latency(0, "connections.list")
    assert min(seconds() for _ in range(10)) < 0.4, "one of them, however busy the machine is"


def test_stale_reads(api: Google, control: Control) -> None:
    api.create("c", BODY)
    api.patch("c", {"description": "new"}, "description")
    control.stale("connections.get", 2)
    seen = [api.get(f"{PARENT}/c").body.get("description") for _ in range(3)]
    assert seen == [None, None, "new"]
    assert [call["stale"] for call in control.calls("connections.get")] == [True, True, False]


def test_a_stale_read_after_a_creation_finds_nothing(api: Google, control: Control) -> None:
    api.create("c", BODY)
    control.stale("connections.get")
    assert [api.get(f"{PARENT}/c").status for _ in range(2)] == [404, 200]


def test_an_outsider_edits_at_once(api: Google, control: Control) -> None:
    before = api.policy(POLICY).body["etag"]
    control.outsider(RESOURCE, "roles/browser", "user:someone@example.com")
    after = api.policy(POLICY).body
    assert after["etag"] != before
    assert {"role": "roles/browser", "members": ["user:someone@example.com"]} in after["bindings"]
    control.outsider(RESOURCE, "roles/browser", "user:someone@example.com", "remove")
    assert "roles/browser" not in [item["role"] for item in api.policy(POLICY).body["bindings"]]


def test_an_outsider_edits_between_read_and_write(api: Google, control: Control) -> None:
    api.create("c", BODY)
    role, member = "roles/bigquery.connectionUser", "user:someone@example.com"
    control.outsider(f"{RESOURCE}/locations/us/connections/c", role, member, when="after_read")
    read = api.policy(f"{PARENT}/c").body
    assert "bindings" not in read
    assert api.set_policy(f"{PARENT}/c", read).reason == "ABORTED"
    again = api.policy(f"{PARENT}/c").body
    assert again["bindings"] == [{"role": role, "members": [member]}]
    assert api.set_policy(f"{PARENT}/c", again).status == 200


def test_others_delete_and_change_connections(api: Google, control: Control) -> None:
    api.create("c", alloydb())
    control.edit_connection(NAME, fields={"description": "by hand"}, drop_credential=True)
    body = api.get(f"{PARENT}/c").body
    assert body["description"] == "by hand"
    assert "hasCredential" not in body
    control.delete_connection(NAME)
    assert api.get(f"{PARENT}/c").status == 404


def test_a_project_may_be_added(api: Google, control: Control) -> None:
    control.add_project("acme-retail", "111222333444")
    control.outsider("projects/acme-retail", "roles/owner", "user:admin@example.com")
    found = api.by("admin@example.com").get("cloudresourcemanager/v3/projects/acme-retail")
    assert found.body["name"] == "projects/111222333444"


def test_reset_takes_everything_back(api: Google, control: Control) -> None:
    api.create("c", BODY)
    control.fault("*", status=500, times=99)
    control.latency(500)
    control.reset()
    assert api.get(PARENT, pageSize=1).body == {}
    assert control.counts() == {"connections.list": 1}


def test_the_log_of_calls(api: Google, control: Control) -> None:
    api.create("c", alloydb(password="canary-4711"))
    api.session.get(f"{api.url}/{PARENT}?pageSize=1&access_token=canary-4711", timeout=30)
    created, listed = control.calls()
    assert created["method"] == "connections.create"
    assert created["path"] == f"/{PARENT}?connectionId=c"
    assert (created["status"], created["applied"]) == (200, True)
    assert listed["path"] == f"/{PARENT}?pageSize=1"
    assert "canary" not in repr(control.calls())
    control.clear_calls()
    assert control.calls() == []


@pytest.mark.parametrize(
    "order",
    [{}, {"method": "x"}, {"method": "x", "when": "now", "status": 500}, {"method": "x", "colour": 1}],
)
def test_wrong_orders_are_refused(control: Control, order: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        control.send("POST", "faults", order)


def test_faults_can_be_taken_back(api: Google, control: Control) -> None:
    control.fault("connections.list", status=500, times=5)
    control.stale("connections.list", 5)
    control.clear_faults()
    assert api.get(PARENT, pageSize=1).status == 200
