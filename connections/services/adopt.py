"""Finding the connections that a project has and the portal does not manage, and taking them over."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from access import claims, imports
from access.models import Grant, Resource
from connections import kinds, lookup
from connections.models import GIVES_WAY, Connection, ConnectionSearch, FoundConnection
from connections.present import kind_of
from connections.services import living
from portal import audit, clock, operations
from portal.execution import Failure
from portal.gcp import connections as google
from portal.gcp import projects as google_projects
from portal.gcp import regions
from portal.gcp.errors import ApiDisabled, GoogleError, InvalidRequest, NotFound
from portal.gcp.policies import Policy
from portal.models import Operation, Project, User
from portal.runs import RefusedError, Run

FIND_TASK, ADOPT_TASK = "connections.find", "connections.adopt"
FIND, ADOPT = "list_connections", "take_over"
UNKNOWN_KIND = "unknown"
LISTS_AT_ONCE = 8
LONGEST_ID = 200  # what the portal keeps
Problem = dict[str, str]
Found = tuple[list[google.ConnectionInfo], list[Problem]]


def request_find(project: Project, *, by: User) -> Operation:
    """Have a worker list every location of the project; one search at a time."""
    lock = f"find connections projects/{project.project_id}"
    with audit.appending():
        Project.objects.select_for_update().get(pk=project.pk)
        under_way = Operation.objects.filter(task=FIND_TASK, lock=lock, state__in=Operation.UNFINISHED)
        if found := under_way.first():
            return found
        return operations.enqueue(
            FIND_TASK,
            title=f"Find connections in {project.project_id}",
            target=f"projects/{project.project_id}",
            target_url=reverse("connections:found", args=[project.project_id]),
            parameters={"project_id": project.project_id},
            lock=lock,
            by=by,
            steps=[(FIND, f"List connections in {len(regions.LOCATIONS)} locations")],
        )


def apply_find(run: Run) -> None:
    """List each location; what Google denies there is noted, not a failure."""
    project = Project.objects.get(project_id=run.operation.parameters["project_id"])
    run.step(FIND, partial(list_everywhere, project), partial(record_found, project))
    with run.outcome():
        pass  # a look changes nothing at Google: there is nothing to audit


def find_failed(run: Run, failure: Failure) -> None:
    """Nothing to take back: the page keeps what was found last."""


def list_everywhere(project: Project) -> Found:
    """Ask Google for the project's connections in each location. Raises RefusedError when the API is off."""
    places = [location.id.lower() for location in regions.LOCATIONS]
    with ThreadPoolExecutor(LISTS_AT_ONCE) as threads:  # they touch no database
        answers = list(threads.map(partial(_list_location, project.project_id), places))
    found = [info for infos, _ in answers for info in infos]
    return found, [problem for _, problems in answers for problem in problems]


def _list_location(project_id: str, location: str) -> Found:
    try:
        return list(google.list_all(project_id, location)), []
    except ApiDisabled as error:
        raise RefusedError(error.message, "Enable the BigQuery Connection API, then search again.") from None
    except GoogleError as error:
        if error.retryable:
            raise
        return [], [{"location": regions.normalise(location), "problem": error.message}]


def record_found(project: Project, found: Found) -> str:
    """Keep what the portal does not manage, in the caller's transaction; return the sentence for the page."""
    infos, problems = found
    now = clock.now()
    managed = set(_managed(project).values_list("location", "connection_id"))
    rows = [_row(project, info, now) for info in infos if (info.location, info.connection_id) not in managed]
    FoundConnection.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["project", "location", "connection_id"],
        update_fields=["kind", "friendly_name", "service_account", "body", "seen_at"],
    )
    denied = [regions.normalise(problem["location"]).lower() for problem in problems]
    FoundConnection.objects.filter(project=project, seen_at__lt=now).exclude(location__in=denied).delete()
    ConnectionSearch.objects.update_or_create(
        project=project, defaults={"looked_at": now, "problems": problems}
    )
    said = f"{len(infos)} found, {len(rows)} of them not managed here."
    return f"{said} {len(problems)} locations could not be listed." if problems else said


def _managed(project: Project) -> QuerySet[Connection]:
    """The connections that the portal looks after already."""
    return Connection.objects.filter(project=project).exclude(GIVES_WAY)


def _row(project: Project, info: google.ConnectionInfo, now: Any) -> FoundConnection:
    kind = kinds.of(info.body)
    return FoundConnection(
        project=project,
        location=info.location,
        connection_id=info.connection_id,
        kind=kind.slug if kind else UNKNOWN_KIND,
        friendly_name=info.friendly_name,
        service_account=info.service_account[:320],
        body=dict(info.body),
        seen_at=now,
    )


def request_adopt(project: Project, found: Iterable[FoundConnection], *, by: User) -> Operation:
    """Have a worker take these connections over; `by` becomes their owner. Raises ValueError for none."""
    chosen = [(row.location, row.connection_id) for row in found]
    if not chosen:
        raise ValueError("Choose at least one connection.")
    count = "1 connection" if len(chosen) == 1 else f"{len(chosen)} connections"
    with audit.appending():
        operation = operations.enqueue(
            ADOPT_TASK,
            title=f"Take over {count} of {project.project_id}",
            target=f"projects/{project.project_id}",
            target_url=reverse("connections:list") + f"?project={project.project_id}",
            parameters={"project_id": project.project_id, "chosen": chosen, "owner": by.pk},
            lock=f"adopt projects/{project.project_id}",
            by=by,
            steps=[(ADOPT, f"Read and take over {count}, with who has access")],
        )
        _record(operation, project, audit.Outcome.REQUESTED, {"connections": [name for _, name in chosen]})
        return operation


def apply_adopt(run: Run) -> None:
    """Take over one after the other; those that are there already stay as they are."""
    project = Project.objects.get(project_id=run.operation.parameters["project_id"])
    run.step(ADOPT, partial(_adopt_all, project, run), lambda said: said)
    with run.outcome():
        _record(run.operation, project, audit.Outcome.SUCCEEDED)


def adopt_failed(run: Run, failure: Failure) -> None:
    """Record what stood in the way; what was taken over stays."""
    project = Project.objects.get(project_id=run.operation.parameters["project_id"])
    _record(run.operation, project, audit.Outcome.FAILED, reason=failure.message)


def _adopt_all(project: Project, run: Run) -> str:
    policy = google_projects.get_policy(project.project_id)
    taken, gone, refused = 0, 0, []
    for location, connection_id in run.operation.parameters["chosen"]:
        if _managed(project).filter(location=location, connection_id=connection_id).exists():
            continue
        try:
            name = google.full_name(project.project_id, location, connection_id)
            if len(connection_id) > LONGEST_ID:
                raise InvalidRequest(f"its ID is longer than {LONGEST_ID} characters")
            info, own_policy = google.get(name), google.get_policy(name)
        except NotFound:
            gone += 1
            FoundConnection.objects.filter(
                project=project, location=location, connection_id=connection_id
            ).delete()
            continue
        except GoogleError as error:
            if error.retryable:
                raise
            refused.append(f"{connection_id}: {error.message}")
            continue
        with run.fenced():
            _take_over(project, info, own_policy, policy, run)
        taken += 1
    if refused:
        raise RefusedError("; ".join(refused), "Give the portal access to these, then try again.")
    return f"{taken} taken over." + (f" {gone} were gone." if gone else "")


def _take_over(
    project: Project, info: google.ConnectionInfo, own: Policy, of_project: Policy, run: Run
) -> None:
    """Write the row, its resource and its claims, and the event that says so."""
    by = run.operation.requested_by
    connection = _write_row(project, info, run)
    connection.resource.owners.set([run.operation.parameters["owner"]])
    grants = imports.import_bindings(connection.resource, own, by=by, operation=run.operation)
    _claim_roles(connection, of_project, run)
    FoundConnection.objects.filter(
        project=project, location=info.location, connection_id=info.connection_id
    ).delete()
    audit.record(
        "connection.adopt",
        by=by,
        target=connection.full_name,
        project=project.project_id,
        outcome=audit.Outcome.SUCCEEDED,
        detail={"kind": connection.kind, "name": info.name, "bindings": len(grants)},
        operation=run.operation,
    )


def _write_row(project: Project, info: google.ConnectionInfo, run: Run) -> Connection:
    kind, now = kinds.of(info.body), clock.now()
    place = {"project": project, "location": info.location, "connection_id": info.connection_id}
    free = Connection.objects.filter(GIVES_WAY, **place).select_related("resource", "project")
    connection = free.select_for_update(of=("self",)).first() or Connection(**place)
    for name, value in living.NEW.items():
        setattr(connection, name, value)
    connection.kind = kind.slug if kind else UNKNOWN_KIND
    connection.properties = kind.read(info.body) if kind else {}
    connection.state = Connection.State.ACTIVE
    connection.created_by, connection.created_at = "", now
    connection.adopted_by, connection.adopted_at = run.operation.requested_by, now
    living.take_over(connection, info)
    if connection.pk is None:
        connection.resource = Resource.objects.create(
            kind=Resource.Kind.CONNECTION,
            full_name=connection.full_name,
            project_id=project.project_id,
            title=info.connection_id,
            url=connection.get_absolute_url(),
        )
    connection.save()
    return connection


def _claim_roles(connection: Connection, policy: Policy, run: Run) -> None:
    """Claim the roles that its account has in its project already: gone it would miss them.

    Others may rely on them too, so they do not become the portal's own: a claim's end leaves them.
    """
    kind, project = kind_of(connection), connection.project
    member = f"serviceAccount:{connection.service_account}"
    if kind is None or not connection.service_account:
        return
    for needed in kind.roles(connection.properties):
        own = lookup.project_of(project, needed) == project
        if not own or not policy.has(needed.role, member):
            continue
        grant = claims.claim(
            claims.project_resource(project),
            member,
            needed.role,
            origin=Grant.Origin.SERVICE_AGENT,
            by=run.operation.requested_by,
            purpose=connection.full_name,
            reason="The connection's account had this role when the connection was taken over.",
            operation=run.operation,
        )
        Grant.objects.filter(pk=grant.pk).update(observed=Grant.Presence.PRESENT, observed_at=clock.now())


def _record(
    operation: Operation,
    project: Project,
    outcome: audit.Outcome,
    detail: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit.record(
        "connection.adopt",
        by=operation.requested_by,
        target=f"projects/{project.project_id}",
        project=project.project_id,
        outcome=outcome,
        reason=reason,
        detail=detail,
        operation=operation,
    )
