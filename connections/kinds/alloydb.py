"""AlloyDB for PostgreSQL, by BigQuery federation.

Labels, hints and their order are those of the "External data source" dialog in Google's
"Connect to AlloyDB for PostgreSQL"; the body is Connection.configuration of the REST v1 API.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from connections.kinds import fields
from connections.kinds.base import Kind, Pick, Properties, RoleNeeded, Wire, on_project

PREFIX = "//alloydb.googleapis.com/"
SAMPLE_URI = PREFIX + "projects/PROJECT_ID/locations/REGION_ID/clusters/CLUSTER_NAME/instances/INSTANCE_ID"
_NAME = r"[a-z][a-z0-9-]{0,62}"
URI = re.compile(
    rf"//alloydb\.googleapis\.com/projects/(?P<project>{fields.OTHER_PROJECT})/locations/"
    rf"(?P<region>[a-z0-9-]+)/clusters/(?P<cluster>{_NAME})/instances/(?P<instance>{_NAME})"
)
CLIENT = RoleNeeded(
    role="roles/alloydb.client",
    label="AlloyDB Client",
    permission="alloydb.instances.connect",
    api="alloydb.googleapis.com",
)
_TYPES = {
    "PRIMARY": "Primary instance",
    "READ_POOL": "Read pool instance",
    "SECONDARY": "Secondary instance",
}


def _fields() -> dict[str, forms.Field]:
    return {
        "database": fields.database(63),
        "username": fields.username(63),
        "password": fields.password(),
        "instance": forms.CharField(
            label="AlloyDB Instance",
            max_length=500,
            help_text=f"The connection URI of the primary or read instance: {SAMPLE_URI}",
            widget=forms.TextInput(attrs={"class": "mono"}),
            validators=[
                RegexValidator(
                    re.compile(rf"\A{URI.pattern}\Z"),
                    f"Enter the instance's URI in the form {SAMPLE_URI}.",
                )
            ],
        ),
    }


def _regions(properties: Properties) -> dict[str, str]:
    found = URI.fullmatch(str(properties.get("instance", "")))
    return {"instance": found["region"]} if found else {}


def _roles(properties: Properties) -> tuple[RoleNeeded, ...]:
    found = URI.fullmatch(str(properties.get("instance", "")))
    return (on_project(CLIENT, found["project"] if found else "", "instance"),)


def _facts(about: Mapping[str, Any]) -> Iterable[str]:
    kind, state = str(about.get("instance_type", "")), str(about.get("state", ""))
    yield _TYPES.get(kind, kind)
    yield f"cluster {about['cluster']}" if about.get("cluster") else ""
    yield str(about.get("database_version", "")).replace("_", " ").title().replace("Postgres", "PostgreSQL")
    yield "" if state in {"", "READY"} else state.lower()


KIND = Kind(
    slug="alloydb",
    label="AlloyDB",
    card_title="AlloyDB: BigQuery Federation",
    card_text="Query AlloyDB for PostgreSQL from BigQuery, without copying the data.",
    group="Databases",
    search_words=("google cloud alloydb", "postgres", "postgresql", "database", "federation", "federated"),
    docs_url="https://cloud.google.com/bigquery/docs/connect-to-alloydb",
    fields=_fields,
    template="connections/kinds/alloydb.html",
    property_fields=("database", "username", "instance"),
    listed=("database", "instance"),
    secret_field=fields.CREDENTIAL,
    pickers=(
        Pick(
            field="instance",
            asset_type="alloydb.googleapis.com/Instance",
            noun="instances",
            heading="AlloyDB instances",
            title="instance",
            facts=_facts,
        ),
    ),
    takes_kms_key=True,
    wire=Wire(
        block="configuration",
        fixed={"configuration.connectorId": "google-alloydb"},
        values={
            "database": "configuration.asset.database",
            "instance": "configuration.asset.googleCloudResource",
            "username": "configuration.authentication.usernamePassword.username",
        },
        credential="configuration.authentication.usernamePassword.password.plaintext",
        identity="configuration.authentication.serviceAccount",
    ),
    # Not all of the authentication: connectors may have parameters of their own in it.
    credential_mask=("configuration.authentication.usernamePassword",),
    regions=_regions,
    uses_agent=True,
    identity_help="BigQuery reaches the database as this account.",
    needs=CLIENT,
    roles_for=_roles,
    test_statement="SELECT 1",
)
