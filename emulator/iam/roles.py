"""Which permissions a role contains, and where it may be granted."""

from emulator.iam.role_data import EVERYTHING, PREDEFINED
from emulator.model import World

_BASIC = frozenset({"roles/owner", "roles/editor", "roles/viewer", "roles/browser"})


def permissions_of(world: World, role: str) -> frozenset[str]:
    """The permissions in a predefined or custom role; none if there is no such role."""
    if role in PREDEFINED:
        return frozenset(PREDEFINED[role][1])
    custom = world.custom_roles.get(role)
    return frozenset(custom.permissions) if custom else frozenset()


def contains(world: World, role: str, permission: str) -> bool:
    """Whether `role` gives `permission`."""
    found = permissions_of(world, role)
    return permission in found or EVERYTHING in found


def exists(world: World, role: str) -> bool:
    """Whether Google knows the role."""
    return role in PREDEFINED or role in world.custom_roles


def grantable(world: World, role: str, prefix: str | None) -> bool:
    """Whether the role may be granted on a resource whose permissions start with `prefix`.

    Projects take every role (`prefix` None). Narrower resources take the roles that say something about them,
    and no basic role: Google's documentation, queryGrantableRoles.
    """
    if not exists(world, role):
        return False
    if prefix is None:
        return True
    return role not in _BASIC and any(p.startswith(prefix) for p in permissions_of(world, role))
