"""BigQuery Connection v1: the eight methods of connections."""

from functools import partial

from emulator.api import policies
from emulator.calling import Call, Method
from emulator.connections import lookup, methods
from emulator.iam.policies import CONNECTION

_PARENT = "v1/projects/{project}/locations/{location}/connections"
_NAME = _PARENT + "/{connection}"
_method = partial(Method, api="bigqueryconnection", scopes=("bigquery",))


def _found(call: Call, permission: str) -> str:
    return lookup.found(call, permission).name


def _named(call: Call) -> str | None:
    name = lookup.name_of(call)
    return name if name in call.world.connections else None


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
    *policies.methods(_method, "bigquery.connections", _NAME, CONNECTION, found=_found, named=_named),
)
