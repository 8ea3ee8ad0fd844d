"""BigQuery v2: jobs.query and jobs.getQueryResults, for EXTERNAL_QUERY."""

import secrets
import uuid
from functools import partial

from emulator import clock, errors, locations
from emulator.calling import Call, Method
from emulator.errors import JSON, ApiError
from emulator.logs import jobs as job_log
from emulator.model import Project
from emulator.queries import checks, jobs, parser, pretended, spanner
from emulator.queries.jobs import DEFAULT_WAIT, Job

_QUERIES = "v2/projects/{project}/queries"
_method = partial(Method, api="bigquery", scopes=("bigquery", "bigquery.readonly"))


def _project(call: Call) -> Project:
    project = call.project()
    if not call.may("bigquery.jobs.create", f"projects/{project.number}"):
        raise errors.denied(
            f"Access Denied: Project {project.project_id}: User does not have bigquery.jobs.create "
            f"permission in project {project.project_id}."
        )
    return project


def _location(call: Call) -> str:
    location = call.body.get("location") or "US"
    if not locations.known(location):
        raise ApiError(400, f"Invalid location: {location}", reason="invalid")
    return str(location).lower()


def _started(call: Call, project: Project) -> Job:
    if call.body.get("useLegacySql", True):
        raise ApiError(400, "EXTERNAL_QUERY is not supported in legacy SQL.", reason="invalidQuery")
    statement = parser.parse(call.body["query"])
    location = _location(call)
    name = checks.connection_name(call, project, statement.connection, statement.at)
    connection = checks.find_connection(call, name, statement.connection, location)
    if connection.kind == "cloudSpanner":
        task = jobs.finished(spanner.fetch(call, connection, statement), statement)
    elif pretended.stands_in(call, connection):
        task = jobs.finished(pretended.fetch(call, connection, statement), statement)
    else:
        task = jobs.start(checks.login(call, connection, statement), statement)
    micros = bool((call.body.get("formatOptions") or {}).get("useInt64Timestamp"))
    job_id = f"job_{secrets.token_urlsafe(18)}"
    job = Job(project.project_id, job_id, location, call.caller, call.moment, micros, task)
    job_log.write(call.runtime.alerts, job, call.body["query"])
    return job


def _wait(milliseconds: int) -> float:
    return milliseconds / 1000 if milliseconds else DEFAULT_WAIT


async def _query(call: Call) -> JSON:
    project = _project(call)
    if not call.body.get("query", "").strip():
        raise ApiError(400, "Required parameter is missing: query", reason="required")
    job = _started(call, project)
    jobs.keep(call.runtime.jobs, job)
    most = int(call.body.get("maxResults", 0))
    body = await jobs.answer(job, _wait(int(call.body.get("timeoutMs", 0))), most, "")
    if call.body.get("dryRun"):
        body = {key: value for key, value in body.items() if key not in ("rows", "pageToken", "totalRows")}
    answer: JSON = {"kind": "bigquery#queryResponse", "queryId": f"job_{uuid.uuid4().hex}", **body}
    return {**answer, **jobs.times(job, clock.now())} if body["jobComplete"] else answer


async def _results(call: Call) -> JSON:
    project = _project(call)
    job = call.runtime.jobs.get(call.params["job"])
    asked = call.argument("location").lower()
    if job is None or job.project != project.project_id or asked not in ("", job.location):
        raise errors.not_found(f"Not found: Job {project.project_id}:{call.params['job']}")
    if job.caller != call.caller:
        raise errors.denied(
            f"Access Denied: Job {job.project}:{job.job_id}: User does not have bigquery.jobs.get permission."
        )
    wait = _wait(call.integer("timeoutMs"))
    token, start_at = call.argument("pageToken"), call.integer("startIndex")
    body = await jobs.answer(job, wait, call.integer("maxResults"), token, start_at)
    return {"kind": "bigquery#getQueryResultsResponse", **body}


METHODS = (
    _method(name="jobs.query", verb="POST", template=_QUERIES, handler=_query, body="QueryRequest"),
    _method(
        name="jobs.getQueryResults",
        verb="GET",
        template=_QUERIES + "/{job}",
        handler=_results,
        query=(
            "formatOptions.useInt64Timestamp",
            "location",
            "maxResults",
            "pageToken",
            "startIndex",
            "timeoutMs",
        ),
    ),
)
