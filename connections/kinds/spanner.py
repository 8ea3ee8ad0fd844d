"""Cloud Spanner, by BigQuery federation. Google's "Connect to Spanner"; Connection.cloudSpanner.

It has no identity of its own: a query reads the database as the person who runs it, so there is nothing to
grant. The region rule of federated queries does not hold for it either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from connections.kinds import fields
from connections.kinds.base import Kind, Pick, Wire

SAMPLE = "projects/PROJECT_ID/instances/INSTANCE_ID/databases/DATABASE"
DATABASE = re.compile(
    rf"projects/{fields.OTHER_PROJECT}/instances/[a-z][a-z0-9-]{{0,62}}[a-z0-9]"
    rf"/databases/[a-z][a-z0-9_-]{{0,28}}[a-z0-9]"
)
ROLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_DIALECTS = {"GOOGLE_STANDARD_SQL": "GoogleSQL", "POSTGRESQL": "PostgreSQL"}


def _fields() -> dict[str, forms.Field]:
    return {
        "database": fields.resource("Database name", DATABASE, SAMPLE, help_text=SAMPLE),
        "parallel": forms.BooleanField(
            label="Read data in parallel",
            required=False,
            help_text="Spanner divides a query into parts that BigQuery reads at the same time.",
        ),
        "data_boost": forms.BooleanField(
            label="Use Spanner Data Boost",
            required=False,
            help_text="Queries use capacity of their own, not the instance's. Needs parallel reads, and "
            "spanner.databases.useDataBoost for whoever runs the query.",
        ),
        "database_role": forms.CharField(
            label="Database role",
            max_length=128,
            required=False,
            help_text="For fine-grained access control: a letter, then letters, digits and underscores.",
            validators=[
                RegexValidator(
                    re.compile(rf"\A{ROLE.pattern}\Z"),
                    "Begin with a letter; then letters, digits, underscores.",
                )
            ],
        ),
    }


def _clean(cleaned: dict[str, Any]) -> dict[str, str]:
    if cleaned.get("data_boost") and not cleaned.get("parallel"):
        return {"data_boost": "Spanner Data Boost needs parallel reads: select “Read data in parallel” too."}
    return {}


def _facts(about: Mapping[str, Any]) -> Iterable[str]:
    yield f"instance {about['instance']}" if about.get("instance") else ""
    yield _DIALECTS.get(str(about.get("dialect", "")), str(about.get("dialect", "")))
    state = str(about.get("state", ""))
    yield "" if state in {"", "READY", "READY_OPTIMIZING"} else state.lower()


KIND = Kind(
    slug="spanner",
    label="Cloud Spanner",
    card_title="Google Cloud Spanner: BigQuery Federation",
    card_text="Query Spanner from BigQuery, with Data Boost beside its own workload.",
    group="Databases",
    search_words=("database", "federation", "federated", "data boost"),
    docs_url="https://cloud.google.com/bigquery/docs/connect-to-spanner",
    fields=_fields,
    template="connections/kinds/spanner.html",
    property_fields=("database", "parallel", "data_boost", "database_role"),
    listed=("database", ""),
    clean=_clean,
    pickers=(
        Pick(
            field="database",
            asset_type="spanner.googleapis.com/Database",
            noun="databases",
            heading="Spanner databases",
            title="database",
            facts=_facts,
            reached=False,
        ),
    ),
    location_label="Location type",
    wire=Wire(
        block="cloudSpanner",
        values={"database": "cloudSpanner.database", "database_role": "cloudSpanner.databaseRole"},
        flags={"parallel": "cloudSpanner.useParallelism", "data_boost": "cloudSpanner.useDataBoost"},
    ),
    identity_help="None: a query reads Spanner with the rights of the person who runs it.",
    test_statement="SELECT 1",
    test_note="It reads the database with the portal's own rights, which may not include that: "
    "Cloud Spanner Database Reader lets it.",
)
