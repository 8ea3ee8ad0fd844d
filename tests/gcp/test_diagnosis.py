"""The messages that people meet are recognised, and others are not."""

from __future__ import annotations

import pytest

from portal.gcp.diagnosis import diagnose

MET = {
    "postgres-unreachable": [
        "Invalid table-valued function EXTERNAL_QUERY\nConnect to PostgreSQL server failed: server closed the"
        " connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while"
        " processing the request. at [1:15]",
        "INVALID TABLE-VALUED FUNCTION external_query connect to postgresql server failed: timeout",
    ],
    "wrong-password": [
        "Invalid table-valued function EXTERNAL_QUERY\nFailed to connect to PostgreSQL database. Error:"
        ' FATAL:  password authentication failed for user "bq_reader" at [1:15]',
        "Invalid table-valued function EXTERNAL_QUERY Failed to connect to MySQL database. Error:"
        " MysqlErrorCode(1045): Access denied for user 'bq'@'10.1.2.3' (using password: YES)",
    ],
    "mysql-unreachable": [
        "Invalid table-valued function EXTERNAL_QUERY Failed to connect to MySQL database. Error:"
        " MysqlErrorCode(2013): Lost connection to MySQL server during query.",
    ],
    "mysql-plugin": [
        "Invalid table-valued function EXTERNAL_QUERY Failed to connect to MySQL database. Error:"
        " MysqlErrorCode(2059): Authentication plugin 'caching_sha2_password' cannot be loaded: no such file",
    ],
    "connection-use-denied": [
        "Access Denied: Connection acme.us.orders: User does not have bigquery.connections.use permission for"
        " connection acme.us.orders.",
    ],
    "api-off": [
        "BigQuery Connection API has not been used in project 528461093377 before or it is disabled. Enable"
        " it by visiting https://console.developers.google.com/apis/api/bigquery.googleapis.com/overview"
    ],
    "jobs-create-denied": [
        "Access Denied: Project acme: User does not have bigquery.jobs.create permission in project acme.",
    ],
    "connection-not-found": ["Not found: Connection projects/528461093377/locations/us/connections/orders"],
    "kms-denied": [
        "Cloud KMS Error: Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource"
        " 'projects/p/locations/us/keyRings/r/cryptoKeys/k' (or it may not exist).",
    ],
    "table-denied": [
        "Failed to fetch row from PostgreSQL server. Error: ERROR:  permission denied for table payments",
        "Error while reading data: permission denied for relation payments",
        "ERROR: permission denied for schema sales",
    ],
    "database-missing": [
        'Failed to connect to PostgreSQL database. Error: FATAL:  database "oders" does not exist',
    ],
    "iam-login-failed": ['FATAL: Cloud SQL IAM service account authentication failed for user "etl@p.iam"'],
}


@pytest.mark.parametrize(
    ("code", "message"), [(code, message) for code, messages in MET.items() for message in messages]
)
def test_a_known_message_is_explained(code: str, message: str) -> None:
    """Each says what is wrong and what to do, in sentences."""
    found = diagnose(message)
    assert found is not None
    assert found.code == code
    assert found.cause.endswith(".")
    assert found.fix.endswith(".")


@pytest.mark.parametrize("message", ["", "Syntax error: Unexpected end of script at [1:9]", "Backend error"])
def test_an_unknown_message_is_not_guessed_at(message: str) -> None:
    """No explanation is better than a wrong one."""
    assert diagnose(message) is None
