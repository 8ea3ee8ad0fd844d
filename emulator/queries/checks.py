"""Everything that can refuse a federated query before the database is asked.

The messages are those that Google's documentation and its users quote. Unverified, and kept here: the one
for a region that does not fit, the one for a connection without a credential, and that a query in another
location than the connection's does not find it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator import errors, locations, names, services
from emulator.calling import Call
from emulator.connections import keys, lookup
from emulator.errors import ApiError
from emulator.furniture import CLOUD_SQL
from emulator.iam import access
from emulator.model import Connection, Project
from emulator.queries import target
from emulator.queries.parser import Statement
from emulator.queries.postgres import CLOSED, Login
from emulator.queries.target import Target

USE = "bigquery.connections.use"
_MYSQL_LOST = (
    "Failed to connect to MySQL database. Error: MysqlErrorCode(2013): Lost connection to MySQL server "
    "during query."
)


@dataclass(frozen=True)
class Refusal:
    """How messages about one EXTERNAL_QUERY end: with its place in the statement."""

    at: str

    def __call__(self, message: str) -> ApiError:
        """400 invalidQuery."""
        text = f"Invalid table-valued function EXTERNAL_QUERY\n{message} at {self.at}"
        return ApiError(400, text, reason="invalidQuery")


def connection_name(call: Call, project: Project, given: str, at: str) -> str:
    """The full name behind `project.location.connection`, `location.connection` or a resource name."""
    parts = given.split("/")[1::2] if given.startswith("projects/") else given.rsplit(".", 2)
    if len(parts) == 2:
        parts = [project.project_id, *parts]
    if len(parts) != 3 or not all(parts):
        raise Refusal(at)(f"Invalid connection ID: {given}")
    name = f"projects/{parts[0]}/locations/{parts[1].lower()}/connections/{parts[2]}"
    return names.canonical(call.world, name)


def find_connection(call: Call, name: str, shown: str, location: str) -> Connection:
    """The connection, if it is where the job runs and the caller may use it."""
    connection = call.world.connections.get(name)
    owner = call.world.project(name.split("/")[1])
    if owner is not None:
        services.require(owner, "bigqueryconnection.googleapis.com", call.moment)
    if connection is None or names.location_of(name) != location:
        raise errors.not_found(f"Not found: Connection {shown}")
    if not call.may(USE, name):
        raise lookup.access_denied(name, USE)
    return connection


def _lost(found: Target) -> str:
    return _MYSQL_LOST if found.dialect == "MySQL" else CLOSED


def _check_region(connection: Connection, found: Target, refuse: Refusal) -> None:
    location = names.location_of(connection.name)
    if found.region and not locations.reaches(location, found.region):
        raise refuse(
            f"The instance in region {found.region} cannot be queried from location {location}. Instance and "
            "connection must be in the same region, or the connection in a multi-region that contains it."
        )


def _check_agent(call: Call, connection: Connection, found: Target, refuse: Refusal) -> None:
    number = connection.name.split("/")[1]
    email = services.connection_agent(number)
    account = call.world.accounts.get(email)
    exists = account is not None and account.exists_from <= call.moment
    member = f"serviceAccount:{email}"
    if not exists or not access.allowed(call.world, member, found.permission, found.project, call.moment):
        raise refuse(_lost(found))


def check_key(call: Call, connection: Connection) -> None:
    """Raise ApiError when BigQuery may not use the connection's key."""
    key = connection.body.get("kmsKeyName")
    number = connection.name.split("/")[1]
    refused = keys.refusal(call.world, key, number, call.moment) if key else None
    if refused is not None:
        raise refused


def _really_there(call: Call, found: Target) -> bool:
    """Whether a Cloud SQL instance is of the engine and in the region that the connection says."""
    instance = call.world.resources.get(f"//{CLOUD_SQL}/{found.resource}")
    if instance is None:
        return found.dialect == "PostgreSQL"
    engine = "MYSQL" if found.dialect == "MySQL" else "POSTGRES"
    same = found.region in ("", instance.body["region"])
    return same and str(instance.body["databaseVersion"]).startswith(engine)


def credential(connection: Connection, refuse: Refusal) -> Mapping[str, str]:
    """User and password. Raises ApiError when there are none."""
    if connection.credential is None:
        raise refuse(f"Connection {lookup.dotted(connection.name)} has no credential.")
    return connection.credential


def admitted(call: Call, connection: Connection, refuse: Refusal) -> tuple[Target, Mapping[str, str]]:
    """The instance as far as BigQuery gets, and the credential. Raises ApiError for what is in the way."""
    found = target.of(call.world, connection)
    if found is None:
        raise refuse(f"Connections of type {connection.kind} cannot be queried here.")
    _check_region(connection, found, refuse)
    check_key(call, connection)
    given = credential(connection, refuse)
    _check_agent(call, connection, found, refuse)
    if not _really_there(call, found):
        raise refuse(_lost(found))
    return found, given


def login(call: Call, connection: Connection, statement: Statement) -> Login:
    """Where the statement is to run and as whom. Raises ApiError for the first thing that is in the way."""
    refuse = Refusal(statement.at)
    found, given = admitted(call, connection, refuse)
    backend = call.runtime.backends.get(found.resource)
    if backend is None:
        raise refuse(_lost(found))
    return Login(backend, found.database, given["username"], given["password"])
