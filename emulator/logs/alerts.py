"""The entries that refused logins leave, newest last.

Google's documentation, "Connect using an IAM account" (AlloyDB): resource type AlloyDB instance, severity
Alert. The labels are those of the monitored resource types; the log's name is unverified.
"""

import secrets

from emulator.clock import rfc3339
from emulator.errors import JSON
from emulator.logins.instances import Instance
from emulator.logins.products import ALLOYDB

KEPT = 5000


def _resource(instance: Instance) -> JSON:
    parts = instance.name.split("/")
    if instance.product is ALLOYDB:
        labels = {
            "resource_container": f"projects/{instance.project.number}",
            "location": parts[3],
            "cluster_id": parts[5],
            "instance_id": parts[7],
        }
        return {"type": "alloydb.googleapis.com/Instance", "labels": labels}
    labels = {
        "project_id": instance.project.project_id,
        "region": instance.body["region"],
        "database_id": f"{instance.project.project_id}:{parts[3]}",
    }
    return {"type": "cloudsql_database", "labels": labels}


def write(log: list[JSON], instance: Instance, sentence: str, moment: float) -> None:
    """Write an alert down; the oldest are forgotten."""
    service = "alloydb" if instance.product is ALLOYDB else "cloudsql"
    time = rfc3339(moment)
    log.append(
        {
            "logName": f"projects/{instance.project.project_id}/logs/{service}.googleapis.com%2Fpostgres.log",
            "resource": _resource(instance),
            "severity": "ALERT",
            "textPayload": sentence,
            "timestamp": time,
            "receiveTimestamp": time,
            "insertId": f"s={secrets.token_hex(16)}",
        }
    )
    del log[:-KEPT]
