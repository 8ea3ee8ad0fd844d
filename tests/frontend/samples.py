"""Sample data for the gallery: long names, every status, every kind of principal."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from portal.templatetags.console import STATUS_ICONS

LONG = "orders_reporting_connection_with_a_name_that_goes_on_and_on"
AGENT = "service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
COMMANDS = {
    "bq": f"bq mk --connection --location=us-central1 --project_id=acme-analytics --connection_type=X {LONG}",
    "gcloud": "gcloud projects add-iam-policy-binding acme-analytics \\\n    --role=roles/alloydb.client",
    "REST": "POST /v1/projects/acme-analytics/locations/us-central1/connections?connectionId=orders",
    "Terraform": 'resource "google_bigquery_connection" "orders" {\n}',
    "Python": "from google.cloud import bigquery_connection_v1",
}
MEMBERS = (
    "user:ana@example.com",
    "group:analysts@example.com",
    f"serviceAccount:{AGENT}",
    "domain:example.com",
    "allAuthenticatedUsers",
    "deleted:user:gone@example.com?uid=123",
)


def samples() -> dict[str, Any]:
    """The gallery's context."""
    now = timezone.now()
    return {
        "rows": connections(now),
        "steps": steps(now),
        "statuses": list(STATUS_ICONS),
        "members": MEMBERS,
        "full": f"projects/acme-analytics/locations/us-central1/connections/{LONG}",
        "agent": AGENT,
        "soon": now + timedelta(days=3),
        "before": policy("group:analysts@example.com"),
        "after": policy("group:analysts@example.com", "user:ana@example.com"),
        "commands": [SimpleNamespace(name=name, code=code) for name, code in COMMANDS.items()],
    }


def policy(*members: str) -> str:
    """An IAM policy with one binding."""
    binding = {"role": "roles/bigquery.connectionUser", "members": members}
    return json.dumps({"version": 3, "etag": "BwXhqDwKlHg=", "bindings": [binding]}, indent=2)


def connections(now: datetime) -> list[SimpleNamespace]:
    """Rows of a table."""
    named = (("orders", "active"), (LONG, "creating"), ("billing_eu", "failed"), ("crm", "unknown"))
    return [
        SimpleNamespace(
            name=name,
            kind="AlloyDB",
            status=status,
            location="us-central1",
            owner=f"user:owner{i}@example.com",
            changed=now - timedelta(hours=7 * i),
        )
        for i, (name, status) in enumerate(named)
    ]


def steps(now: datetime) -> list[SimpleNamespace]:
    """An operation with a step in each state."""

    def step(title: str, state: str, **more: Any) -> SimpleNamespace:
        usual = {"attempts": 1, "message": "", "remedy": "", "started_at": now - timedelta(seconds=74)}
        return SimpleNamespace(
            title=title, state=state, **{"ended_at": now - timedelta(seconds=71), **usual, **more}
        )

    return [
        step("Create the connection", "succeeded"),
        step("Wait for the service agent", "succeeded", attempts=3, message="It appeared after 12 s."),
        step(
            "Grant AlloyDB Client to the service agent",
            "failed",
            attempts=2,
            message="Google refused: the caller does not have permission on the project acme-analytics.",
            remedy="Give the portal's service account the role Project IAM Admin, then try again.",
        ),
        step("Test with a query", "running", ended_at=None),
        step("Share", "waiting", message="Waits until the query has passed."),
        step("Tell the owner", "pending", started_at=None),
    ]
