"""Who can log in to an instance and who lacks what, from what a worker last saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from access.models import DATABASE_LOGIN, Grant
from connections.logins import sql
from connections.logins.names import NoSuchUserError, login_of
from connections.logins.products import Product
from connections.logins.roles import RoleFor, needed
from connections.models import DatabaseInstance, DatabaseUser

FLAG, USER = "flag", "user"
Presence = Grant.Presence


@dataclass
class Standing:
    """One principal at one instance. `user` is its database user as last seen, `grant` the portal's claim."""

    principal: str
    name: str
    product: Product
    user: DatabaseUser | None = None
    grant: Grant | None = None
    held: frozenset[str] = frozenset()
    roles: tuple[RoleFor, ...] = ()
    flag_on: bool = False
    looked: bool = False
    problem: str = ""
    more: list[Grant] = field(default_factory=list)

    @property
    def has_user(self) -> bool:
        """Whether the database user was there."""
        return self.user is not None and self.user.observed == DatabaseUser.Presence.PRESENT

    @property
    def missing_roles(self) -> list[RoleFor]:
        """The roles that it does not hold itself."""
        return [item for item in self.roles if item.role not in self.held]

    @property
    def lacks(self) -> list[str]:
        """What a login lacks: "flag", "user", and names of roles."""
        if not self.looked:
            return []
        found = [] if self.flag_on else [FLAG]
        found += [] if self.has_user else [USER]
        return found + [item.role for item in self.missing_roles]

    @property
    def can_be_restored(self) -> bool:
        """Whether the portal can bring back what the login lacks: anything but the instance's flag."""
        lacks = self.lacks and self.flag_on
        return bool(lacks and self.grant and self.grant.status == "active")

    @property
    def take_back(self) -> str:
        """The SQL that frees the database user, so that it can be dropped."""
        return sql.take_back(self.product, self.name) if self.name else ""

    @property
    def left_behind(self) -> bool:
        """Whether the portal made the user and nothing asks for it any more."""
        return bool(self.has_user and self.user and self.user.intended_at and self.grant is None)


def logins(instance: DatabaseInstance) -> list[Grant]:
    """The claims on logging in that hold, or whose end Google was not seen to follow."""
    over = {"desired": Presence.ABSENT, "observed__in": (Presence.ABSENT, Presence.RELEASED)}
    found = instance.resource.grants.filter(role=DATABASE_LOGIN).exclude(**over)
    return list(found.select_related("resource", "request").order_by("principal", "pk"))


def standings(instance: DatabaseInstance) -> list[Standing]:
    """Everybody who is a database user there or should be, by principal. Two queries."""
    grants = logins(instance)
    users = list(DatabaseUser.objects.filter(home=instance.home).order_by("name"))
    by_name = {user.name: user for user in users}
    found: dict[str, Standing] = {}
    for grant in grants:
        standing = _of(instance, grant.principal, by_name)
        first = found.setdefault(grant.principal, standing)
        if first.grant is None:
            first.grant = grant
        else:
            first.more.append(grant)
    taken = {standing.name for standing in found.values()}
    for user in users:
        if user.observed == DatabaseUser.Presence.PRESENT and user.name not in taken:
            standing = _of(instance, user.principal, by_name)
            standing.name, standing.user = user.name, user
            found[user.principal or user.name] = standing
    return sorted(found.values(), key=lambda standing: standing.principal or standing.name)


def _of(instance: DatabaseInstance, principal: str, users: Mapping[str, DatabaseUser]) -> Standing:
    standing = Standing(
        principal=principal,
        name="",
        product=instance.kind,
        held=frozenset(instance.holders.get(principal, ())),
        roles=needed(instance.kind),
        flag_on=instance.authentication == "on",
        looked=instance.looked_at is not None and not instance.problem,
    )
    try:
        standing.name = login_of(principal, instance.kind).name
    except NoSuchUserError as reason:
        standing.problem = str(reason)
        return standing
    user = users.get(standing.name)
    if user is not None and user.principal in ("", principal):
        standing.user = user
    return standing


def lacking(instance: DatabaseInstance) -> dict[str, list[str]]:
    """What each login that should be there lacks, by principal; nobody who lacks nothing."""
    return {
        standing.principal: standing.lacks
        for standing in standings(instance)
        if standing.lacks and standing.grant and standing.grant.status == "active"
    }
