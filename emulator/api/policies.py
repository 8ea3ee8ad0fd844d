"""getIamPolicy, setIamPolicy and testIamPermissions, alike for every resource."""

import re
from collections.abc import Callable

from emulator import errors
from emulator.calling import Call
from emulator.errors import JSON
from emulator.iam import access, policies
from emulator.iam.policies import Rules

_PERMISSION = re.compile(r"^[a-z][A-Za-z0-9-]*(\.[A-Za-z0-9_-]+){2,}$")
# Given a call and the permission that it needs: the resource's name with the project's number.
Resolve = Callable[[Call, str], str]


def requested_version(call: Call) -> int:
    """The policy version that a reader asked for, in the body or in the query."""
    options = call.body.get("options", {})
    return int(options.get("requestedPolicyVersion") or call.integer("options.requestedPolicyVersion"))


def read(call: Call, resource: str) -> JSON:
    """The policy of a resource."""
    return policies.render(call.world.policy(resource), requested_version(call))


def write(call: Call, resource: str, rules: Rules) -> JSON:
    """Replace the policy of a resource; answers the new one."""
    if "policy" not in call.body:
        raise errors.invalid("The policy is required.", field="policy")
    old = call.world.policy(resource)
    new = policies.replaced(call.world, old, call.body["policy"], rules, call.moment)
    call.world.policies[resource] = new
    return policies.render(new, 3)


def test(call: Call, resource: str | None) -> JSON:
    """Those of the asked permissions that the caller has; none on a resource that does not exist."""
    asked = call.body.get("permissions", [])
    for permission in asked:
        if not _PERMISSION.match(permission):
            raise errors.invalid(f"Permission {permission} is not valid for this resource.")
    if resource is None:
        return {}
    held = access.subset(call.world, call.caller, asked, resource, call.moment)
    return {"permissions": held} if held else {}
