"""Users of AlloyDB clusters.

Google's documentation, "Manage IAM authentication" (AlloyDB): a person is the whole e-mail address, a service
account its address without `.gserviceaccount.com`. Unverified: the words of the refusals.
"""

from emulator import errors
from emulator.api import catalog
from emulator.calling import Call
from emulator.errors import JSON, ApiError
from emulator.furniture import ALLOYDB, register
from emulator.iam.members import SERVICE_ACCOUNT_SUFFIX
from emulator.logins.roles import GROUPS, Role, StillInUse
from emulator.paging import page

_IAM_TYPES = ("ALLOYDB_IAM_USER", "ALLOYDB_IAM_GROUP")


def _cluster(call: Call, permission: str) -> str:
    """The name of the cluster in the path, with the project's number."""
    project = catalog.allowed(call, permission)
    tail = "locations/{location}/clusters/{cluster}".format(**call.params)
    name = f"projects/{project.number}/{tail}"
    if name not in call.world.clusters:
        raise errors.not_found(f"Resource 'projects/{project.project_id}/{tail}' was not found")
    return name


def _key(cluster: str, user: str) -> str:
    return f"//{ALLOYDB}/{cluster}/users/{user}"


def _shown(call: Call, cluster: str, user: str) -> str:
    project = call.project()
    return f"{cluster.replace(project.number, project.project_id, 1)}/users/{user}"


def listed(call: Call) -> JSON:
    """The users of a cluster."""
    cluster = _cluster(call, "alloydb.users.list")
    part, following = page(call, catalog.matching(call.world, _key(cluster, "-")))
    answer: JSON = {"users": list(part)} if part else {}
    return {**answer, "nextPageToken": following} if following else answer


def _found(call: Call, permission: str) -> tuple[str, JSON]:
    cluster, user = _cluster(call, permission), call.params["user"]
    found = call.world.resources.get(_key(cluster, user))
    if found is None:
        raise errors.not_found(f"Resource '{_shown(call, cluster, user)}' was not found")
    return cluster, found.body


def get(call: Call) -> JSON:
    """One user."""
    return _found(call, "alloydb.users.get")[1]


def _check(user: str, kind: str) -> None:
    if kind not in _IAM_TYPES:
        raise ApiError(501, "The emulator creates IAM users only.", status="UNIMPLEMENTED")
    if "@" not in user or "/" in user:
        raise errors.invalid("The user id of an IAM user must be an email address.", field="user_id")
    if user.endswith(SERVICE_ACCOUNT_SUFFIX):
        raise errors.invalid(
            f"The user id of a service account must be given without the {SERVICE_ACCOUNT_SUFFIX} suffix.",
            field="user_id",
        )


def _set_role(call: Call, cluster: str, role: Role, *, there: bool) -> None:
    """Make a role, or drop it, in the database behind a cluster, if there is one. Raises StillInUse."""
    backends = call.runtime.backends
    backend = next((backends[name] for name in sorted(backends) if name.startswith(f"{cluster}/")), None)
    if backend:
        change = call.runtime.roles.create if there else call.runtime.roles.drop
        change(backend, role)


def create(call: Call) -> JSON:
    """Add an IAM user: a role without privileges. Answers the user at once."""
    cluster = _cluster(call, "alloydb.users.create")
    user, kind = call.argument("userId"), call.body.get("userType", "USER_TYPE_UNSPECIFIED")
    _check(user, kind)
    if _key(cluster, user) in call.world.resources:
        raise errors.already_exists(f"Resource '{_shown(call, cluster, user)}' already exists")
    group = GROUPS.get(kind, "")
    if group:
        _set_role(call, cluster, (user, group), there=True)
    body: JSON = {"name": _shown(call, cluster, user), "userType": kind}
    body |= {"databaseRoles": [group]} if group else {}
    register(call.world, ALLOYDB, f"{cluster}/users/{user}", body)
    return body


def delete(call: Call) -> JSON:
    """Take a user away; PostgreSQL refuses as long as something was granted to it."""
    cluster, body = _found(call, "alloydb.users.delete")
    user, group = call.params["user"], GROUPS.get(body["userType"], "")
    if group:
        try:
            _set_role(call, cluster, (user, group), there=False)
        except StillInUse as error:
            sentence = f'role "{user}" cannot be dropped because some objects depend on it: {error}'
            raise ApiError(400, sentence, status="FAILED_PRECONDITION") from error
    del call.world.resources[_key(cluster, user)]
    return {}
