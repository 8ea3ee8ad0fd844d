"""getIamPolicy, setIamPolicy and testIamPermissions, alike for every resource."""

import re
from collections.abc import Callable

from emulator import errors
from emulator.calling import Call, Method
from emulator.errors import JSON
from emulator.iam import access, policies
from emulator.iam.policies import Rules

_PERMISSION = re.compile(r"^[a-z][A-Za-z0-9-]*(\.[A-Za-z0-9_-]+){2,}$")
# Given a call and the permission it needs: the resource's name with the project's number. Raises ApiError.
Resolve = Callable[[Call, str], str]
# Given a call: the same for whoever asks; None where there is none.
Peek = Callable[[Call], str | None]


def methods(
    method: Callable[..., Method],
    kind: str,
    template: str,
    rules: Rules,
    *,
    found: Resolve,
    named: Peek,
    get: bool = False,
) -> tuple[Method, ...]:
    """The three methods of a resource's policy, as `method` makes those of its API.

    `kind` is what its permissions begin with, such as "bigquery.connections", `template` its path. The
    version that a reader asks for is in the body of a POST; with `get`, as Cloud KMS has it, in the query of
    a GET.
    """
    collection = kind.rpartition(".")[2]
    asked: dict[str, object] = {"verb": "POST", "body": "GetIamPolicyRequest"}
    if get:
        asked = {"verb": "GET", "query": ("options.requestedPolicyVersion",)}
    return (
        method(
            name=f"{collection}.getIamPolicy",
            template=template + ":getIamPolicy",
            handler=lambda call: _read(call, found(call, f"{kind}.getIamPolicy")),
            **asked,
        ),
        method(
            name=f"{collection}.setIamPolicy",
            verb="POST",
            template=template + ":setIamPolicy",
            handler=lambda call: _write(call, found(call, f"{kind}.setIamPolicy"), rules),
            writes=True,
            body="SetIamPolicyRequest",
        ),
        method(
            name=f"{collection}.testIamPermissions",
            verb="POST",
            template=template + ":testIamPermissions",
            handler=lambda call: _test(call, named(call)),
            body="TestIamPermissionsRequest",
        ),
    )


def _requested_version(call: Call) -> int:
    """The policy version that a reader asked for, in the body or in the query."""
    options = call.body.get("options", {})
    return int(options.get("requestedPolicyVersion") or call.integer("options.requestedPolicyVersion"))


def _read(call: Call, resource: str) -> JSON:
    """The policy of a resource."""
    return policies.render(call.world.policy(resource), _requested_version(call))


def _write(call: Call, resource: str, rules: Rules) -> JSON:
    """Replace the policy of a resource; answers the new one."""
    if "policy" not in call.body:
        raise errors.invalid("The policy is required.", field="policy")
    old = call.world.policy(resource)
    new = policies.replaced(call.world, old, call.body["policy"], rules, call.moment)
    call.world.policies[resource] = new
    return policies.render(new, 3)


def _test(call: Call, resource: str | None) -> JSON:
    """Those of the asked permissions that the caller has; none on a resource that does not exist."""
    asked = call.body.get("permissions", [])
    for permission in asked:
        if not _PERMISSION.match(permission):
            raise errors.invalid(f"Permission {permission} is not valid for this resource.")
    if resource is None:
        return {}
    held = access.subset(call.world, call.caller, asked, resource, call.moment)
    return {"permissions": held} if held else {}
