"""Connections of every kind, plain ones that the emulator takes and hostile ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from connections.equivalents import PASSWORD_PLACEHOLDER, ConnectionSpec
from connections.kinds import alloydb

PROJECT = "acme-analytics"
INSTANCE = (
    alloydb.PREFIX + f"projects/{PROJECT}/locations/us-central1/clusters/orders/instances/orders-primary"
)
ALLOYDB = alloydb.KIND.body(
    {"database": "orders", "username": "bq_reader", "instance": INSTANCE}, PASSWORD_PLACEHOLDER
)
LOGIN = {"username": "bq_reader", "password": PASSWORD_PLACEHOLDER}
SAP_LOGIN = {"username": "SPACE#BQ", "password": {"plaintext": PASSWORD_PLACEHOLDER}}

# Location and body of one connection of each kind.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "alloydb": ("us-central1", ALLOYDB),
    "cloud_sql": (
        "us-central1",
        {
            "cloudSql": {
                "instanceId": f"{PROJECT}:us-central1:shop",
                "database": "shop",
                "type": "MYSQL",
                "credential": LOGIN,
            }
        },
    ),
    "spanner": (
        "us-central1",
        {
            "cloudSpanner": {
                "database": f"projects/{PROJECT}/instances/i/databases/d",
                "useParallelism": True,
                "useDataBoost": True,
                "maxParallelism": 7,
                "databaseRole": "reader",
            }
        },
    ),
    "cloud_resource": ("us", {"cloudResource": {}}),
    "spark": ("us", {"spark": {}}),
    "spark_with_metastore": (
        "us-central1",
        {
            "spark": {
                "metastoreServiceConfig": {
                    "metastoreService": f"projects/{PROJECT}/locations/us-central1/services/hive"
                },
                "sparkHistoryServerConfig": {
                    "dataprocCluster": f"projects/{PROJECT}/regions/us-central1/clusters/history"
                },
            }
        },
    ),
    "aws": (
        "aws-us-east-1",
        {"aws": {"accessRole": {"iamRoleId": "arn:aws:iam::999999999999:role/omni"}}},
    ),
    "azure": (
        "azure-eastus2",
        {
            "azure": {
                "customerTenantId": "11111111-2222-3333-4444-555555555555",
                "federatedApplicationClientId": "b43eeeee-eeee-eeee-eeee-a480155501ce",
            }
        },
    ),
    "sap_datasphere": (
        "europe-west1",
        {
            "configuration": {
                "connectorId": "saphana",
                "endpoint": {"hostPort": "datasphere.example.com:443"},
                "authentication": {"usernamePassword": SAP_LOGIN},
                "network": {
                    "privateServiceConnect": {
                        "networkAttachment": f"projects/{PROJECT}/regions/europe-west1/networkAttachments/sap"
                    }
                },
            }
        },
    ),
}


def with_password(value: Any, password: str) -> Any:
    """A body as Google gets it."""
    if value is PASSWORD_PLACEHOLDER:
        return password
    if isinstance(value, dict):
        return {key: with_password(inner, password) for key, inner in value.items()}
    return value


NASTY = (
    *(
        "'",
        '"',
        "\\",
        "\n",
        "\t",
        "\r\n",
        "\x1b[201~",
        "\x7f",
        "\u202e",
        "\u2028",
        "\u00a0",
        "é",
        "日本",
        "🙂",
    ),
    *("$HOME", "${x}", "$${x}", "$$${x}", "%{if a}", "%%{", "$(reboot)", "`reboot`", "!!", "!x", "#", ";"),
    *(
        "&&",
        "|",
        "*",
        "~",
        "--",
        "-x",
        "@/etc/passwd",
        "%s",
        "{{",
        "}}",
        "\\(1)",
        "\\u0041",
        "\\n",
        "PASSWORD",
    ),
    *("SQL", "'''", '"""', "EOF", " ", ""),
)
_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
hostile = st.lists(st.one_of(st.sampled_from(NASTY), st.text(_characters, max_size=8)), max_size=5).map(
    "".join
)
typed_passwords = hostile.map(lambda text: "".join(c for c in text if c not in "\r\n")).filter(bool)
ids = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,30}", fullmatch=True)
projects = st.one_of(
    st.from_regex(r"[a-z][a-z0-9-]{4,20}[a-z0-9]", fullmatch=True), st.just("example.com:acme")
)
locations = st.sampled_from(["us", "EU", "us-central1", "europe-west1"])


def _filled(template: Any, draw: Any) -> Any:
    """The template with hostile text for every text in it."""
    if template is PASSWORD_PLACEHOLDER or isinstance(template, bool | int):
        return template
    if isinstance(template, dict):
        return {key: _filled(inner, draw) for key, inner in template.items()}
    return draw(hostile)


@st.composite
def specs(draw: Any) -> ConnectionSpec:
    """A connection of any kind, with hostile text wherever there is text."""
    _, template = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    return ConnectionSpec(
        project=draw(projects),
        location=draw(locations),
        connection_id=draw(ids),
        body=_filled(template, draw),
        friendly_name=draw(hostile),
        description=draw(hostile),
        kms_key_name=draw(hostile),
    )


members = st.one_of(
    st.sampled_from(
        ["user:analyst@example.com", "group:analysts@example.com", "user:o'brien+$x@example.com", "allUsers"]
    ),
    hostile.map(lambda text: "user:" + text),
)
roles = st.sampled_from(
    ["roles/bigquery.connectionUser", "roles/bigquery.connectionAdmin", "projects/p/roles/it_s"]
)
bindings = st.lists(st.tuples(members, roles), max_size=3, unique=True)
