"""Users of Cloud SQL instances.

Google's documentation, "Manage users with IAM database authentication": a PostgreSQL service account goes
without its suffix; on MySQL the name is cut at the @, and two principals that become one name cannot both be
users. The sentence about the suffix is one that users quote; those about a switched-off flag and about two
principals with one name are unverified.
"""

from emulator.api import catalog
from emulator.calling import Call
from emulator.cloudsql import errors, instances, operations
from emulator.cloudsql.instances import Found
from emulator.errors import JSON, ApiError
from emulator.furniture import CLOUD_SQL, register
from emulator.iam.members import SERVICE_ACCOUNT_SUFFIX
from emulator.logins import instances as logins
from emulator.logins import principals
from emulator.logins.roles import GROUPS, StillInUse

_IAM_TYPES = ("CLOUD_IAM_USER", "CLOUD_IAM_SERVICE_ACCOUNT", "CLOUD_IAM_GROUP")


def _key(found: Found, user: str) -> str:
    return f"{found.key}/users/{user}"


def listed(call: Call) -> JSON:
    """The users of an instance."""
    found = instances.find(call, "cloudsql.users.list")
    rows = catalog.matching(call.world, _key(found, "-"))
    return {"kind": "sql#usersList", "items": rows} if rows else {"kind": "sql#usersList"}


def get(call: Call) -> JSON:
    """One user."""
    found = instances.find(call, "cloudsql.users.get")
    user = call.world.resources.get(_key(found, call.params["name"]))
    if user is None:
        raise errors.missing("Not found: user")
    return user.body


def _check_type(found: Found, kind: str, given: str) -> None:
    if kind not in _IAM_TYPES:
        raise ApiError(501, "The emulator creates IAM users only.", status="UNIMPLEMENTED")
    if "@" not in given:
        raise errors.invalid(f'The IAM user name "{given}" is not an email address.')
    if found.mysql or kind == "CLOUD_IAM_GROUP":
        return
    if given.endswith(SERVICE_ACCOUNT_SUFFIX):
        raise errors.invalid(
            "Database username for Cloud IAM service account should be created without "
            f"{SERVICE_ACCOUNT_SUFFIX} suffix."
        )
    if principals.is_service_account(given) != (kind == "CLOUD_IAM_SERVICE_ACCOUNT"):
        raise errors.invalid(f'The user "{given}" is not of type {kind}.')


def _check_free(call: Call, found: Found, name: str, email: str) -> None:
    there = call.world.resources.get(_key(found, name))
    if there is None:
        return
    owner = there.body.get("iamEmail", name)
    if owner != email:
        raise errors.taken(
            f'User "{name}" already exists: it is the database user of {owner}. On MySQL the name is the '
            f"part before the @, so {email} cannot be added to this instance too."
        )
    raise errors.taken(f'User "{name}" already exists.')


def _check_flag(call: Call, found: Found) -> None:
    if found.mysql:
        flags = {item["name"]: item["value"] for item in found.body["settings"].get("databaseFlags", [])}
        on = flags.get("cloudsql_iam_authentication") == "on"
    else:
        instance = logins.find(call.world, found.name)
        on = instance is not None and instance.flag()
    if not on:
        raise errors.invalid("IAM authentication is not enabled for the instance.")


def _body(found: Found, name: str, kind: str, email: str) -> JSON:
    body: JSON = {
        "kind": "sql#user",
        "etag": instances.etag(found.name, name),
        "name": name,
        "host": "%" if found.mysql else "",
        "instance": found.body["name"],
        "project": found.project.project_id,
        "type": kind,
    }
    return {**body, "iamEmail": email} if found.mysql else body


def insert(call: Call) -> JSON:
    """Add an IAM user: to PostgreSQL as a role without privileges."""
    found = instances.find(call, "cloudsql.users.create")
    given, kind = call.body.get("name", ""), call.body.get("type", "BUILT_IN")
    _check_type(found, kind, given)
    _check_flag(call, found)
    email = given.lower()
    name = principals.database_user(email, mysql=True) if found.mysql else email
    _check_free(call, found, name, email)
    backend, group = call.runtime.backends.get(found.name), GROUPS.get(kind)
    if backend and group:
        call.runtime.roles.create(backend, (name, group))
    tail = _key(found, name).removeprefix(f"//{CLOUD_SQL}/")
    register(call.world, CLOUD_SQL, tail, _body(found, name, kind, email))
    return operations.start(call, found, "CREATE_USER")


def delete(call: Call) -> JSON:
    """Take a user away; PostgreSQL refuses as long as something was granted to it."""
    found = instances.find(call, "cloudsql.users.delete")
    name = call.argument("name")
    user = call.world.resources.get(_key(found, name))
    if user is None:
        raise errors.missing(f'User "{name}" does not exist.')
    backend, group = call.runtime.backends.get(found.name), GROUPS.get(user.body["type"])
    if backend and group:
        try:
            call.runtime.roles.drop(backend, (name, group))
        except StillInUse as error:
            raise errors.invalid(
                f'failed to delete user {name}: . role "{name}" cannot be dropped because some objects '
                f"depend on it Details: {error}."
            ) from error
    del call.world.resources[_key(found, name)]
    return operations.start(call, found, "DELETE_USER")
