"""AlloyDB for PostgreSQL, by BigQuery federation.

Labels, hints and their order are those of the "External data source" dialog in Google's
"Connect to AlloyDB for PostgreSQL"; the body is Connection.configuration of the REST v1 API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from connections.kinds.base import Kind, Properties, RoleNeeded

PREFIX = "//alloydb.googleapis.com/"
SAMPLE_URI = PREFIX + "projects/PROJECT_ID/locations/REGION_ID/clusters/CLUSTER_NAME/instances/INSTANCE_ID"
_NAME = r"[a-z][a-z0-9-]{0,62}"
URI = re.compile(
    rf"//alloydb\.googleapis\.com/projects/(?P<project>(?:[a-z0-9.-]+:)?[a-z0-9-]+)/locations/"
    rf"(?P<region>[a-z0-9-]+)/clusters/(?P<cluster>{_NAME})/instances/(?P<instance>{_NAME})"
)
CONNECTOR = "google-alloydb"


def _fields() -> dict[str, forms.Field]:
    return {
        "database": forms.CharField(
            label="Database name", max_length=63, help_text="The name of the database in the instance."
        ),
        "username": forms.CharField(
            label="Database username",
            max_length=63,
            help_text="Queries run with this user's rights; reading what analysts need is enough.",
        ),
        "password": forms.CharField(
            label="Database password",
            max_length=1000,
            strip=False,
            widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
            help_text="Sealed at once, sent to BigQuery once, then destroyed here.",
        ),
        "instance": forms.CharField(
            label="AlloyDB Instance",
            max_length=500,
            help_text=f"The connection URI of the primary or read instance: {SAMPLE_URI}",
            validators=[
                RegexValidator(
                    re.compile(rf"\A{URI.pattern}\Z"),
                    f"Enter the instance's URI in the form {SAMPLE_URI}.",
                )
            ],
        ),
    }


def _body(properties: Properties, password: str) -> dict[str, Any]:
    return {
        "configuration": {
            "connectorId": CONNECTOR,
            "asset": {
                "database": properties["database"],
                "googleCloudResource": properties["instance"],
            },
            "authentication": {
                "usernamePassword": {
                    "username": properties["username"],
                    "password": {"plaintext": password},
                }
            },
        }
    }


def _read(body: Mapping[str, Any]) -> dict[str, str]:
    configuration = body.get("configuration", {})
    asset = configuration.get("asset", {})
    user = configuration.get("authentication", {}).get("usernamePassword", {})
    return {
        "database": str(asset.get("database", "")),
        "username": str(user.get("username", "")),
        "instance": str(asset.get("googleCloudResource", "")),
    }


def _region(properties: Properties) -> str:
    found = URI.fullmatch(properties.get("instance", ""))
    return found["region"] if found else ""


KIND = Kind(
    slug="alloydb",
    label="AlloyDB",
    card_title="AlloyDB: BigQuery Federation",
    card_text="Query AlloyDB for PostgreSQL from BigQuery, without copying the data.",
    search_words=("google cloud alloydb", "postgres", "postgresql", "database", "federation", "federated"),
    connector=CONNECTOR,
    fields=_fields,
    template="connections/kinds/alloydb.html",
    secret_field="password",  # noqa: S106 (the field's name)
    property_fields=("database", "username", "instance"),
    body=_body,
    read=_read,
    credential_mask=("configuration.authentication",),
    region=_region,
    needs=RoleNeeded(
        role="roles/alloydb.client",
        label="AlloyDB Client",
        permission="alloydb.instances.connect",
        api="alloydb.googleapis.com",
    ),
    takes_kms_key=True,
    docs_url="https://cloud.google.com/bigquery/docs/connect-to-alloydb",
    instance_field="instance",
    asset_type="alloydb.googleapis.com/Instance",
)
