"""Querying the database behind a connection.

Sources: "AlloyDB federated queries" (EXTERNAL_QUERY), the bq reference (bq query), the reference of
google-cloud-bigquery.
"""

from __future__ import annotations

from connections.equivalents import python, shell
from connections.equivalents.base import Equivalent, equivalent
from portal.gcp.queries import external_query_sql

_PROJECT_NOTE = (
    "Runs in the connection's project; with BigQuery Job User in another project, name that one instead."
)

_PYTHON = """\
from google.cloud import bigquery

client = bigquery.Client(project={project}, location={location})
sql = {sql}
for row in client.query_and_wait(sql):
    print(dict(row))
"""


def querying(path: str, sql: str) -> list[Equivalent]:
    """A federated query: the GoogleSQL, and the tools that run it.

    Args:
        path: `project.location.connection`.
        sql: the inner statement, in the database's own dialect.

    Raises:
        ValueError: not a connection's path, or no statement.
    """
    statement = external_query_sql(path, sql)
    project, location, _ = path.rsplit(".", 2)
    bq = shell.command(
        "bq query",
        shell.flag("project_id", project),
        shell.flag("location", location),
        "--use_legacy_sql=false",
        shell.reading(statement, delimiter="SQL") or shell.quote(statement),
    )
    text = _PYTHON.format(
        project=python.string(project), location=python.string(location), sql=python.lines(statement)
    )
    return [
        equivalent("sql", statement, "In the connection's location, as GoogleSQL."),
        equivalent("bq", bq, _PROJECT_NOTE),
        equivalent("python", text, f"Needs google-cloud-bigquery. {_PROJECT_NOTE}"),
    ]
