"""Who ran queries through a connection: BigQuery's audit logs, by Logging v2, entries.list.

BigQuery writes them always, into the project that a query runs in ("BigQuery audit logs overview"); its
BigQueryAuditMetadata has the text of the query, which names the connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.gcp import projects, transport
from portal.gcp.projects import resource_name

API = "logging"
ROLE = "roles/logging.privateLogViewer"
# Without the second one Google leaves these entries out and says nothing.
PERMISSIONS = ("logging.logEntries.list", "logging.privateLogEntries.list")
PAGE_SIZE, MOST_PAGES = 1000, 10
_QUERY = "protoPayload.metadata.jobInsertion.job.jobConfig.queryConfig.query"
_LOCATION, _ID = re.compile(r"[a-z0-9-]+"), re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Uses:
    """When each address last used a connection, and whether all entries were looked at."""

    last: Mapping[str, datetime]
    complete: bool


def may_read(project: str) -> bool:
    """Whether the portal may read the data access logs of a project.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: it cannot be a project.
    """
    return projects.test_permissions(project, PERMISSIONS) == frozenset(PERMISSIONS)


def uses(project: str, connection: str, number: int | None, since: datetime) -> Uses:
    """Who used a connection in queries that ran in a project, since a moment.

    Args:
        project: the id of the project whose logs are read.
        connection: the connection's full name, `projects/P/locations/L/connections/ID`.
        number: the number of the connection's project, by which queries may name it too.
        since: the moment from which on entries count.

    Raises:
        errors.ApiDisabled: the logging API is off in the project.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project or a connection.
    """
    _, owner, _, location, _, connection_id = connection.split("/")
    if not _LOCATION.fullmatch(location) or not _ID.fullmatch(connection_id):
        raise ValueError(f"not a connection: {connection!r}")
    named = _pattern(owner, number, location, connection_id, here=project == owner)
    terms = (
        'protoPayload.serviceName="bigquery.googleapis.com"',
        f'{_QUERY}:"{location}.{connection_id}"',
        f'timestamp>="{since.isoformat()}"',
    )
    body = {
        "resourceNames": [resource_name(project)],
        "filter": "\n".join(terms),
        "orderBy": "timestamp desc",
        "pageSize": PAGE_SIZE,
    }
    last: dict[str, datetime] = {}
    for _ in range(MOST_PAGES):
        answer = transport.call(API, "POST", "v2/entries:list", body=body, reads=True)
        for entry in answer.get("entries", ()):
            _note(last, entry, named)
        if not answer.get("nextPageToken"):
            return Uses(last, True)
        body["pageToken"] = answer["nextPageToken"]
    return Uses(last, False)


def _pattern(
    owner: str, number: int | None, location: str, connection_id: str, *, here: bool
) -> re.Pattern[str]:
    """How a query may name the connection; without its project only in that project itself."""
    names = "|".join(re.escape(str(name)) for name in (owner, number) if name)
    first = f"(?:(?:{names})\\.){'?' if here else ''}"
    return re.compile(
        rf"(?<![\w.:-]){first}{re.escape(location)}\.{re.escape(connection_id)}(?![\w-])", re.IGNORECASE
    )


def _note(last: dict[str, datetime], entry: Mapping[str, Any], named: re.Pattern[str]) -> None:
    """Note who an entry speaks of, unless it is about another connection with such a name."""
    payload = entry.get("protoPayload") or {}
    address = str((payload.get("authenticationInfo") or {}).get("principalEmail", "")).lower()
    try:
        at = datetime.fromisoformat(str(entry.get("timestamp", "")))
    except ValueError:
        return
    if address and named.search(_sql(payload)):
        last[address] = max(at, last.get(address, at))


def _sql(payload: Mapping[str, Any]) -> str:
    found: Any = payload
    for name in _QUERY.split(".")[1:]:
        found = found.get(name) if isinstance(found, Mapping) else None
    return str(found or "")
