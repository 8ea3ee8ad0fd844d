"""Audit events in the Open Cybersecurity Schema Framework, for a SIEM. Source: schema.ocsf.io, version 1.5.0.

What gives or takes a role is User Access Management, a sign-in is Authentication, all else is Entity
Management: the three of category Identity & Access Management that fit. Every field of the event, with its
hashes, stays under `unmapped`, so that the chain can be verified from the export.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

VERSION = "1.5.0"
PRODUCT = {"name": "BigQuery Connection Portal", "vendor_name": "BigQuery Connection Portal"}
CATEGORY = {"category_uid": 3, "category_name": "Identity & Access Management"}
AUTHENTICATION, ENTITY_MANAGEMENT, USER_ACCESS = 3002, 3004, 3005
_CLASSES = {
    AUTHENTICATION: "Authentication",
    ENTITY_MANAGEMENT: "Entity Management",
    USER_ACCESS: "User Access Management",
}
_ACTIVITIES = {
    (AUTHENTICATION, 1): "Logon",
    (AUTHENTICATION, 2): "Logoff",
    (USER_ACCESS, 1): "Assign Privileges",
    (USER_ACCESS, 2): "Revoke Privileges",
    (ENTITY_MANAGEMENT, 1): "Create",
    (ENTITY_MANAGEMENT, 2): "Read",
    (ENTITY_MANAGEMENT, 3): "Update",
    (ENTITY_MANAGEMENT, 4): "Delete",
}
_GIVING = ("grant.request", "grant.activate", "grant.import", "grant.break_glass")
_TAKING = ("grant.end", "grant.revoke")
_VERBS = {
    1: ("create", "register", "invite", "add", "adopt", "start", "request", "accept", "issue"),
    2: ("check", "export", "test", "verify", "read", "look"),
    4: ("delete", "remove", "withdraw", "deactivate", "destroy", "revoke"),
}
_VERB_ACTIVITY = {verb: activity for activity, verbs in _VERBS.items() for verb in verbs}
# (status_id, status): an event of what was asked for has no result yet.
_STATUS = {
    "requested": (99, "Requested"),
    "succeeded": (1, "Success"),
    "failed": (2, "Failure"),
    "refused": (2, "Failure"),
}
_SEVERITY = {1: "Informational", 2: "Low", 3: "Medium"}
# user.type_id: what an IAM member is.
_USER_TYPES = {"user": (1, "User"), "serviceAccount": (4, "Service")}


def event(row: dict[str, Any]) -> dict[str, Any]:
    """Return an event of the trail, with its time as ISO text, as an OCSF event."""
    uid, activity = _class_and_activity(row["action"])
    status_id, status = _STATUS[row["outcome"]]
    severity = 3 if row["action"] == "grant.break_glass" else 2 if status_id == 2 else 1
    return {
        **CATEGORY,
        "class_uid": uid,
        "class_name": _CLASSES[uid],
        "activity_id": activity,
        "activity_name": _ACTIVITIES.get((uid, activity), "Other"),
        "type_uid": uid * 100 + activity,
        "type_name": f"{_CLASSES[uid]}: {_ACTIVITIES.get((uid, activity), 'Other')}",
        "time": round(datetime.fromisoformat(row["time"]).timestamp() * 1000),
        "severity_id": severity,
        "severity": _SEVERITY[severity],
        "status_id": status_id,
        "status": status,
        "status_detail": row["reason"],
        "message": f"{row['actor']}: {row['action']} {row['outcome']}, {row['target']}",
        "metadata": _metadata(row),
        "actor": {"user": {"name": row["actor"], "uid": row["actor"]}},
        **_subject(uid, row),
        "unmapped": row,
    }


def access_change(row: dict[str, Any], *, gained: bool) -> dict[str, Any]:
    """Return that somebody got access or lost it as User Access Management.

    `row` has `principal`, `role`, `resource`, `time` as ISO text, the `event` of the trail and the `grant`;
    it stays under `unmapped`.
    """
    activity = 1 if gained else 2
    activity_name = _ACTIVITIES[USER_ACCESS, activity]
    verb = "got" if gained else "lost"
    return {
        **CATEGORY,
        "class_uid": USER_ACCESS,
        "class_name": _CLASSES[USER_ACCESS],
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": USER_ACCESS * 100 + activity,
        "type_name": f"{_CLASSES[USER_ACCESS]}: {activity_name}",
        "time": round(datetime.fromisoformat(row["time"]).timestamp() * 1000),
        "severity_id": 1,
        "severity": _SEVERITY[1],
        "status_id": 1,
        "status": "Success",
        "message": f"{row['principal']} {verb} {row['role']}, {row['resource']}",
        "metadata": {
            "version": VERSION,
            "product": PRODUCT,
            "uid": f"{row['event']}/{row['grant']}",
            "sequence": row["event"],
            "event_code": "access.gained" if gained else "access.lost",
            "log_name": "changes",
            "original_time": row["time"],
        },
        "user": _user(row["principal"]),
        "privileges": [row["role"]],
        "resources": [_resource(row["resource"])],
        "unmapped": row,
    }


def _resource(name: str) -> dict[str, Any]:
    return {"name": name, "uid": name, "type": _type_of(name)}


def _class_and_activity(action: str) -> tuple[int, int]:
    if action in _GIVING:
        return USER_ACCESS, 1
    if action in _TAKING:
        return USER_ACCESS, 2
    noun, _, verb = action.partition(".")
    if noun == "person" and verb in {"sign_in", "sign_out"}:
        return AUTHENTICATION, 1 if verb == "sign_in" else 2
    return ENTITY_MANAGEMENT, _VERB_ACTIVITY.get(verb, 3)


def _metadata(row: dict[str, Any]) -> dict[str, Any]:
    found = {
        "version": VERSION,
        "product": PRODUCT,
        "uid": str(row["position"]),
        "sequence": row["position"],
        "event_code": row["action"],
        "log_name": "audit",
        "original_time": row["time"],
    }
    return found | ({"correlation_uid": row["operation"]} if row["operation"] else {})


def _subject(uid: int, row: dict[str, Any]) -> dict[str, Any]:
    """What each class asks for: the user and the privilege, the user and the service, or the entity."""
    detail = row["detail"]
    resource = _resource(row["target"])
    if uid == USER_ACCESS:
        return {
            "user": _user(detail.get("principal") or ""),
            "privileges": [detail.get("role") or ""],
            "resources": [resource],
        }
    if uid == AUTHENTICATION:
        return {"user": _user(f"user:{row['actor']}"), "service": {"name": PRODUCT["name"]}}
    return {"entity": resource | {"data": detail}, "comment": row["reason"]}


def _user(member: str) -> dict[str, Any]:
    kind, _, name = member.partition(":")
    type_id, type_name = _USER_TYPES.get(kind, (99, kind or "Unknown"))
    return {"name": name or member, "uid": member, "type_id": type_id, "type": type_name}


def _type_of(target: str) -> str:
    """The kind of thing a full name speaks of: of projects/P/locations/L/connections/ID a connection."""
    parts = target.split("/")
    return parts[-2].rstrip("s") if len(parts) > 1 else target
