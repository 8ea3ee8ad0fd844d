"""Query jobs: started, waited for, read page by page.

The discovery document bigquery v2: jobs.query waits `timeoutMs` (10 seconds unless said) and answers
`jobComplete: false` if the job takes longer; jobs.getQueryResults goes on from there.
"""

import asyncio
from dataclasses import dataclass

from emulator import paging
from emulator.clock import milliseconds
from emulator.errors import JSON, ApiError
from emulator.queries import postgres, types
from emulator.queries.checks import Refusal
from emulator.queries.parser import Column, Statement
from emulator.queries.postgres import Login, Table

DEFAULT_WAIT = 10.0
LONGEST_WAIT = 200.0
_KEPT = 500


@dataclass
class Job:
    """A query that runs or has run; `caller` is whose it is."""

    project: str
    job_id: str
    location: str
    caller: str
    created: float
    int64_timestamps: bool
    task: "asyncio.Task[Table]"

    def reference(self) -> JSON:
        """The jobReference."""
        location = self.location.upper() if self.location in ("us", "eu") else self.location
        return {"projectId": self.project, "jobId": self.job_id, "location": location}


def _chosen(table: Table, columns: tuple[Column, ...], at: str) -> Table:
    names = [name.lower() for name, _type in table.columns]
    for column in columns:
        if column.name.lower() not in names:
            raise ApiError(400, f"Unrecognized name: {column.name} at {at}", reason="invalidQuery")
    places = [names.index(column.name.lower()) for column in columns]
    heads = tuple(
        (column.alias, table.columns[place][1]) for column, place in zip(columns, places, strict=True)
    )
    return Table(heads, tuple(tuple(row[place] for place in places) for row in table.rows))


def _shaped(table: Table, statement: Statement) -> Table:
    """What the outer SELECT leaves of the rows."""
    if statement.columns is not None:
        table = _chosen(table, statement.columns, statement.at)
    return Table(table.columns, table.rows[: statement.limit])


def _run(login: Login, statement: Statement) -> Table:
    try:
        table = postgres.fetch(login, statement.inner)
    except postgres.QueryFailed as error:
        raise Refusal(statement.at)(str(error)) from error
    return _shaped(table, statement)


def start(login: Login, statement: Statement) -> "asyncio.Task[Table]":
    """Run the statement on a thread; the task raises ApiError."""
    return asyncio.ensure_future(asyncio.to_thread(_run, login, statement))


async def _done(table: Table, statement: Statement) -> Table:
    return _shaped(table, statement)


def finished(table: Table, statement: Statement) -> "asyncio.Task[Table]":
    """A query whose rows are known; the task raises ApiError."""
    return asyncio.ensure_future(_done(table, statement))


def keep(jobs: dict[str, Job], job: Job) -> None:
    """Remember a job; the oldest are forgotten."""
    jobs[job.job_id] = job
    for old in list(jobs)[:-_KEPT]:
        del jobs[old]


def _rows(job: Job, table: Table, start_at: int, count: int) -> list[JSON]:
    micros = job.int64_timestamps
    return [
        {"f": [{"v": types.cell(value, int64_timestamps=micros)} for value in row]}
        for row in table.rows[start_at : start_at + count]
    ]


async def answer(job: Job, wait: float, most: int, token: str, start_at: int = 0) -> JSON:
    """The fields that both methods answer. Raises ApiError when the query failed."""
    await asyncio.wait([job.task], timeout=min(wait, LONGEST_WAIT))
    body: JSON = {"jobReference": job.reference(), "jobComplete": job.task.done()}
    if not job.task.done():
        return body
    table = job.task.result()
    limit = most or postgres.MOST_ROWS
    rows, following = paging.cut(_rows(job, table, start_at, len(table.rows)), limit, token, limit)
    fields = [{"name": name, "type": type_, "mode": "NULLABLE"} for name, type_ in table.columns]
    body |= {
        "schema": {"fields": fields},
        "totalRows": str(len(table.rows)),
        "totalBytesProcessed": "0",
        "cacheHit": False,
    }
    if rows:
        body["rows"] = list(rows)
    return {**body, "pageToken": following} if following else body


def times(job: Job, moment: float) -> JSON:
    """When a finished query was made, begun and ended, as jobs.query tells it."""
    made = milliseconds(job.created)
    return {"creationTime": made, "startTime": made, "endTime": milliseconds(moment)}
