"""BigQuery Connection v1: the eight methods of connections."""

from functools import partial

from emulator.api import policies
from emulator.calling import Call, Method
from emulator.connections import lookup, methods
from emulator.errors import JSON
from emulator.iam.policies import CONNECTION

_PARENT = "v1/projects/{project}/locations/{location}/connections"
_NAME = _PARENT + "/{connection}"
_method = partial(Method, api="bigqueryconnection", scopes=("bigquery",))


def _get_policy(call: Call) -> JSON:
    return policies.read(call, lookup.found(call, "bigquery.connections.getIamPolicy").name)


def _set_policy(call: Call) -> JSON:
    return policies.write(call, lookup.found(call, "bigquery.connections.setIamPolicy").name, CONNECTION)


def _test(call: Call) -> JSON:
    name = lookup.name_of(call)
    return policies.test(call, name if name in call.world.connections else None)


METHODS = (
    _method(
        name="connections.create",
        verb="POST",
        template=_PARENT,
        handler=methods.create,
        writes=True,
        query=("connectionId",),
        body="Connection",
        body_field="connection",
    ),
    _method(
        name="connections.list",
        verb="GET",
        template=_PARENT,
        handler=methods.listed,
        query=("pageSize", "pageToken"),
    ),
    _method(name="connections.get", verb="GET", template=_NAME, handler=methods.get),
    _method(
        name="connections.patch",
        verb="PATCH",
        template=_NAME,
        handler=methods.patch,
        writes=True,
        query=("updateMask",),
        body="Connection",
        body_field="connection",
    ),
    _method(name="connections.delete", verb="DELETE", template=_NAME, handler=methods.delete, writes=True),
    _method(
        name="connections.getIamPolicy",
        verb="POST",
        template=_NAME + ":getIamPolicy",
        handler=_get_policy,
        body="GetIamPolicyRequest",
    ),
    _method(
        name="connections.setIamPolicy",
        verb="POST",
        template=_NAME + ":setIamPolicy",
        handler=_set_policy,
        writes=True,
        body="SetIamPolicyRequest",
    ),
    _method(
        name="connections.testIamPermissions",
        verb="POST",
        template=_NAME + ":testIamPermissions",
        handler=_test,
        body="TestIamPermissionsRequest",
    ),
)
