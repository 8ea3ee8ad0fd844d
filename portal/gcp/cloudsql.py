"""The Cloud SQL instances that a connection can point at, and their databases: Cloud SQL Admin API v1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.gcp import errors, transport
from portal.gcp.projects import resource_name

API = "sqladmin"
_INSTANCE = re.compile(r"[a-z0-9][a-z0-9-]*")
_CONNECTION_NAME = re.compile(
    r"(?P<project>[a-z0-9][a-z0-9.:-]*):(?P<region>[a-z0-9-]+):(?P<instance>[a-z0-9-]+)"
)


@dataclass(frozen=True, slots=True)
class SqlInstanceInfo:
    """A Cloud SQL instance; ``connection_name`` is what a connection's ``instanceId`` takes.

    ``database_version`` begins with POSTGRES, MYSQL or SQLSERVER; ``instance_type`` tells primaries
    (CLOUD_SQL_INSTANCE) from read replicas; ``flags`` are its database flags; ``addresses`` has PRIVATE,
    PUBLIC and PSC as far as there are any; ``ssl_mode`` is the API's word, empty where it says nothing.
    """

    connection_name: str
    project: str
    region: str
    instance_id: str
    database_version: str
    state: str
    instance_type: str
    flags: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    ssl_mode: str = ""


def list_instances(project: str) -> list[SqlInstanceInfo]:
    """Every Cloud SQL instance of a project, of all engines, by connection name.

    Raises:
        errors.ApiDisabled: the Cloud SQL Admin API is off in the project.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project.
    """
    path = f"v1/{resource_name(project)}/instances"
    items = transport.pages(API, path, "items", size="maxResults")
    instances = [made for item in items if (made := _instance(item)) is not None]
    return sorted(instances, key=lambda instance: instance.connection_name)


def list_databases(project: str, instance_id: str) -> list[str]:
    """The names of an instance's databases. Google answers them on one page.

    Raises:
        errors.GoogleError: its subclasses; an instance that does not run cannot be asked.
        ValueError: it cannot be a project or an instance.
    """
    items = transport.call(API, "GET", f"{instance_path(project, instance_id)}/databases").get("items", ())
    return sorted(str(item["name"]) for item in items if item.get("name"))


def get_instance(project: str, instance_id: str) -> SqlInstanceInfo:
    """One instance.

    Raises:
        errors.NotFound: no such instance.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project or an instance.
    """
    found = _instance(transport.call(API, "GET", instance_path(project, instance_id)))
    if found is None:
        raise errors.malformed(write=False)
    return found


def instance_path(project: str, instance_id: str) -> str:
    """The path of an instance. Raises ValueError when it cannot be one."""
    if not _INSTANCE.fullmatch(instance_id):
        raise ValueError(f"not the id of a Cloud SQL instance: {instance_id!r}")
    return f"v1/{resource_name(project)}/instances/{instance_id}"


def _instance(item: Mapping[str, Any]) -> SqlInstanceInfo | None:
    match = _CONNECTION_NAME.fullmatch(str(item.get("connectionName", "")))
    if match is None:
        return None
    settings: Mapping[str, Any] = item.get("settings") or {}
    return SqlInstanceInfo(
        connection_name=match.group(),
        project=match["project"],
        region=match["region"],
        instance_id=match["instance"],
        database_version=str(item.get("databaseVersion", "")),
        state=str(item.get("state", "")),
        instance_type=str(item.get("instanceType", "")),
        flags={str(flag["name"]): str(flag.get("value", "")) for flag in settings.get("databaseFlags") or ()},
        addresses=_addresses(item, settings),
        ssl_mode=str((settings.get("ipConfiguration") or {}).get("sslMode", "")),
    )


def _addresses(item: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    kinds = {"PRIMARY": "PUBLIC", "PRIVATE": "PRIVATE"}
    addresses = item.get("ipAddresses") or ()
    found = {kinds[one["type"]]: str(one["ipAddress"]) for one in addresses if one.get("type") in kinds}
    psc = ((settings.get("ipConfiguration") or {}).get("pscConfig") or {}).get("pscEnabled")
    return found | ({"PSC": str(item.get("dnsName", "")).rstrip(".")} if psc else {})
