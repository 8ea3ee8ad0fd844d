"""The "External data source" dialog as tests fill it in."""

from __future__ import annotations

from typing import Any

from django.test import Client

from access.models import CONNECTION_USER
from tests.support.factories import INSTANCE, PROJECT
from tests.support.pages import INTO_DIALOG

URL = "/add-data/alloydb/"
CANARY = "s3cret-canary-#&<7"
GOOD: dict[str, Any] = {
    "project": PROJECT,
    "kind": "alloydb",
    "connection_id": "bq_alloydb_connection",
    "location": "us-central1",
    "friendly_name": "My connection resource",
    "description": "Orders, read only",
    "encryption": "google",
    "kms_key_name": "",
    "database": "orders",
    "username": "bq_reader",
    "password": CANARY,
    "instance": INSTANCE,
    "owners": "",
    "grant_service_agent": "on",
    "test_query": "on",
    "principals": "",
    "role": CONNECTION_USER,
}


def submit(client: Client, *, into_dialog: bool = True, **changes: Any) -> Any:
    """Press Create connection with everything right but `changes`; None leaves a field out."""
    data = {name: value for name, value in (GOOD | changes).items() if value is not None}
    headers = INTO_DIALOG if into_dialog else {}
    return client.post(URL, data, headers=headers)
