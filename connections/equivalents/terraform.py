"""google_bigquery_connection: what the Terraform provider can say of a connection.

Source: mmv1/products/bigqueryconnection/Connection.yaml in GoogleCloudPlatform/magic-modules, from which
the provider hashicorp/google is made. `configuration` came with its pull request 17083; version 7.31 has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connections.equivalents import hcl
from connections.equivalents.base import ConnectionSpec, snake_names

CONFIGURATION_SINCE = "7.31"

# The arguments by the API's names; None is a value, a mapping is a block. What only Google sets is not here.
_BLOCKS: Mapping[str, Any] = {
    "cloudSql": {
        "instanceId": None,
        "database": None,
        "type": None,
        "credential": {"username": None, "password": None},
    },
    "cloudSpanner": {
        "database": None,
        "useParallelism": None,
        "maxParallelism": None,
        "useDataBoost": None,
        "databaseRole": None,
    },
    "cloudResource": {},
    "spark": {
        "metastoreServiceConfig": {"metastoreService": None},
        "sparkHistoryServerConfig": {"dataprocCluster": None},
    },
    "aws": {"accessRole": {"iamRoleId": None}},
    "azure": {"customerTenantId": None, "federatedApplicationClientId": None},
    "configuration": {
        "connectorId": None,
        "asset": {"database": None, "googleCloudResource": None},
        "endpoint": {"hostPort": None},
        "authentication": {"usernamePassword": {"username": None, "password": {"plaintext": None}}},
        "network": {"privateServiceConnect": {"networkAttachment": None}},
    },
}


def unknown_fields(body: Mapping[str, Any]) -> list[str]:
    """The fields of a connection's body that the resource has no argument for, as dotted paths."""
    return list(_unknown(body, _BLOCKS, ""))


def connection(spec: ConnectionSpec) -> str:
    """The resource block of a connection."""
    properties = dict(snake_names(spec.properties))
    if spec.kind == "configuration":
        # The provider requires the block, also of connectors that have nothing to say in it.
        properties.setdefault("asset", {})
    common = {
        "project": spec.project,
        "connection_id": spec.connection_id,
        "location": spec.location,
        "friendly_name": spec.friendly_name,
        "description": spec.description,
        "kms_key_name": spec.kms_key_name,
    }
    content = {name: value for name, value in common.items() if value}
    kind = next(iter(snake_names({spec.kind: None})))
    return hcl.resource(
        "google_bigquery_connection", hcl.identifier(spec.connection_id), content | {kind: properties}
    )


def _unknown(value: Any, known: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        place = f"{path}.{name}" if path else name
        if not isinstance(known, Mapping) or name not in known:
            yield place
        else:
            yield from _unknown(inner, known[name], place)
