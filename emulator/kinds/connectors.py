"""Connectors: `configuration`. AlloyDB, the newer Cloud SQL form, SAP Datasphere.

Connector ids from Google's documentation (`google-alloydb`, `saphana`) and its Terraform provider
(`google-cloudsql-*`). Connectors in preview have ids that no public source gives: add them to `CONNECTORS`.
"""

import re
from dataclasses import dataclass

from emulator import errors, services
from emulator.errors import JSON
from emulator.kinds.base import Kind, required

_HOST_PORT = re.compile(r"^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$")
_ALLOYDB = re.compile(
    r"^//alloydb\.googleapis\.com/projects/[^/]+/locations/[^/]+/clusters/[^/]+/instances/[^/]+$"
)
_CLOUD_SQL = re.compile(r"^//cloudsql\.googleapis\.com/projects/[^/]+/instances/[^/]+$")


@dataclass(frozen=True)
class Connector:
    """What a connector needs: an asset of a certain form, or an endpoint."""

    resource: re.Pattern[str] | None = None
    endpoint: bool = False


CONNECTORS = {
    "google-alloydb": Connector(resource=_ALLOYDB),
    "google-cloudsql-mysql": Connector(resource=_CLOUD_SQL),
    "google-cloudsql-postgres": Connector(resource=_CLOUD_SQL),
    "saphana": Connector(endpoint=True),
}


def _check_asset(block: JSON, pattern: re.Pattern[str]) -> None:
    asset = block.get("asset", {})
    required(asset, "database", "googleCloudResource", path="configuration.asset")
    if not pattern.match(asset["googleCloudResource"]):
        raise errors.invalid(
            f"Invalid Google Cloud resource name: {asset['googleCloudResource']}",
            field="configuration.asset.google_cloud_resource",
        )


def _check_endpoint(block: JSON) -> None:
    host_port = block.get("endpoint", {}).get("hostPort", "")
    match = _HOST_PORT.match(host_port)
    if match is None or not 0 < int(match.group(1)) < 65536:
        raise errors.invalid(
            "Endpoint must have the form 'hostname:port'.", field="configuration.endpoint.host_port"
        )


def _check_login(block: JSON) -> None:
    login = block.get("authentication", {}).get("usernamePassword")
    if login is not None:
        path = "configuration.authentication.username_password"
        required(login, "username", path=path)
        required(login.get("password", {}), "plaintext", path=f"{path}.password")


def _check(block: JSON, _location: str) -> None:
    required(block, "connectorId", path="configuration")
    connector = CONNECTORS.get(block["connectorId"])
    if connector is None:
        raise errors.invalid(
            f"Connector '{block['connectorId']}' is not supported.", field="configuration.connector_id"
        )
    if connector.resource is not None:
        _check_asset(block, connector.resource)
    if connector.endpoint:
        _check_endpoint(block)
    _check_login(block)


def _identity(number: str, _location: str) -> JSON:
    return {"authentication": {"serviceAccount": services.connection_agent(number)}}


KIND = Kind(
    name="configuration",
    check=_check,
    identity=_identity,
    username=("configuration", "authentication", "usernamePassword", "username"),
    password=("configuration", "authentication", "usernamePassword", "password", "plaintext"),
    uses_agent=True,
    immutable=(("configuration", "connectorId"),),
)
