"""Exports in the Open Cybersecurity Schema Framework: what the schema asks for, in each class."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from portal import audit, ocsf
from portal.models import AuditEvent
from tests.portal import people, things

pytestmark = pytest.mark.django_db
# What schema.ocsf.io says of version 1.5.0: the required attributes of every class, those of each class, and
# the activities and values that there are.
BASE = {
    "activity_id": int, "category_uid": int, "class_uid": int, "metadata": dict, "severity_id": int,
    "time": int, "type_uid": int,
}  # fmt: skip
CLASSES: dict[int, dict[str, Any]] = {
    3002: {"required": {"user": dict}, "one_of": {"service", "dst_endpoint"}, "activities": range(1, 6)},
    3004: {"required": {"entity": dict}, "one_of": {"entity"}, "activities": range(1, 14)},
    3005: {"required": {"user": dict, "privileges": list}, "one_of": {"user"}, "activities": range(1, 3)},
}
OBJECTS: dict[str, dict[str, type]] = {
    "metadata": {"product": dict, "version": str},
    "user": {"name": str, "type_id": int},
    "entity": {"name": str, "type": str},
    "service": {"name": str},
}
GRANT = {"principal": "user:ana@example.com", "role": "roles/bigquery.connectionUser", "grant": 7}
CONNECTION = "projects/p/locations/us/connections/orders"


def check(event: dict[str, Any]) -> None:
    """Hold an event to the schema."""
    rules = CLASSES[event["class_uid"]]
    for name, kind in (BASE | rules["required"]).items():
        assert isinstance(event.get(name), kind), name
    assert rules["one_of"] & set(event)
    assert event["category_uid"] == 3
    assert event["activity_id"] in {*rules["activities"], 0, 99}
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert event["type_name"] == f"{event['class_name']}: {event['activity_name']}"
    assert event["severity_id"] in {0, 1, 2, 3, 4, 5, 6, 99}
    assert event["status_id"] in {0, 1, 2, 99}
    assert event["time"] > 10**12, "milliseconds"
    for name, wanted in OBJECTS.items():
        for attribute, kind in wanted.items():
            if name in event:
                assert isinstance(event[name][attribute], kind), f"{name}.{attribute}"


def exported(cast: people.Cast, query: str = "") -> list[dict[str, Any]]:
    """The export's lines, newest first."""
    browser = people.signed_in(cast.auditor)
    answer = browser.post(f"/audit/export/?{query}", {"format": "ocsf"})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith('.ocsf.jsonl"')
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("action", "uid", "activity"),
    [
        ("grant.activate", 3005, "Assign Privileges"),
        ("grant.import", 3005, "Assign Privileges"),
        ("grant.break_glass", 3005, "Assign Privileges"),
        ("grant.revoke", 3005, "Revoke Privileges"),
        ("grant.end", 3005, "Revoke Privileges"),
        ("person.sign_in", 3002, "Logon"),
        ("connection.create", 3004, "Create"),
        ("connection.edit", 3004, "Update"),
        ("connection.delete", 3004, "Delete"),
        ("audit.export", 3004, "Read"),
        ("approval_policy.change", 3004, "Update"),
    ],
)
@pytest.mark.parametrize("outcome", AuditEvent.Outcome)
def test_every_event_is_of_a_class_and_holds_to_its_schema(
    cast: people.Cast, action: str, uid: int, activity: str, outcome: AuditEvent.Outcome
) -> None:
    things.event(action, detail=GRANT, target=CONNECTION, outcome=outcome, reason="why")
    event = exported(cast, f"action={action}&target={CONNECTION}")[0]
    check(event)
    assert (event["class_uid"], event["activity_name"]) == (uid, activity)
    assert event["status_detail"] == "why"
    assert event["status"] == {"succeeded": "Success", "requested": "Requested"}.get(outcome, "Failure")


def test_a_grant_says_who_got_what_on_which_resource(cast: people.Cast) -> None:
    operation = things.operation(by=cast.admin)
    things.event("grant.activate", detail=GRANT, target=CONNECTION, operation=operation)
    event = exported(cast, "action=grant.activate")[0]
    assert event["user"] == {
        "name": "ana@example.com", "uid": "user:ana@example.com", "type_id": 1, "type": "User",
    }  # fmt: skip
    assert event["privileges"] == ["roles/bigquery.connectionUser"]
    assert event["resources"] == [{"name": CONNECTION, "uid": CONNECTION, "type": "connection"}]
    assert event["metadata"]["correlation_uid"] == str(operation.pk)
    assert event["actor"]["user"]["name"] == "ana@example.com"


def test_whatever_the_trail_holds_can_be_exported(cast: people.Cast) -> None:
    things.event("x", target="", detail={}, reason="")
    things.event("a.b.c", target="audit", detail={"principal": None, "role": None})
    things.event("grant.revoke", detail={"principal": "allUsers"})
    for event in exported(cast):
        check(event)


def test_the_chain_can_be_verified_from_the_export(cast: people.Cast) -> None:
    for number in range(3):
        things.event(reason=f"ü{number}", detail={"n": number})
    events = exported(cast)
    assert len(events) == 4, "with the sign-in"
    for event in events:
        row = event["unmapped"]
        stored = row.pop("hash")
        assert audit.content_hash(row | {"time": datetime.fromisoformat(row["time"])}) == stored
        assert event["metadata"]["version"] == ocsf.VERSION
