"""Entries of Cloud Logging: Logging v2, entries.list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.gcp import transport
from portal.gcp.projects import resource_name

API = "logging"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry. `text` is its text payload, or the message of its JSON one."""

    insert_id: str
    at: datetime | None
    severity: str
    text: str


def newest(project: str, filter_: str, limit: int) -> list[LogEntry]:
    """The newest entries of a project that fit, newest first.

    Args:
        project: its id or number.
        filter_: in the Logging query language.
        limit: 1 to 1,000.

    Raises:
        errors.ApiDisabled: the logging API is off in the project.
        errors.PermissionDenied: the portal lacks roles/logging.viewer.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project.
    """
    body = {
        "resourceNames": [resource_name(project)],
        "filter": filter_,
        "orderBy": "timestamp desc",
        "pageSize": limit,
    }
    answer = transport.call(API, "POST", "v2/entries:list", body=body, reads=True)
    return [_entry(item) for item in answer.get("entries", ())][:limit]


def _entry(item: Mapping[str, Any]) -> LogEntry:
    try:
        at = datetime.fromisoformat(str(item.get("timestamp", "")))
    except ValueError:
        at = None
    payload = item.get("jsonPayload")
    said = item.get("textPayload") or (payload.get("message", "") if isinstance(payload, dict) else "")
    return LogEntry(str(item.get("insertId", "")), at, str(item.get("severity", "")), str(said))
