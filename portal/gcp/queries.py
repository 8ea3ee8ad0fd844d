"""Federated queries: EXTERNAL_QUERY through BigQuery v2, jobs.query and jobs.getQueryResults."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.gcp import errors, transport
from portal.gcp.projects import resource_name

API = "bigquery"
MAX_ROWS = 1000
LONGEST_POLL = 10.0

_PATH = re.compile(r"[a-z0-9][a-z0-9.:-]*\.[A-Za-z0-9-]+\.[A-Za-z0-9_-]+")
_JOB = re.compile(r"[A-Za-z0-9_-]+")
_TYPES: dict[str, Callable[[str], object]] = {
    "INTEGER": int,
    "INT64": int,
    "FLOAT": float,
    "FLOAT64": float,
    "BOOLEAN": lambda value: value == "true",
    "BOOL": lambda value: value == "true",
}


class QueryFailed(errors.GoogleError):
    """BigQuery refused or could not run the query; the message is BigQuery's (see portal.gcp.diagnosis)."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The first rows (at most MAX_ROWS) of a query. Numbers and booleans are Python's, all else is text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    job_id: str


def external_query_sql(connection_path: str, sql: str) -> str:
    r"""The GoogleSQL that runs a statement in the database behind a connection.

    The statement becomes a triple-quoted string, in which line breaks and single quotes may stand as
    they are; backslashes, quotes side by side and quotes at either end are escaped ("Lexical structure
    and syntax", GoogleSQL reference).

    Args:
        connection_path: ``project.location.connection``.
        sql: the inner statement, in the database's own dialect.

    Raises:
        ValueError: the path cannot be one, or the statement is empty or has a NUL character.
    """
    if not _PATH.fullmatch(connection_path):
        raise ValueError(f"not a connection's path (project.location.connection): {connection_path!r}")
    if not sql.strip() or "\0" in sql:
        raise ValueError("there is no statement to send")
    inner = sql.replace("\\", "\\\\").replace("\r", "\\r")
    inner = re.sub(r"\A'+|'{2,}|'+\Z", lambda quotes: quotes.group().replace("'", "\\'"), inner)
    # Both parts are made safe above: the path by its pattern, the statement by escaping.
    return f"SELECT * FROM EXTERNAL_QUERY('{connection_path}', '''{inner}''')"  # noqa: S608 (quoted above)


def external_query(
    connection_path: str, sql: str, *, project: str, location: str, timeout_seconds: float
) -> QueryResult:
    """Run a statement in the database behind a connection, and wait for its first rows.

    Args:
        connection_path: ``project.location.connection``.
        sql: the inner statement; it can only read.
        project: where the job runs and is paid for.
        location: the connection's own location.
        timeout_seconds: how long to wait in all.

    Raises:
        QueryFailed: with BigQuery's message.
        errors.Unavailable: not done in time, or BigQuery out of order; to run it again does no harm.
        errors.GoogleError: its other subclasses.
        ValueError: an argument cannot be.
    """
    path = f"v2/{resource_name(project)}/queries"
    deadline = time.monotonic() + timeout_seconds
    body = {
        "query": external_query_sql(connection_path, sql),
        "useLegacySql": False,
        "useQueryCache": False,
        "location": location,
        "maxResults": MAX_ROWS,
        "timeoutMs": _poll(deadline),
    }
    answer = _ask("POST", path, body=body)
    job = answer.get("jobReference") or {}
    job_id = str(job.get("jobId", ""))
    while not answer.get("jobComplete", False):
        if not _JOB.fullmatch(job_id):
            raise errors.malformed(write=False)
        if time.monotonic() >= deadline:
            raise _too_late(timeout_seconds)
        params = {"location": job.get("location") or location, "maxResults": MAX_ROWS}
        answer = _ask("GET", f"{path}/{job_id}", params={**params, "timeoutMs": _poll(deadline)})
    return _result(answer, job_id)


def _poll(deadline: float) -> int:
    """Milliseconds for Google to hold one call open: well under the time-out of the call itself."""
    longest = min(LONGEST_POLL, transport.time_limits()[1] / 2)
    return max(1, int(min(longest, deadline - time.monotonic()) * 1000))


def _ask(method: str, path: str, **options: Any) -> dict[str, Any]:
    failure: QueryFailed
    try:
        return transport.call(API, method, path, reads=True, **options)
    except errors.ApiDisabled:
        raise
    except (errors.InvalidRequest, errors.PermissionDenied, errors.NotFound) as refused:
        failure = QueryFailed(refused.message, status=refused.status, reason=refused.reason)
    raise failure


def _too_late(seconds: float) -> errors.Unavailable:
    return errors.Unavailable(
        f"The query was not done within {seconds:g} seconds.", reason="DEADLINE_EXCEEDED", retryable=True
    )


def _result(answer: Mapping[str, Any], job_id: str) -> QueryResult:
    schema = answer.get("schema")
    complaints = answer.get("errors")
    if not isinstance(schema, Mapping):
        if isinstance(complaints, list) and complaints:
            first = complaints[0]
            raise QueryFailed(str(first.get("message", "")), status=200, reason=str(first.get("reason", "")))
        raise errors.malformed(write=False)
    fields = schema.get("fields") or []
    rows = tuple(
        tuple(_value(field, cell.get("v")) for field, cell in zip(fields, row.get("f", ()), strict=False))
        for row in answer.get("rows") or ()
    )
    return QueryResult(tuple(str(field.get("name", "")) for field in fields), rows, job_id)


def _value(field: Mapping[str, Any], value: Any) -> Any:
    convert = _TYPES.get(str(field.get("type")))
    if convert is None or not isinstance(value, str):
        return value
    try:
        return convert(value)
    except ValueError:
        return value
