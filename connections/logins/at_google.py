"""One face for both products: an instance, its database users, and who holds a login's roles. Asks Google."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connections.logins.models import DatabaseInstance
from connections.logins.names import DatabaseLogin, member_of
from connections.logins.products import RULES, Product
from connections.logins.roles import needed
from portal.gcp import alloydb, alloydb_users, cloudsql, cloudsql_users, projects
from portal.gcp.errors import GoogleError, InvalidRequest, NotFound
from portal.runs import RefusedError, WaitError

# Cloud SQL needs some seconds for a user; after that the operation is put off.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.0, 2.0, 2.0, 4.0)
_DEPENDENT = "depend on it"
BUSY = "Cloud SQL is still changing the database users of this instance."


class StillGrantedError(Exception):
    """The database will not drop a user to whom something is granted, or who owns something."""


@dataclass(frozen=True)
class SeenInstance:
    """An instance as Google describes it now."""

    flags: Mapping[str, str]
    state: str
    instance_type: str
    database_version: str


@dataclass(frozen=True)
class SeenUser:
    """A database user as Google lists it; `principal` is "" where it does not tell whose it is."""

    name: str
    type: str
    principal: str
    host: str = ""


def read(instance: DatabaseInstance) -> SeenInstance | None:
    """Return the instance, None if there is none any more. Raises GoogleError."""
    try:
        if instance.kind is Product.ALLOYDB:
            found = alloydb.get_instance(instance.resource.full_name)
            return SeenInstance(found.flags, found.state, found.instance_type, instance.database_version)
        sql = cloudsql.get_instance(instance.project.project_id, instance.instance_id)
    except NotFound:
        return None
    return SeenInstance(sql.flags, sql.state, sql.instance_type, sql.database_version)


def users(instance: DatabaseInstance) -> tuple[list[SeenUser], int]:
    """Return the IAM users of the instance, and how many others there are. Raises GoogleError."""
    types = set(RULES[instance.kind].types.values())
    found = _all_users(instance)
    iam = [user for user in found if user.type in types]
    return iam, len(found) - len(iam)


def find(instance: DatabaseInstance, name: str) -> SeenUser | None:
    """Return the user of that name, IAM or not. Raises GoogleError."""
    return next((user for user in _all_users(instance) if user.name == name), None)


def _all_users(instance: DatabaseInstance) -> list[SeenUser]:
    kind = instance.kind
    if kind is Product.ALLOYDB:
        listed = alloydb_users.list_users(instance.home)
        return [SeenUser(user.name, user.type, member_of(user.name, user.type, kind)) for user in listed]
    return [
        SeenUser(row.name, row.type, member_of(row.name, row.type, kind, row.email), row.host)
        for row in cloudsql_users.list_users(instance.project.project_id, instance.instance_id)
    ]


def create(instance: DatabaseInstance, login: DatabaseLogin) -> None:
    """Add the database user. Raises GoogleError, WaitError while Cloud SQL takes its time."""
    if instance.kind is Product.ALLOYDB:
        alloydb_users.create_user(instance.home, login.sent, login.type)
        return
    project_id = instance.project.project_id
    finish(project_id, cloudsql_users.insert_user(project_id, instance.instance_id, login.sent, login.type))


def delete(instance: DatabaseInstance, user: SeenUser) -> None:
    """Take a database user away. That there is none is what was wanted.

    Raises StillGrantedError, GoogleError, WaitError while Cloud SQL takes its time.
    """
    project_id = instance.project.project_id
    try:
        if instance.kind is Product.ALLOYDB:
            alloydb_users.delete_user(instance.home, user.name)
            return
        asked = cloudsql_users.delete_user(project_id, instance.instance_id, user.name, user.host)
        finish(project_id, asked)
    except NotFound:
        return
    except InvalidRequest as error:
        if _DEPENDENT in error.message:
            raise StillGrantedError(error.message) from None
        raise
    except RefusedError as error:
        if _DEPENDENT in str(error):
            raise StillGrantedError(str(error)) from None
        raise


def finish(project_id: str, operation: cloudsql_users.OperationInfo) -> None:
    """Wait until Cloud SQL has done it. Raises RefusedError with its sentence, WaitError after a while."""
    for pause in PAUSES:
        if operation.done:
            break
        time.sleep(pause)
        try:
            operation = cloudsql_users.get_operation(project_id, operation.name)
        except GoogleError as error:  # the change itself was taken: what came of it, the next look tells
            raise WaitError(f"{BUSY} {error.message}") from None
    if not operation.done:
        raise WaitError(BUSY, 2.0)
    if operation.error:
        raise RefusedError(operation.error, "Mend what Cloud SQL complains of, then retry.")


def holders(instance: DatabaseInstance, principals: Iterable[str]) -> dict[str, list[str]]:
    """Return which of a login's roles each holds itself, without a condition. Raises GoogleError."""
    policy = projects.get_policy(instance.project.project_id)
    roles = [item.role for item in needed(instance.kind)]
    return {who: [role for role in roles if policy.has(role, who)] for who in principals}


def holds(instance: DatabaseInstance, principal: str, role: str) -> bool:
    """Whether the principal itself holds a role on the instance's project. Raises GoogleError."""
    return projects.get_policy(instance.project.project_id).has(role, principal)
