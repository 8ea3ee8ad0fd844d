"""The audit log entries that queries leave: BigQueryAuditMetadata, jobInsertion.

Google's documentation, "BigQuery audit logs overview" and BigQueryAuditMetadata: they belong to the data
access log of the project that the job runs in, which is always on for BigQuery. That a query that is refused
before it starts leaves none is the stand-in's own choice.
"""

from emulator.clock import rfc3339
from emulator.errors import JSON
from emulator.logs.alerts import KEPT
from emulator.queries.jobs import Job

DATA_ACCESS = "cloudaudit.googleapis.com%2Fdata_access"
_TYPE = "type.googleapis.com/google.cloud.audit"


def write(log: list[JSON], job: Job, sql: str) -> None:
    """Write down that a query was started; the oldest entries are forgotten."""
    name = f"projects/{job.project}/jobs/{job.job_id}"
    time = rfc3339(job.created)
    started: JSON = {
        "job": {
            "jobName": name,
            "jobConfig": {"type": "QUERY", "queryConfig": {"query": sql, "statementType": "SELECT"}},
            "jobStatus": {"jobState": "RUNNING"},
        },
        "reason": "QUERY_REQUEST",
    }
    log.append(
        {
            "logName": f"projects/{job.project}/logs/{DATA_ACCESS}",
            "resource": {
                "type": "bigquery_project",
                "labels": {"project_id": job.project, "location": job.reference()["location"]},
            },
            "severity": "INFO",
            "protoPayload": {
                "@type": f"{_TYPE}.AuditLog",
                "serviceName": "bigquery.googleapis.com",
                "methodName": "google.cloud.bigquery.v2.JobService.Query",
                "resourceName": name,
                "authenticationInfo": {"principalEmail": job.caller.partition(":")[2]},
                "metadata": {"@type": f"{_TYPE}.BigQueryAuditMetadata", "jobInsertion": started},
            },
            "timestamp": time,
            "receiveTimestamp": time,
            "insertId": job.job_id.removeprefix("job_"),
        }
    )
    del log[:-KEPT]
