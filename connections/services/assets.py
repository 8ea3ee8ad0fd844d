"""What a project has that a connection can point to: one function an asset type, each asks Google."""

from __future__ import annotations

from collections.abc import Callable

from connections.models import Asset
from portal.gcp import alloydb, cloudsql, compute, dataproc, kms, metastore, spanner
from portal.gcp.errors import GoogleError
from portal.models import Project

Source = Callable[[Project], list[Asset]]


def alloydb_instances(project: Project) -> list[Asset]:
    """AlloyDB instances, by their connection URI."""
    return [
        Asset(
            project=project,
            type=Asset.Type.ALLOYDB_INSTANCE,
            name=info.uri,
            location=info.location,
            attributes={
                "cluster": info.cluster,
                "instance": info.instance_id,
                "instance_type": info.instance_type,
                "state": info.state,
                "database_version": info.database_version,
                "flags": dict(info.flags),
                "addresses": dict(info.addresses),
                "connectors_only": info.connectors_only,
            },
        )
        for info in alloydb.list_instances(project.project_id)
    ]


def cloud_sql_instances(project: Project) -> list[Asset]:
    """Cloud SQL instances with their databases, by their connection name."""
    return [
        Asset(
            project=project,
            type=Asset.Type.CLOUD_SQL_INSTANCE,
            name=info.connection_name,
            location=info.region,
            attributes={
                "instance": info.instance_id,
                "state": info.state,
                "database_version": info.database_version,
                "flags": dict(info.flags),
                "addresses": dict(info.addresses),
                "ssl_mode": info.ssl_mode,
                "databases": _databases(project, info.instance_id),
            },
        )
        for info in cloudsql.list_instances(project.project_id)
    ]


def _databases(project: Project, instance_id: str) -> list[str]:
    """The databases of an instance; none where it does not say, because it is stopped for instance."""
    try:
        return cloudsql.list_databases(project.project_id, instance_id)
    except GoogleError as error:
        if error.retryable:
            raise
        return []


def spanner_databases(project: Project) -> list[Asset]:
    """Spanner databases, by their full name; the location is the instance's configuration."""
    return [
        Asset(
            project=project,
            type=Asset.Type.SPANNER_DATABASE,
            name=info.name,
            location=info.config.removeprefix("regional-")[:40],
            attributes={
                "instance": info.instance_id,
                "database": info.database_id,
                "dialect": info.dialect,
                "state": info.state,
            },
        )
        for info in spanner.list_databases(project.project_id)
    ]


def metastore_services(project: Project) -> list[Asset]:
    """Dataproc Metastore services, by their full name."""
    return [
        Asset(
            project=project,
            type=Asset.Type.METASTORE_SERVICE,
            name=info.name,
            location=info.location,
            attributes={
                "name": info.service_id,
                "hive_version": info.hive_version,
                "tier": info.tier,
                "state": info.state,
            },
        )
        for info in metastore.list_services(project.project_id)
    ]


def dataproc_clusters(project: Project) -> list[Asset]:
    """Dataproc clusters, by their full name."""
    return [
        Asset(
            project=project,
            type=Asset.Type.DATAPROC_CLUSTER,
            name=info.name,
            location=info.region,
            attributes={"name": info.cluster_id, "image": info.image, "state": info.state},
        )
        for info in dataproc.list_clusters(project.project_id)
    ]


def network_attachments(project: Project) -> list[Asset]:
    """Network attachments, by their full name."""
    return [
        Asset(
            project=project,
            type=Asset.Type.NETWORK_ATTACHMENT,
            name=info.name,
            location=info.region,
            attributes={
                "name": info.attachment_id,
                "network": info.network,
                "description": info.description,
            },
        )
        for info in compute.list_network_attachments(project.project_id)
    ]


def keys(project: Project) -> list[Asset]:
    """Customer-managed keys, by their full name."""
    return [
        Asset(
            project=project,
            type=Asset.Type.CRYPTO_KEY,
            name=info.name,
            location=info.location,
            attributes={"ring": info.ring, "key": info.key_id, "purpose": info.purpose, "state": info.state},
        )
        for info in kms.list_keys(project.project_id)
    ]


# The steps of a search: name, title, asset type, and what lists it.
SOURCES: dict[str, tuple[str, Asset.Type, Source]] = {
    "list_alloydb_instances": ("List AlloyDB instances", Asset.Type.ALLOYDB_INSTANCE, alloydb_instances),
    "list_cloud_sql_instances": (
        "List Cloud SQL instances and databases",
        Asset.Type.CLOUD_SQL_INSTANCE,
        cloud_sql_instances,
    ),
    "list_spanner_databases": ("List Spanner databases", Asset.Type.SPANNER_DATABASE, spanner_databases),
    "list_metastore_services": (
        "List Dataproc Metastore services",
        Asset.Type.METASTORE_SERVICE,
        metastore_services,
    ),
    "list_dataproc_clusters": ("List Dataproc clusters", Asset.Type.DATAPROC_CLUSTER, dataproc_clusters),
    "list_network_attachments": (
        "List network attachments",
        Asset.Type.NETWORK_ATTACHMENT,
        network_attachments,
    ),
    "list_keys": ("List customer-managed keys", Asset.Type.CRYPTO_KEY, keys),
}
