"""The instances that people log in to, whichever product they are of."""

from collections.abc import Iterator
from dataclasses import dataclass

from emulator.furniture import ALLOYDB as ALLOYDB_SERVICE
from emulator.furniture import CLOUD_SQL as CLOUD_SQL_SERVICE
from emulator.logins.products import ALLOYDB, CLOUD_SQL, Product
from emulator.logins.roles import GROUPS, Role
from emulator.model import JSON, Project, World


@dataclass(frozen=True)
class Instance:
    """`name` has the project's number; `owner` is what users and certificates belong to."""

    product: Product
    name: str
    project: Project
    body: JSON

    @property
    def owner(self) -> str:
        """The name of the cluster, or of the Cloud SQL instance itself."""
        return self.name.partition("/instances/")[0] if self.product is ALLOYDB else self.name

    @property
    def users(self) -> str:
        """What the full names of its users start with."""
        service = ALLOYDB_SERVICE if self.product is ALLOYDB else CLOUD_SQL_SERVICE
        return f"//{service}/{self.owner}/users/"

    def flag(self) -> bool:
        """Whether IAM authentication is on."""
        if self.product is ALLOYDB:
            flags = self.body.get("databaseFlags", {})
        else:
            flags = {item["name"]: item["value"] for item in self.body["settings"].get("databaseFlags", [])}
        return bool(flags.get(self.product.flag) == "on")

    def user_type(self, world: World, user: str) -> str | None:
        """The type of a database user, or None if there is no such user."""
        found = world.resources.get(self.users + user)
        return found.body.get("userType") or found.body.get("type") if found else None


def find(world: World, name: str) -> Instance | None:
    """The instance of that name (with the project's number)."""
    project = world.projects.get(name.split("/")[1])
    alloydb = world.instances.get(name)
    found = alloydb or world.resources.get(f"//{CLOUD_SQL_SERVICE}/{name}")
    if found is None or project is None:
        return None
    return Instance(ALLOYDB if alloydb else CLOUD_SQL, name, project, found.body)


def _roles_of(world: World, instance: Instance) -> Iterator[Role]:
    for key in world.resources:
        if key.startswith(instance.users):
            user = key.removeprefix(instance.users)
            group = GROUPS.get(instance.user_type(world, user) or "")
            if group:
                yield user, group


def roles(world: World, names: list[str]) -> set[Role]:
    """The PostgreSQL roles that the IAM users of these instances are."""
    found = (find(world, name) for name in names)
    return {role for instance in found if instance for role in _roles_of(world, instance)}
