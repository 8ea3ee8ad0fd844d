"""The audit trail and its tables as files: CSV for spreadsheets, JSON Lines for machines, OCSF for a SIEM."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from portal import chain, ocsf
from portal.models import AuditEvent

FIELDS = (*chain.FIELDS, "hash")
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "ocsf": "application/jsonl; charset=utf-8",
}
ENDINGS = {"csv": "csv", "jsonl": "jsonl", "ocsf": "ocsf.jsonl"}
_CHUNK = 1000
# At the start of a cell, and after anything that a spreadsheet may take for the end of one.
_FORMULA = re.compile(r"(^|[,;|\t\r\n])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
_LEADING = ("\t", "\r", "\n")


def as_csv(found: QuerySet[AuditEvent]) -> Iterator[str]:
    """Yield CSV text with a header; no cell can act as a formula. Source: OWASP, CSV Injection."""
    yield csv_line(FIELDS)
    for row in _rows(found):
        detail = json.dumps(row["detail"], ensure_ascii=False, sort_keys=True) if row["detail"] else ""
        yield csv_line(neutral(str(value)) for value in (row | {"detail": detail}).values())


def as_json_lines(found: QuerySet[AuditEvent]) -> Iterator[str]:
    """Yield one JSON object a line, every field exactly as it is hashed."""
    yield from json_lines(_rows(found))


def as_ocsf(found: QuerySet[AuditEvent]) -> Iterator[str]:
    """Yield one OCSF event a line."""
    yield from json_lines(map(ocsf.event, _rows(found)))


RENDERERS: dict[str, Callable[[QuerySet[AuditEvent]], Iterator[str]]] = {
    "csv": as_csv,
    "jsonl": as_json_lines,
    "ocsf": as_ocsf,
}


def table_csv(fields: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the CSV text of a table with these columns; no cell can act as a formula."""
    fields = tuple(fields)
    yield csv_line(fields)
    for row in rows:
        cells = ("" if row[name] is None else str(row[name]) for name in fields)
        yield csv_line(neutral(cell) for cell in cells)


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one JSON object a line."""
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


def seconds(when: datetime | None) -> str | None:
    """Return a moment as ISO text in UTC, to the second."""
    return when.astimezone(UTC).isoformat(timespec="seconds") if when else None


def csv_line(cells: Iterable[str]) -> str:
    """Return one line of CSV with every cell in quotes."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow(cells)
    return buffer.getvalue()


def neutral(cell: str) -> str:
    """Return `cell` with an apostrophe before whatever a spreadsheet could take for a formula."""
    safe = _FORMULA.sub(r"\1'", cell)
    return f"'{safe}" if safe.startswith(_LEADING) else safe


def _rows(found: QuerySet[AuditEvent]) -> Iterator[dict[str, Any]]:
    """Yield events newest first, a chunk a query, so that no transaction stays open while one downloads."""
    rows = found.order_by("-position").values(*FIELDS)
    chunk = list(rows[:_CHUNK])
    while chunk:
        for row in chunk:
            moment = row["time"].astimezone(UTC).isoformat(timespec="microseconds")
            yield {name: row[name] for name in FIELDS} | {"time": moment}
        chunk = list(rows.filter(position__lt=chunk[-1]["position"])[:_CHUNK])
