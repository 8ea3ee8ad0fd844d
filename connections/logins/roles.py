"""The project roles that a login needs, by product and by the way in which one connects. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from connections.logins.products import Product


class Way(StrEnum):
    """How one reaches the instance."""

    DIRECT = "direct"  # with a token as the password
    CONNECTOR = "connector"  # the Auth Proxy or a language connector


@dataclass(frozen=True)
class RoleFor:
    """A role, its name in the console, and what it is for."""

    role: str
    label: str
    purpose: str
    ways: frozenset[Way] = frozenset(Way)


_CLOUD_SQL = (
    RoleFor("roles/cloudsql.instanceUser", "Cloud SQL Instance User", "log in to databases"),
    RoleFor(
        "roles/cloudsql.client",
        "Cloud SQL Client",
        "reach the instance through the Auth Proxy or a connector",
        frozenset({Way.CONNECTOR}),
    ),
)
ROLES: Mapping[Product, tuple[RoleFor, ...]] = {
    Product.ALLOYDB: (
        RoleFor("roles/alloydb.databaseUser", "AlloyDB Database User", "log in to databases"),
        RoleFor(
            "roles/serviceusage.serviceUsageConsumer",
            "Service Usage Consumer",
            "use the project's AlloyDB API, which checks the token",
        ),
        RoleFor(
            "roles/alloydb.client",
            "AlloyDB Client",
            "reach the instance through the Auth Proxy or a connector",
            frozenset({Way.CONNECTOR}),
        ),
    ),
    Product.POSTGRESQL: _CLOUD_SQL,
    Product.MYSQL: _CLOUD_SQL,
}


def needed(product: Product, way: Way | None = None) -> tuple[RoleFor, ...]:
    """The roles for logging in this way, or in every way."""
    return tuple(item for item in ROLES[product] if way is None or way in item.ways)


def login_role(product: Product) -> str:
    """The role without which nobody logs in, whatever else they have."""
    return ROLES[product][0].role
