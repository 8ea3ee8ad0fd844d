"""The users of AlloyDB clusters: AlloyDB API v1. They are the cluster's, all its instances know them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portal.gcp import transport
from portal.gcp.alloydb import API

_CLUSTER = re.compile(r"projects/[a-z0-9][a-z0-9.:-]*/locations/[a-z0-9-]+/clusters/[a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user of a cluster; ``type`` is ALLOYDB_BUILT_IN, ALLOYDB_IAM_USER or ALLOYDB_IAM_GROUP."""

    name: str
    type: str


def list_users(cluster: str) -> list[UserInfo]:
    """Every user of a cluster, by name.

    Args:
        cluster: ``projects/P/locations/R/clusters/C``.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: it cannot be a cluster.
    """
    items = transport.pages(API, f"{_path(cluster)}/users", "users")
    return sorted((_user(item) for item in items), key=lambda user: user.name)


def create_user(cluster: str, name: str, user_type: str) -> UserInfo:
    """Add an IAM user to a cluster; it has no privileges in any database.

    Args:
        cluster: as in list_users().
        name: the database user's name, which is its id too.
        user_type: ALLOYDB_IAM_USER or ALLOYDB_IAM_GROUP.

    Raises:
        errors.AlreadyExists: there is a user of this name.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a cluster.
    """
    body = {"userType": user_type}
    return _user(transport.call(API, "POST", f"{_path(cluster)}/users", params={"userId": name}, body=body))


def delete_user(cluster: str, name: str) -> None:
    """Take a user away.

    Raises:
        errors.NotFound: there is none.
        errors.InvalidRequest: something in a database is still granted to it, or its own.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a cluster.
    """
    transport.call(API, "DELETE", f"{_path(cluster)}/users/{quote(name, safe='@')}")


def _path(cluster: str) -> str:
    if not _CLUSTER.fullmatch(cluster):
        raise ValueError(f"not the name of an AlloyDB cluster: {cluster!r}")
    return f"v1/{cluster}"


def _user(item: Mapping[str, Any]) -> UserInfo:
    return UserInfo(str(item.get("name", "")).rpartition("/users/")[2], str(item.get("userType", "")))
