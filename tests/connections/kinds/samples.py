"""One connection of each kind, as somebody types it into the dialog."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connections import kinds
from connections.kinds.base import Kind
from tests.connections.dialog import CANARY, GOOD
from tests.support.factories import INSTANCE, PROJECT

AGENT = r"service-\d+@gcp-sa-bigqueryconnection\.iam\.gserviceaccount\.com"
OWN_ACCOUNT = r"bqcx-\d+-\w+@gcp-sa-bigquery-\w+\.iam\.gserviceaccount\.com"
DIGITS = r"\d{21}"


@dataclass(frozen=True)
class Sample:
    """`fields` are the kind's own, `labels` what the dialog asks in order, `identity` what Google makes."""

    location: str
    fields: dict[str, Any]
    labels: tuple[str, ...]
    identity: str = AGENT
    role: str = ""
    steps: tuple[str, ...] = field(default=("create_connection",))


SECRET = {"username": "bq_reader", "password": CANARY}
GRANTED = ("create_connection", "wait_for_service_agent", "grant_service_agent", "test_query")
CLOUD_SQL = ("Cloud SQL connection name", "Database name", "Database username", "Database password")
SAMPLES: dict[str, Sample] = {
    "alloydb": Sample(
        "us-central1",
        {"database": "orders", "instance": INSTANCE, **SECRET},
        ("Data location", "Encryption", "Database name", "Database password", "AlloyDB Instance"),
        role="Grant the service agent AlloyDB Client",
        steps=GRANTED,
    ),
    "cloud_sql_postgresql": Sample(
        "us",
        {"instance": f"{PROJECT}:us-central1:crm", "database": "crm", **SECRET},
        ("Data location", "Encryption", *CLOUD_SQL),
        role="Grant the service agent Cloud SQL Client",
        steps=GRANTED,
    ),
    "cloud_sql_mysql": Sample(
        "us-central1",
        {"instance": f"{PROJECT}:us-central1:shop", "database": "shop", **SECRET},
        ("Data location", "Encryption", *CLOUD_SQL),
        role="Grant the service agent Cloud SQL Client",
        steps=GRANTED,
    ),
    "spanner": Sample(
        "europe-west1",
        {
            "database": f"projects/{PROJECT}/instances/ledger/databases/ledger",
            "parallel": "on",
            "data_boost": "on",
            "database_role": "reader",
        },
        (
            "Location type",
            "Database name",
            "Read data in parallel",
            "Use Spanner Data Boost",
            "Database role",
        ),
        identity="",
        steps=("create_connection", "test_query"),
    ),
    "cloud_resource": Sample("us", {}, ("Location type",), identity=OWN_ACCOUNT),
    "spark": Sample(
        "us-central1",
        {
            "metastore": f"projects/{PROJECT}/locations/us-central1/services/lake",
            "history_server": f"projects/{PROJECT}/regions/us-central1/clusters/spark-history",
        },
        ("Data location", "Metastore service", "History server cluster"),
        identity=OWN_ACCOUNT,
        role="Grant the service account its roles on metastore and history server",
        steps=("create_connection", "grant_service_agent"),
    ),
    "aws": Sample(
        "aws-us-east-1",
        {"role_id": "arn:aws:iam::999999999999:role/bigquery/omni"},
        ("Region", "AWS role id"),
        identity=DIGITS,
    ),
    "azure": Sample(
        "azure-eastus2",
        {
            "tenant_id": "11111111-2222-3333-4444-555555555555",
            "federated": "on",
            "client_id": "b43eeeee-eeee-eeee-eeee-a480155501ce",
        },
        ("Region", "Azure tenant id", "Use federated identity", "Client ID"),
        identity=DIGITS,
    ),
    "sap_hana": Sample(
        "us-central1",
        {
            "host_port": "datasphere.example.com:443",
            "network_attachment": f"projects/{PROJECT}/regions/us-central1/networkAttachments/sap-attachment",
            **SECRET,
        },
        ("Location type", "Encryption", "Host:port", "Network attachment", "Username", "Password"),
        steps=("create_connection", "test_query"),
    ),
}
SLUGS = sorted(SAMPLES)


def url(slug: str) -> str:
    """The address of a kind's dialog."""
    return f"/add-data/{slug}/"


def filled(slug: str, **changes: Any) -> dict[str, Any]:
    """The dialog of a kind with everything right but `changes`."""
    foreign = set(kinds.get("alloydb").fields())
    common = {name: value for name, value in GOOD.items() if name not in foreign}
    sample = SAMPLES[slug]
    values = common | {"kind": slug, "connection_id": f"a_{slug}", "location": sample.location}
    return values | sample.fields | changes


def properties(slug: str) -> dict[str, Any]:
    """The same as the portal keeps it."""
    kind: Kind = kinds.get(slug)
    given = SAMPLES[slug].fields
    return {name: given[name] == "on" or given[name] for name in kind.property_fields} if given else {}
