"""Which log entries tell of refused logins, and Logs Explorer with the query ready. Pure.

Source: "Connect using an IAM account" (AlloyDB, troubleshooting: resource type AlloyDB instance, severity
Alert). Cloud SQL's documentation gives no such query; its entries tell the instance by database_id.
Unverified: their severity, so that here anything from error up counts that speaks of authentication.
"""

from __future__ import annotations

import json
from urllib.parse import quote

from connections.logins.models import DatabaseInstance
from connections.logins.products import Product

EXPLORER = "https://console.cloud.google.com/logs/query"


def refused_logins(instance: DatabaseInstance) -> str:
    """The entries of refused logins at the instance, in the Logging query language."""
    if instance.kind is Product.ALLOYDB:
        lines = [
            'resource.type="alloydb.googleapis.com/Instance"',
            f"resource.labels.location={json.dumps(instance.location)}",
            f"resource.labels.cluster_id={json.dumps(instance.cluster)}",
            f"resource.labels.instance_id={json.dumps(instance.instance_id)}",
            "severity>=ALERT",
        ]
    else:
        database = f"{instance.project.project_id}:{instance.instance_id}"
        lines = [
            'resource.type="cloudsql_database"',
            f"resource.labels.database_id={json.dumps(database)}",
            "severity>=ERROR",
            'textPayload:"authentication"',
        ]
    return "\n".join(lines)


def explorer(instance: DatabaseInstance) -> str:
    """Logs Explorer's address with this query, for the last day."""
    query = quote(refused_logins(instance), safe="")
    return f"{EXPLORER};query={query};duration=P1D?project={quote(instance.project.project_id, safe='')}"
