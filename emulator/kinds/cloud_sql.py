"""Cloud SQL, PostgreSQL and MySQL: `cloudSql`."""

import re

from emulator import errors, services
from emulator.errors import JSON
from emulator.kinds.base import Kind, required

# project:location:instance; a project id may itself hold one colon (domain-scoped projects).
_INSTANCE = re.compile(r"^(?:[a-z0-9.-]+:)?[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+$")


def _check(block: JSON, _location: str) -> None:
    required(block, "instanceId", "database", path="cloud_sql")
    if block.get("type", "DATABASE_TYPE_UNSPECIFIED") == "DATABASE_TYPE_UNSPECIFIED":
        raise errors.invalid("Cloud SQL database type must be POSTGRES or MYSQL.", field="cloud_sql.type")
    if not _INSTANCE.match(block["instanceId"]):
        raise errors.invalid(
            "Cloud SQL instance id must have the form 'project:location:instance'.",
            field="cloud_sql.instance_id",
        )


def _identity(number: str, _location: str) -> JSON:
    return {"serviceAccountId": services.connection_agent(number)}


KIND = Kind(
    name="cloudSql",
    check=_check,
    identity=_identity,
    username=("cloudSql", "credential", "username"),
    password=("cloudSql", "credential", "password"),
    hides_username=True,
    uses_agent=True,
    immutable=(("cloudSql", "serviceAccountId"),),
)
