"""Looking for what a project has that a connection can point to, for the pick lists."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse

from connections.logins import registry
from connections.models import Asset, Discovery
from connections.services.assets import SOURCES, Source
from portal import clock, operations, sweeping
from portal.execution import Failure
from portal.gcp.errors import GoogleError
from portal.models import Operation, Project, User
from portal.runs import Run

TASK = "connections.discover"
STALE_AFTER = timedelta(hours=1)
Found = tuple[list[Asset], str]


def request_discovery(project: Project, *, by: User | None) -> Operation:
    """Have a worker look for what the project has; one search at a time."""
    lock = f"discover projects/{project.project_id}"
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        under_way = Operation.objects.filter(task=TASK, lock=lock, state__in=Operation.UNFINISHED).first()
        if under_way:
            return under_way
        return operations.enqueue(
            TASK,
            title=f"Look for what connections can use in {project.project_id}",
            target=f"projects/{project.project_id}",
            target_url=reverse("portal:project", args=[project.project_id]),
            parameters={"project_id": project.project_id},
            lock=lock,
            by=by,
            steps=[(name, title) for name, (title, _, _) in SOURCES.items()],
        )


def request_due() -> int:
    """Have every project looked at that was not for an hour; return how many.

    Raises sweeping.UnfinishedError at the end for those of which that could not be asked for.
    """
    stale = clock.now() - STALE_AFTER
    fresh = Discovery.objects.filter(looked_at__gte=stale).values("project")
    due = Project.objects.filter(number__isnull=False).exclude(pk__in=fresh).order_by("project_id")
    return sweeping.each(due, lambda project: bool(request_discovery(project, by=None)))


def apply_discovery(run: Run) -> None:
    """List each type of asset. What Google denies is noted beside the pick list, not a failure."""
    project = Project.objects.get(project_id=run.operation.parameters["project_id"])
    for name, (_, asset_type, source) in SOURCES.items():
        if run.has(name):
            run.step(name, partial(_look, source, project), partial(_record_found, project, asset_type))
    with run.outcome():
        pass  # a look changes nothing at Google: there is nothing to audit


def discovery_failed(run: Run, failure: Failure) -> None:
    """Nothing to take back: the pick lists keep what was seen last."""


def _look(source: Source, project: Project) -> Found:
    try:
        return source(project), ""
    except GoogleError as error:
        if error.retryable:
            raise
        return [], error.message


def _record_found(project: Project, asset_type: Asset.Type, found: Found) -> str:
    assets, problem = found
    now = clock.now()
    Discovery.objects.update_or_create(
        project=project, type=asset_type, defaults={"looked_at": now, "problem": problem}
    )
    if problem:
        return f"Not to be listed: {problem}"
    for asset in assets:
        asset.seen_at = now
    Asset.objects.bulk_create(
        assets,
        update_conflicts=True,
        unique_fields=["project", "type", "name"],
        update_fields=["location", "attributes", "seen_at"],
    )
    Asset.objects.filter(project=project, type=asset_type, seen_at__lt=now).delete()
    registry.note_found(project, assets)
    return f"{len(assets)} found."


def on_project_checked(sender: object, project: Project, **_: Any) -> None:
    """A project was looked up: look for what it has. Receives portal.signals.project_checked."""
    request_discovery(project, by=None)
