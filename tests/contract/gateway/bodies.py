"""Request bodies that the tests send."""

from __future__ import annotations

from typing import Any

PASSWORD = "orders-demo-password"
INSTANCE = (
    "//alloydb.googleapis.com/projects/acme-analytics/locations/us-central1/clusters/orders"
    "/instances/orders-primary"
)


def alloydb(password: str = PASSWORD, **more: Any) -> dict[str, Any]:
    """An AlloyDB connection as "Connect to AlloyDB" writes it."""
    return {
        "configuration": {
            "connectorId": "google-alloydb",
            "asset": {"database": "orders", "googleCloudResource": INSTANCE},
            "authentication": {
                "usernamePassword": {"username": "bq_reader", "password": {"plaintext": password}}
            },
        },
        **more,
    }
