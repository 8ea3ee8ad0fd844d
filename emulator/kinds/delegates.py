"""Connections that are little more than a service account: `cloudResource` and `spark`."""

import re

from emulator import errors
from emulator.errors import JSON
from emulator.kinds.base import Kind, token

_METASTORE = re.compile(r"^projects/[^/]+/locations/[^/]+/services/[^/]+$")
_CLUSTER = re.compile(r"^projects/[^/]+/regions/[^/]+/clusters/[^/]+$")


def _resource_identity(number: str, _location: str) -> JSON:
    return {"serviceAccountId": f"bqcx-{number}-{token()}@gcp-sa-bigquery-condel.iam.gserviceaccount.com"}


def _spark_identity(number: str, _location: str) -> JSON:
    return {"serviceAccountId": f"bqcx-{number}-{token()}@gcp-sa-bigquery-consp.iam.gserviceaccount.com"}


def _check_spark(block: JSON, _location: str) -> None:
    service = block.get("metastoreServiceConfig", {}).get("metastoreService")
    if service and not _METASTORE.match(service):
        raise errors.invalid(
            "Metastore service must have the form 'projects/P/locations/L/services/S'.",
            field="spark.metastore_service_config.metastore_service",
        )
    cluster = block.get("sparkHistoryServerConfig", {}).get("dataprocCluster")
    if cluster and not _CLUSTER.match(cluster):
        raise errors.invalid(
            "History server cluster must have the form 'projects/P/regions/R/clusters/C'.",
            field="spark.spark_history_server_config.dataproc_cluster",
        )


RESOURCE = Kind(name="cloudResource", identity=_resource_identity)
SPARK = Kind(name="spark", check=_check_spark, identity=_spark_identity)
