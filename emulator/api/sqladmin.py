"""Cloud SQL Admin v1: instances, databases, users, operations; and v1beta4 for what connectors ask."""

from functools import partial

from emulator.calling import Method
from emulator.cloudsql import connect, instances, operations, users

_INSTANCES = "v1/projects/{project}/instances"
_INSTANCE = _INSTANCES + "/{instance}"
_USERS = _INSTANCE + "/users"
_CONNECTORS = "sql/v1beta4/projects/{project}/instances/{instance}"
_method = partial(Method, api="sqladmin", scopes=("sqlservice.admin",))

METHODS = (
    _method(
        name="instances.list",
        verb="GET",
        template=_INSTANCES,
        handler=instances.listed,
        query=("maxResults", "pageToken", "filter"),
    ),
    _method(name="instances.get", verb="GET", template=_INSTANCE, handler=instances.get),
    _method(
        name="databases.list", verb="GET", template=_INSTANCE + "/databases", handler=instances.list_databases
    ),
    _method(
        name="databases.get",
        verb="GET",
        template=_INSTANCE + "/databases/{database}",
        handler=instances.get_database,
    ),
    _method(name="users.list", verb="GET", template=_USERS, handler=users.listed),
    _method(name="users.get", verb="GET", template=_USERS + "/{name}", handler=users.get, query=("host",)),
    _method(
        name="users.insert",
        verb="POST",
        template=_USERS,
        handler=users.insert,
        writes=True,
        body="SqlUser",
    ),
    _method(
        name="users.delete",
        verb="DELETE",
        template=_USERS,
        handler=users.delete,
        writes=True,
        query=("name", "host"),
    ),
    _method(
        name="operations.get",
        verb="GET",
        template="v1/projects/{project}/operations/{operation}",
        handler=operations.get,
    ),
    _method(
        name="connect.get",
        verb="GET",
        template=_INSTANCE + "/connectSettings",
        handler=connect.settings,
    ),
    _method(
        name="connect.generateEphemeral",
        verb="POST",
        template=_INSTANCE + ":generateEphemeralCert",
        handler=connect.certificate,
        body="GenerateEphemeralCertRequest",
    ),
    _method(
        name="connect.get", verb="GET", template=_CONNECTORS + "/connectSettings", handler=connect.settings
    ),
    _method(
        name="connect.generateEphemeral",
        verb="POST",
        template=_CONNECTORS + ":generateEphemeralCert",
        handler=connect.certificate,
        body="GenerateEphemeralCertRequest",
    ),
)
