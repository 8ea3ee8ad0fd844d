"""The Spanner databases that a connection can point at: Cloud Spanner API v1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.gcp import transport
from portal.gcp.projects import resource_name

API = "spanner"
_INSTANCE = re.compile(r"projects/[a-z0-9][a-z0-9.:-]*/instances/(?P<instance>[a-z0-9-]+)")
_DATABASE = re.compile(rf"(?P<parent>{_INSTANCE.pattern})/databases/(?P<database>[a-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class SpannerDatabaseInfo:
    """A database; ``name`` is what a connection's ``database`` takes, ``config`` where its instance runs."""

    name: str
    instance_id: str
    database_id: str
    config: str
    dialect: str
    state: str


def list_databases(project: str) -> list[SpannerDatabaseInfo]:
    """Every database of every Spanner instance of a project, by name; one call an instance.

    Raises:
        errors.ApiDisabled: the Spanner API is off in the project.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project.
    """
    found: list[SpannerDatabaseInfo] = []
    for instance in list(transport.pages(API, f"v1/{resource_name(project)}/instances", "instances")):
        name = str(instance.get("name", ""))
        if not _INSTANCE.fullmatch(name):
            continue
        config = str(instance.get("config", "")).rpartition("/")[2]
        items = transport.pages(API, f"v1/{name}/databases", "databases")
        found += [made for item in items if (made := _database(item, config)) is not None]
    return sorted(found, key=lambda database: database.name)


def _database(item: Mapping[str, Any], config: str) -> SpannerDatabaseInfo | None:
    match = _DATABASE.fullmatch(str(item.get("name", "")))
    if match is None:
        return None
    return SpannerDatabaseInfo(
        name=match.group(),
        instance_id=match["instance"],
        database_id=match["database"],
        config=config,
        dialect=str(item.get("databaseDialect", "")),
        state=str(item.get("state", "")),
    )
