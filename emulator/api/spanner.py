"""Cloud Spanner v1: the pick-list of instances and databases."""

from functools import partial

from emulator import errors
from emulator.api import catalog
from emulator.calling import Call, Method
from emulator.errors import JSON
from emulator.furniture import SPANNER

_INSTANCES = "v1/projects/{project}/instances"
_INSTANCE = _INSTANCES + "/{instance}"
_DATABASES = _INSTANCE + "/databases"
_NAME = f"//{SPANNER}/projects/{{project}}/instances/"
_PAGED = ("pageSize", "pageToken")
_MISSING = "Resource not found: {name}"
_method = partial(Method, api="spanner", scopes=("spanner.admin",))
_all_databases = catalog.listed(_NAME + "{instance}/databases/-", "databases", "spanner.databases.list")


def _list_databases(call: Call) -> JSON:
    project = catalog.allowed(call, "spanner.databases.list")
    if catalog.full_name(call, project, _NAME + "{instance}") not in call.world.resources:
        name = f"projects/{project.project_id}/instances/{call.params['instance']}"
        raise errors.not_found(f"Instance not found: {name}")
    return _all_databases(call)


METHODS = (
    _method(
        name="instances.list",
        verb="GET",
        template=_INSTANCES,
        handler=catalog.listed(_NAME + "-", "instances", "spanner.instances.list"),
        query=(*_PAGED, "filter"),
    ),
    _method(
        name="instances.get",
        verb="GET",
        template=_INSTANCE,
        handler=catalog.got(_NAME + "{instance}", "spanner.instances.get", _MISSING),
    ),
    _method(name="databases.list", verb="GET", template=_DATABASES, handler=_list_databases, query=_PAGED),
    _method(
        name="databases.get",
        verb="GET",
        template=_DATABASES + "/{database}",
        handler=catalog.got(_NAME + "{instance}/databases/{database}", "spanner.databases.get", _MISSING),
    ),
)
