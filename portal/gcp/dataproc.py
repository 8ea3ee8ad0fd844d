"""The Dataproc clusters that a Spark connection can use as history server: Dataproc API v1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.gcp import errors, regions, transport
from portal.gcp.projects import resource_name

API = "dataproc"
_CLUSTER = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A cluster; ``name`` is what a connection's ``dataprocCluster`` takes."""

    name: str
    region: str
    cluster_id: str
    image: str
    state: str


def list_clusters(project: str) -> list[ClusterInfo]:
    """Every Dataproc cluster of a project, by name.

    There is no list over all regions: each region in which BigQuery runs is asked in turn. One that
    Dataproc does not have, or that the project may not use, is passed over.

    Raises:
        errors.ApiDisabled: the Dataproc API is off in the project.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project.
    """
    places = [place.id for place in regions.LOCATIONS if place.kind == "region"]
    return sorted(
        (cluster for region in places for cluster in _clusters(project, region)),
        key=lambda cluster: cluster.name,
    )


def _clusters(project: str, region: str) -> list[ClusterInfo]:
    path = f"v1/{resource_name(project)}/regions/{region}/clusters"
    try:
        items = list(transport.pages(API, path, "clusters"))
    except (errors.InvalidRequest, errors.NotFound):
        return []
    return [made for item in items if (made := _cluster(item, region)) is not None]


def _cluster(item: Mapping[str, Any], region: str) -> ClusterInfo | None:
    project, cluster = str(item.get("projectId", "")), str(item.get("clusterName", ""))
    if not project or not _CLUSTER.fullmatch(cluster):
        return None
    software = (item.get("config") or {}).get("softwareConfig") or {}
    return ClusterInfo(
        name=f"projects/{project}/regions/{region}/clusters/{cluster}",
        region=region,
        cluster_id=cluster,
        image=str(software.get("imageVersion", "")),
        state=str((item.get("status") or {}).get("state", "")),
    )
