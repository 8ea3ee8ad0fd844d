"""Apache Spark: stored procedures. Google's "Connect to Apache Spark"; Connection.spark.

Which roles the connection's account needs depends on what it was given: metastore.services.get for a
Dataproc Metastore service, dataproc.clusters.get for a history server. The roles below are the smallest
predefined ones with these permissions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from connections.kinds import fields
from connections.kinds.base import Kind, Pick, Properties, RoleNeeded, Wire, on_project

METASTORE = re.compile(
    rf"projects/(?P<project>{fields.OTHER_PROJECT})/locations/(?P<region>[a-z0-9-]+)"
    rf"/services/[a-z][a-z0-9-]{{0,62}}"
)
CLUSTER = re.compile(
    rf"projects/(?P<project>{fields.OTHER_PROJECT})/regions/(?P<region>[a-z0-9-]+)"
    rf"/clusters/[a-z][a-z0-9-]{{0,53}}"
)
SAMPLE_METASTORE = "projects/PROJECT_ID/locations/REGION_ID/services/SERVICE"
SAMPLE_CLUSTER = "projects/PROJECT_ID/regions/REGION_ID/clusters/CLUSTER"
_ROLES = {
    "metastore": RoleNeeded(
        role="roles/metastore.viewer",
        label="Dataproc Metastore Viewer",
        permission="metastore.services.get",
        api="metastore.googleapis.com",
    ),
    "history_server": RoleNeeded(
        role="roles/dataproc.viewer",
        label="Dataproc Viewer",
        permission="dataproc.clusters.get",
        api="dataproc.googleapis.com",
    ),
}
_FORMS = {"metastore": METASTORE, "history_server": CLUSTER}


def _fields() -> dict[str, forms.Field]:
    return {
        "metastore": fields.resource(
            "Metastore service",
            METASTORE,
            SAMPLE_METASTORE,
            required=False,
            help_text=f"Keeps the metadata of tables: {SAMPLE_METASTORE}",
        ),
        "history_server": fields.resource(
            "History server cluster",
            CLUSTER,
            SAMPLE_CLUSTER,
            required=False,
            help_text=f"Shows finished Spark jobs: {SAMPLE_CLUSTER}",
        ),
    }


def _given(properties: Properties) -> dict[str, re.Match[str]]:
    found = {name: form.fullmatch(str(properties.get(name, ""))) for name, form in _FORMS.items()}
    return {name: match for name, match in found.items() if match}


def _regions(properties: Properties) -> dict[str, str]:
    return {name: match["region"] for name, match in _given(properties).items()}


def _roles(properties: Properties) -> tuple[RoleNeeded, ...]:
    return tuple(
        on_project(_ROLES[name], match["project"], name) for name, match in _given(properties).items()
    )


def _facts(about: Mapping[str, Any]) -> Iterable[str]:
    yield f"Hive {about['hive_version']}" if about.get("hive_version") else ""
    yield str(about.get("tier", "")).capitalize()
    yield f"image {about['image']}" if about.get("image") else ""
    state = str(about.get("state", ""))
    yield "" if state in {"", "ACTIVE", "RUNNING"} else state.lower()


KIND = Kind(
    slug="spark",
    label="Apache Spark",
    card_title="Apache Spark: BigQuery Federation",
    card_text="Run stored procedures for Apache Spark from BigQuery.",
    group="Spark",
    symbol="lightning-charge",
    search_words=("dataproc", "metastore", "pyspark", "stored procedure", "history server"),
    docs_url="https://cloud.google.com/bigquery/docs/connect-to-spark",
    fields=_fields,
    template="connections/kinds/spark.html",
    section="Spark",
    property_fields=("metastore", "history_server"),
    listed=("metastore", "history_server"),
    pickers=(
        Pick(
            field="metastore",
            asset_type="metastore.googleapis.com/Service",
            noun="metastore services",
            heading="Dataproc Metastore services",
            facts=_facts,
        ),
        Pick(
            field="history_server",
            asset_type="dataproc.googleapis.com/Cluster",
            noun="clusters",
            heading="Dataproc clusters",
            facts=_facts,
        ),
    ),
    wire=Wire(
        block="spark",
        values={
            "metastore": "spark.metastoreServiceConfig.metastoreService",
            "history_server": "spark.sparkHistoryServerConfig.dataprocCluster",
        },
        identity="spark.serviceAccountId",
    ),
    regions=_regions,
    identity_help="Stored procedures run as this account: also grant it the data that they read and write.",
    roles_for=_roles,
    grant_label="Grant the service account its roles on metastore and history server",
    caveat="Google names the permissions that the account needs, not the roles: the portal grants the "
    "smallest predefined ones that contain them, Dataproc Metastore Viewer and Dataproc Viewer.",
    sample=(
        "CREATE PROCEDURE DATASET.PROCEDURE()\nWITH CONNECTION `{path}`\n"
        "OPTIONS (engine = 'SPARK', runtime_version = '2.2')\n"
        'LANGUAGE PYTHON AS R"""\nfrom pyspark.sql import SparkSession\n\n'
        'spark = SparkSession.builder.getOrCreate()\n""";'
    ),
)
