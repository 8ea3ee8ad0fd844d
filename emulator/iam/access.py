"""What a member may do: the policies of a resource and of its project, really evaluated."""

from collections.abc import Iterable

from emulator.iam import conditions, members, roles
from emulator.model import World


def lineage(resource: str) -> list[str]:
    """The resource and what stands above it, up to the project. Permissions are inherited downwards."""
    project = "/".join(resource.split("/")[:2])
    parents = [resource]
    if "/cryptoKeys/" in resource:
        parents.append(resource.split("/cryptoKeys/", maxsplit=1)[0])
    return parents if resource == project else [*parents, project]


def allowed(world: World, member: str, permission: str, resource: str, moment: float) -> bool:
    """Whether `member` has `permission` on `resource` (a name with the project's number) at `moment`."""
    return any(
        roles.contains(world, binding.role, permission)
        and conditions.granting(binding.condition, moment)
        and any(members.covers(world, holder, member) for holder in binding.members)
        for name in lineage(resource)
        for binding in world.policy(name).bindings
    )


def subset(world: World, member: str, permissions: Iterable[str], resource: str, moment: float) -> list[str]:
    """Those of `permissions` that `member` has, in the order asked."""
    return [p for p in permissions if allowed(world, member, p, resource, moment)]
