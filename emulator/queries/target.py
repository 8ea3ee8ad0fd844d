"""What a connection leads to: which database, where, and the permission that its agent needs."""

import re
from dataclasses import dataclass

from emulator import names
from emulator.errors import JSON
from emulator.model import Connection, World

_ALLOYDB = re.compile(r"^//alloydb\.googleapis\.com/(projects/[^/]+/locations/([^/]+)/.+)$")
_CLOUD_SQL = re.compile(r"^//cloudsql\.googleapis\.com/(projects/[^/]+/instances/[^/]+)$")


@dataclass(frozen=True)
class Target:
    """`region` is empty when the resource's name does not tell; `resource` has the project's number."""

    dialect: str
    resource: str
    region: str
    database: str
    permission: str

    @property
    def project(self) -> str:
        """The project of the instance, whose policy counts for the agent."""
        return "/".join(self.resource.split("/")[:2])


def _of_cloud_sql(world: World, block: JSON) -> Target:
    project, region, instance = block["instanceId"].rsplit(":", 2)
    resource = names.canonical(world, f"projects/{project}/instances/{instance}")
    dialect = "MySQL" if block["type"] == "MYSQL" else "PostgreSQL"
    return Target(dialect, resource, region, block["database"], "cloudsql.instances.connect")


def _of_configuration(world: World, block: JSON) -> Target | None:
    asset = block.get("asset", {})
    resource, database = asset.get("googleCloudResource", ""), asset.get("database", "")
    match = _ALLOYDB.match(resource)
    if match:
        name = names.canonical(world, match.group(1))
        return Target("PostgreSQL", name, match.group(2), database, "alloydb.instances.connect")
    match = _CLOUD_SQL.match(resource)
    if match:
        name = names.canonical(world, match.group(1))
        dialect = "MySQL" if block["connectorId"].endswith("mysql") else "PostgreSQL"
        return Target(dialect, name, "", database, "cloudsql.instances.connect")
    return None


def of(world: World, connection: Connection) -> Target | None:
    """The database behind a connection; None for kinds that the stand-in cannot query."""
    if connection.kind == "cloudSql":
        return _of_cloud_sql(world, connection.body["cloudSql"])
    if connection.kind == "configuration":
        return _of_configuration(world, connection.body["configuration"])
    return None
