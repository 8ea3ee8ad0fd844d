"""The Dataproc Metastore services that a Spark connection can use: Dataproc Metastore API v1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from portal.gcp import transport
from portal.gcp.projects import resource_name

API = "metastore"

_log = structlog.get_logger(__name__)
_SERVICE = re.compile(
    r"projects/[a-z0-9][a-z0-9.:-]*/locations/(?P<location>[a-z0-9-]+)/services/(?P<service>[a-z0-9-]+)"
)


@dataclass(frozen=True, slots=True)
class MetastoreInfo:
    """A metastore service; ``name`` is what a connection's ``metastoreService`` takes."""

    name: str
    location: str
    service_id: str
    hive_version: str
    tier: str
    state: str


def list_services(project: str) -> list[MetastoreInfo]:
    """Every metastore service of a project, in all regions, by name.

    Regions that Google could not reach are missing and logged.

    Raises:
        errors.ApiDisabled: the Dataproc Metastore API is off in the project.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project.
    """
    path = f"v1/{resource_name(project)}/locations/-/services"
    items = transport.pages(API, path, "services", on_answer=_note_unreachable)
    services = [made for item in items if (made := _service(item)) is not None]
    return sorted(services, key=lambda service: service.name)


def _service(item: Mapping[str, Any]) -> MetastoreInfo | None:
    match = _SERVICE.fullmatch(str(item.get("name", "")))
    if match is None:
        return None
    return MetastoreInfo(
        name=match.group(),
        location=match["location"],
        service_id=match["service"],
        hive_version=str((item.get("hiveMetastoreConfig") or {}).get("version", "")),
        tier=str(item.get("tier", "")),
        state=str(item.get("state", "")),
    )


def _note_unreachable(answer: Mapping[str, Any]) -> None:
    if answer.get("unreachable"):
        _log.warning("metastore_locations_unreachable", locations=answer["unreachable"])
