"""IAM v1: what roles contain, and which can be granted on a resource."""

from functools import partial

from emulator import errors, names, paging
from emulator.calling import Call, Method
from emulator.errors import JSON
from emulator.iam import roles
from emulator.iam.policies import CONNECTION, CRYPTO_KEY
from emulator.iam.role_data import EVERYTHING, PREDEFINED
from emulator.model import World

_method = partial(Method, api="iam")
_DEFAULT_PAGE, _LARGEST_PAGE = 300, 2000


def _predefined(name: str, *, full: bool) -> JSON:
    title, permissions = PREDEFINED[name]
    body: JSON = {"name": name, "title": title, "description": f"{title}.", "stage": "GA", "etag": "AA=="}
    if full:
        body["includedPermissions"] = sorted(set(permissions) - {EVERYTHING})
    return body


def _custom(world: World, name: str, *, full: bool) -> JSON:
    role = world.custom_roles[name]
    body: JSON = {"name": name, "title": role.title, "stage": "GA", "etag": role.etag}
    if full:
        body["includedPermissions"] = sorted(role.permissions)
    return body


def _get_predefined(call: Call) -> JSON:
    name = f"roles/{call.params['role']}"
    if name not in PREDEFINED:
        raise errors.not_found(f"The role named {name} was not found.")
    return _predefined(name, full=True)


def _get_custom(call: Call) -> JSON:
    project = call.project()
    shown = f"projects/{project.project_id}"
    call.require("iam.roles.get", f"projects/{project.number}", shown=shown)
    name = f"{shown}/roles/{call.params['role']}"
    if name not in call.world.custom_roles:
        raise errors.not_found(f"The role named {name} was not found.")
    return _custom(call.world, name, full=True)


def _prefix(full_name: str) -> str | None:
    """What the permissions of a resource start with; None for a project."""
    if "/connections/" in full_name:
        return CONNECTION.prefix
    return CRYPTO_KEY.prefix if "/cryptoKeys/" in full_name else None


def _grantable(call: Call) -> JSON:
    full_name = call.body.get("fullResourceName", "")
    service, separator, resource = full_name.removeprefix("//").partition("/")
    if not full_name.startswith("//") or not separator or not service.endswith(".googleapis.com"):
        raise errors.invalid("Invalid full resource name.", field="full_resource_name")
    project = call.world.project(resource.partition("/")[2].partition("/")[0])
    if project is None:
        raise errors.permission_denied("resourcemanager.projects.get", "cloudresourcemanager", resource)
    resource = names.canonical(call.world, resource)
    full = call.body.get("view") == "FULL"
    prefix = _prefix(resource)
    found = [
        _predefined(name, full=full)
        for name in sorted(PREDEFINED)
        if roles.grantable(call.world, name, prefix)
    ]
    own = f"projects/{project.project_id}/roles/"
    found += [
        _custom(call.world, name, full=full)
        for name in sorted(call.world.custom_roles)
        if name.startswith(own) and roles.grantable(call.world, name, prefix)
    ]
    size = int(call.body.get("pageSize", 0)) or _DEFAULT_PAGE
    part, following = paging.cut(found, size, call.body.get("pageToken", ""), _LARGEST_PAGE)
    answer: JSON = {"roles": list(part)} if part else {}
    return {**answer, "nextPageToken": following} if following else answer


METHODS = (
    _method(
        name="roles.queryGrantableRoles",
        verb="POST",
        template="v1/roles:queryGrantableRoles",
        handler=_grantable,
        body="QueryGrantableRolesRequest",
    ),
    _method(name="roles.get", verb="GET", template="v1/roles/{role}", handler=_get_predefined),
    _method(
        name="projects.roles.get",
        verb="GET",
        template="v1/projects/{project}/roles/{role}",
        handler=_get_custom,
    ),
)
