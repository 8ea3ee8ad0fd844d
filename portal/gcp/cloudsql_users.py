"""The users of Cloud SQL instances: Cloud SQL Admin API v1. Each change is an operation of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.gcp import transport
from portal.gcp.cloudsql import API, instance_path
from portal.gcp.projects import resource_name

_OPERATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user of an instance; ``type`` is BUILT_IN or one that begins with CLOUD_IAM.

    ``email`` is the whole address where the name is cut (MySQL); ``host`` is MySQL's too.
    """

    name: str
    type: str
    email: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class OperationInfo:
    """A change under way. ``error`` is Google's sentence if it ended badly."""

    name: str
    done: bool
    error: str = ""


def list_users(project: str, instance_id: str) -> list[UserInfo]:
    """Every user of an instance, by name. Google answers them on one page.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: it cannot be a project or an instance.
    """
    answer = transport.call(API, "GET", f"{instance_path(project, instance_id)}/users")
    return sorted(map(_user, answer.get("items", ())), key=lambda user: (user.name, user.host))


def insert_user(project: str, instance_id: str, name: str, user_type: str) -> OperationInfo:
    """Begin to add an IAM user; it has no privileges in any database.

    Args:
        project: id or number.
        instance_id: the instance's id.
        name: the database user's name; on MySQL the whole address, which Google cuts.
        user_type: CLOUD_IAM_USER, CLOUD_IAM_SERVICE_ACCOUNT or CLOUD_IAM_GROUP.

    Raises:
        errors.AlreadyExists: there is a user of this name.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project or an instance.
    """
    body = {"name": name, "type": user_type}
    return _operation(transport.call(API, "POST", f"{instance_path(project, instance_id)}/users", body=body))


def delete_user(project: str, instance_id: str, name: str, host: str = "") -> OperationInfo:
    """Begin to take a user away; ``host`` is MySQL's.

    Raises:
        errors.NotFound: there is none.
        errors.InvalidRequest: something in a database is still granted to it, or its own.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project or an instance.
    """
    params = {"name": name} | ({"host": host} if host else {})
    return _operation(
        transport.call(API, "DELETE", f"{instance_path(project, instance_id)}/users", params=params)
    )


def get_operation(project: str, name: str) -> OperationInfo:
    """How a change is now.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: it cannot be a project or an operation.
    """
    if not _OPERATION.fullmatch(name):
        raise ValueError(f"not the name of a Cloud SQL operation: {name!r}")
    return _operation(transport.call(API, "GET", f"v1/{resource_name(project)}/operations/{name}"))


def _user(item: Mapping[str, Any]) -> UserInfo:
    return UserInfo(
        name=str(item.get("name", "")),
        type=str(item.get("type", "")) or "BUILT_IN",  # Google leaves out what is the default
        email=str(item.get("iamEmail", "")),
        host=str(item.get("host", "")),
    )


def _operation(item: Mapping[str, Any]) -> OperationInfo:
    problems = dict(item.get("error") or {}).get("errors") or []
    said = "; ".join(str(problem.get("message") or problem.get("code", "")) for problem in problems)
    return OperationInfo(str(item.get("name", "")), item.get("status") == "DONE", said)
