"""The AlloyDB instances that a connection can point at: AlloyDB API v1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from portal.gcp import errors, transport
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

    ``instance_type`` is PRIMARY, READ_POOL or SECONDARY; ``flags`` are its database flags; ``addresses`` has
    PRIVATE, PUBLIC and PSC as far as there are any; ``connectors_only`` says that it refuses everybody else.
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
    addresses: Mapping[str, str] = field(default_factory=dict)
    connectors_only: bool = False


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


def get_instance(name: str) -> InstanceInfo:
    """One instance; its version is its cluster's, and is not asked for.

    Args:
        name: ``projects/P/locations/R/clusters/C/instances/I``.

    Raises:
        errors.NotFound: no such instance.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be an instance.
    """
    if not _INSTANCE.fullmatch(name):
        raise ValueError(f"not the name of an AlloyDB instance: {name!r}")
    found = _instance(transport.call(API, "GET", f"v1/{name}"), {})
    if found is None:
        raise errors.malformed(write=False)
    return found


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
        addresses=_addresses(item),
        connectors_only=bool((item.get("clientConnectionConfig") or {}).get("requireConnectors")),
    )


def _addresses(item: Mapping[str, Any]) -> dict[str, str]:
    dns_name = (item.get("pscInstanceConfig") or {}).get("pscDnsName", "")
    found = {
        "PRIVATE": item.get("ipAddress"),
        "PUBLIC": item.get("publicIpAddress"),
        "PSC": str(dns_name).rstrip("."),
    }
    return {kind: str(address) for kind, address in found.items() if address}


def _note_unreachable(answer: Mapping[str, Any]) -> None:
    if answer.get("unreachable"):
        _log.warning("alloydb_locations_unreachable", locations=answer["unreachable"])
