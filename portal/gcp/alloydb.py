"""The AlloyDB instances that a connection can point at: AlloyDB API v1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from portal.gcp import transport
from portal.gcp.projects import resource_name

API = "alloydb"
URI_PREFIX = "//alloydb.googleapis.com/"

_log = structlog.get_logger(__name__)
_INSTANCE = re.compile(
    r"projects/(?P<project>[a-z0-9][a-z0-9.:-]*)/locations/(?P<location>[a-z0-9-]+)"
    r"/clusters/(?P<cluster>[a-z0-9-]+)/instances/(?P<instance>[a-z0-9-]+)"
)


@dataclass(frozen=True, slots=True)
class InstanceInfo:
    """An AlloyDB instance; ``uri`` is what a connection's ``googleCloudResource`` takes.

    ``instance_type`` is PRIMARY, READ_POOL or SECONDARY; ``flags`` are its database flags.
    """

    name: str
    uri: str
    project: str
    location: str
    cluster: str
    instance_id: str
    instance_type: str
    state: str
    ip_address: str
    database_version: str
    flags: Mapping[str, str] = field(default_factory=dict)


def list_instances(project: str) -> list[InstanceInfo]:
    """Every AlloyDB instance of a project, in all regions and clusters, by name.

    Regions that Google could not reach are missing and logged.

    Raises:
        errors.ApiDisabled: the AlloyDB API is off in the project.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project.
    """
    parent = f"v1/{resource_name(project)}/locations/-/clusters"
    clusters = transport.pages(API, parent, "clusters")
    versions = {str(c.get("name", "")): str(c.get("databaseVersion", "")) for c in clusters}
    found = transport.pages(API, f"{parent}/-/instances", "instances", on_answer=_note_unreachable)
    instances = [made for item in found if (made := _instance(item, versions)) is not None]
    return sorted(instances, key=lambda instance: instance.name)


def _instance(item: Mapping[str, Any], versions: Mapping[str, str]) -> InstanceInfo | None:
    name = str(item.get("name", ""))
    match = _INSTANCE.fullmatch(name)
    if match is None:
        return None
    return InstanceInfo(
        name=name,
        uri=URI_PREFIX + name,
        project=match["project"],
        location=match["location"],
        cluster=match["cluster"],
        instance_id=match["instance"],
        instance_type=str(item.get("instanceType", "")),
        state=str(item.get("state", "")),
        ip_address=str(item.get("ipAddress", "")),
        database_version=versions.get(name.rpartition("/instances/")[0], ""),
        flags=dict(item.get("databaseFlags") or {}),
    )


def _note_unreachable(answer: Mapping[str, Any]) -> None:
    if answer.get("unreachable"):
        _log.warning("alloydb_locations_unreachable", locations=answer["unreachable"])
