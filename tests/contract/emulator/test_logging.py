"""entries.list: permissions, filters, and what it does not pretend to understand."""

from __future__ import annotations

import pytest

from emulator.client import Control
from emulator.errors import ApiError
from emulator.logs import filters
from tests.contract.emulator.traffic import PROJECT, Google

LIST = "logging/v2/entries:list"
NAMES = {"resourceNames": [f"projects/{PROJECT}"]}
ENTRY = {
    "severity": "ALERT",
    "timestamp": "2026-11-22T05:44:27.000000Z",
    "textPayload": "Request had insufficient scopes.",
    "resource": {"type": "alloydb.googleapis.com/Instance", "labels": {"instance_id": "orders-primary"}},
}


def test_an_empty_log(api: Google) -> None:
    assert api.post(LIST, NAMES).body == {}


def test_it_takes_the_api_the_permission_and_a_project(api: Google, control: Control) -> None:
    assert api.by("analyst@example.com").post(LIST, NAMES).status == 403
    assert api.post(LIST, {}).status == 400
    assert api.post(LIST, {"resourceNames": ["projects/none"]}).status == 403
    assert api.post(LIST, {"resourceNames": ["folders/1"]}).status == 400
    assert api.post(LIST, {**NAMES, "orderBy": "colour"}).status == 400
    control.service(PROJECT, "logging.googleapis.com", enabled=False)
    assert "Cloud Logging API has not been used" in api.post(LIST, NAMES).message


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ('resource.type="alloydb.googleapis.com/Instance" severity=ALERT', True),
        ('resource.type = "alloydb.googleapis.com/Instance"\nAND severity >= "alert"', True),
        ('resource.labels.instance_id="orders-primary" AND timestamp>="2026-11-22T05:00:00Z"', True),
        ("textPayload:SCOPES", True),
        ('timestamp<"2026-11-22T05:44:27+00:00"', False),
        ('resource.labels.instance_id!="orders-primary"', False),
        ("severity>ALERT", False),
        ('labels.colour="red"', False),
    ],
)
def test_filters(text: str, fits: bool) -> None:
    assert all(term.holds(ENTRY) for term in filters.parse(text)) is fits


@pytest.mark.parametrize("text", ["a=1 OR b=2", "(severity=ALERT)", "NOT severity=ALERT", '"scopes"', "a=~x"])
def test_filters_that_are_refused_rather_than_guessed(api: Google, text: str) -> None:
    assert api.post(LIST, {**NAMES, "filter": text}).status == 501


def test_values_that_have_no_order() -> None:
    for text in ("severity>=LOUD", 'timestamp>"yesterday"'):
        with pytest.raises(ApiError):
            filters.parse(text)[0].holds(ENTRY)
