"""What BigQuery's messages about a federated query mean, and what to do. Pure.

Sources: "Introduction to federated queries", "Connect to AlloyDB", "Connect to Cloud SQL" and "Troubleshoot
federated queries" (BigQuery documentation), and messages as people quote them in public issue trackers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A recognised message: a stable code, its cause, and what a person can do about it."""

    code: str
    cause: str
    fix: str


@dataclass(frozen=True, slots=True)
class _Rule:
    code: str
    pattern: re.Pattern[str]
    cause: str
    fix: str


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE | re.DOTALL)


# The first that fits wins: the particular before the general.
_RULES = (
    _Rule(
        "api-off",
        _words(r"API has not been used in project", r"SERVICE_DISABLED"),
        "An API is switched off in the project that the message names.",
        "Open the message's link and enable the API there, or run gcloud services enable with the API's name"
        " and --project; it takes some minutes to act.",
    ),
    _Rule(
        "kms-denied",
        _words(r"Cloud KMS Error", r"cloudkms\.cryptoKeyVersions\.useTo(?:En|De)crypt"),
        "BigQuery may not use the customer-managed key of this connection.",
        "Grant roles/cloudkms.cryptoKeyEncrypterDecrypter on the key to BigQuery's encryption agent,"
        " bq-PROJECT_NUMBER@bigquery-encryption.iam.gserviceaccount.com. It is not the connection's own"
        " service agent.",
    ),
    _Rule(
        "connection-use-denied",
        _words(r"bigquery\.connections\.(?:use|delegate)\b"),
        "Whoever runs the query may not use this connection.",
        "Grant BigQuery Connection User (roles/bigquery.connectionUser) on the connection.",
    ),
    _Rule(
        "jobs-create-denied",
        _words(r"bigquery\.jobs\.create\b"),
        "Whoever runs the query may not run BigQuery jobs in this project.",
        "Grant BigQuery Job User (roles/bigquery.jobUser) on the project in which the query runs.",
    ),
    _Rule(
        "connection-not-found",
        _words(r"Not found:\s*Connection\b"),
        "There is no such connection in this place.",
        "Compare project, location and connection ID with the connection's page, and run the query in"
        " the connection's own location.",
    ),
    _Rule(
        "spanner-denied",
        _words(r"spanner\.databases\.\w+"),
        "Whoever runs the query may not read this Spanner database: a Spanner connection has no rights of its"
        " own.",
        "Grant Cloud Spanner Database Reader (roles/spanner.databaseReader) on the database to whoever runs"
        " the query; with Data Boost, Cloud Spanner Database Reader with DataBoost.",
    ),
    _Rule(
        "iam-login-failed",
        _words(r"Cloud SQL IAM (?:user|service account) authentication failed"),
        "The database refused the IAM login: the identity is not the database user, or may not log in.",
        "Check that the database user was made for this very identity, and that it has Cloud SQL Instance"
        " User (roles/cloudsql.instanceUser).",
    ),
    _Rule(
        "wrong-password",
        _words(r"password authentication failed", r"MysqlErrorCode\(1045\)", r"Access denied for user '"),
        "The database refused the username or the password.",
        "The password was typed wrong, or it has been changed since: edit the connection and enter the"
        " username and the password again.",
    ),
    _Rule(
        "mysql-plugin",
        _words(r"MysqlErrorCode\(2059\)", r"Authentication plugin '?\w+'? cannot be loaded"),
        "BigQuery does not speak the authentication plugin of this MySQL user.",
        "Up to MySQL 8.0, let the user log in with mysql_native_password (ALTER USER ... IDENTIFIED WITH"
        " mysql_native_password BY ...). For MySQL 8.4 there is no remedy.",
    ),
    _Rule(
        "table-denied",
        _words(r"permission denied for (?:table|relation|view|schema|sequence|database|function)"),
        "The connection works, but its database user may not read this object.",
        "In the database, GRANT SELECT on the table (and USAGE on its schema) to the connection's user.",
    ),
    _Rule(
        "database-missing",
        _words(r"database \\?\"[^\"]+\\?\" does not exist", r"Unknown database '"),
        "The instance has no database of the name given in the connection.",
        "Edit the connection and correct the database name; names are case-sensitive.",
    ),
    _Rule(
        "mysql-unreachable",
        _words(r"MysqlErrorCode\(20(?:02|03|05|06|13)\)", r"Lost connection to MySQL server"),
        "BigQuery could not reach the MySQL server with the connection's service agent.",
        "Grant the service agent Cloud SQL Client (roles/cloudsql.client) and wait a few minutes. If it has"
        " the role, check username and password, and that BigQuery has a network path to the instance.",
    ),
    _Rule(
        "postgres-unreachable",
        _words(
            r"server closed the connection unexpectedly",
            r"Connect to PostgreSQL server failed",
            r"could not connect to server",
            r"Failed to connect to PostgreSQL database",
        ),
        "BigQuery could not reach the PostgreSQL server with the connection's service agent.",
        "Grant the service agent AlloyDB Client (roles/alloydb.client), or Cloud SQL Client"
        " (roles/cloudsql.client) for Cloud SQL, and wait a few minutes. If it has the role, check username"
        " and password, and that the instance has a network path that BigQuery can use.",
    ),
)


def diagnose(message: str) -> Diagnosis | None:
    """Recognise a message of BigQuery or of the database behind a connection.

    Args:
        message: as it came; case, line breaks and words around it do not matter.

    Returns:
        What it means, or None for a message that is not known.
    """
    plain = " ".join(message.split())
    for rule in _RULES:
        if rule.pattern.search(plain):
            return Diagnosis(rule.code, rule.cause, rule.fix)
    return None
