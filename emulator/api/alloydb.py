"""AlloyDB v1: instances, for pick-lists and logins, and users. `-` stands for every location or cluster."""

from collections.abc import Mapping
from functools import partial

from emulator import errors, locations
from emulator.alloydb import connect, users
from emulator.api.catalog import allowed as _allowed
from emulator.calling import Call, Method
from emulator.errors import JSON
from emulator.model import Named, Project
from emulator.paging import page

_LOCATIONS = "v1/projects/{project}/locations"
_LOCATION = _LOCATIONS + "/{location}"
_CLUSTERS = _LOCATION + "/clusters"
_CLUSTER = _CLUSTERS + "/{cluster}"
_INSTANCES = _CLUSTER + "/instances"
_INSTANCE = _INSTANCES + "/{instance}"
_USERS = _CLUSTER + "/users"
_PAGED = ("pageSize", "pageToken")
_method = partial(Method, api="alloydb")


def _location_body(project: Project, region: str) -> JSON:
    return {
        "name": f"projects/{project.project_id}/locations/{region}",
        "locationId": region,
        "displayName": region,
        "labels": {"cloud.googleapis.com/region": region},
    }


def _list_locations(call: Call) -> JSON:
    project = _allowed(call, "alloydb.locations.list")
    part, following = page(call, sorted(locations.REGIONS))
    answer: JSON = {"locations": [_location_body(project, region) for region in part]}
    return {**answer, "nextPageToken": following} if following else answer


def _get_location(call: Call) -> JSON:
    project = _allowed(call, "alloydb.locations.get")
    region = call.params["location"]
    if region not in locations.REGIONS:
        raise errors.not_found(f"Location {region} is not found or access is unauthorized.")
    return _location_body(project, region)


def _matches(name: str, call: Call, number: str, wanted: tuple[str, ...]) -> bool:
    parts = name.split("/")
    asked = [call.params[parameter] for parameter in wanted]
    return parts[1] == number and all(
        question in ("-", answer) for question, answer in zip(asked, parts[3::2], strict=False)
    )


def _rendered(call: Call, found: Named) -> JSON:
    """The body with what depends on the running server."""
    return {**found.body, **connect.reachable(call, found.name, found.body)}


def _list(call: Call, key: str, table: Mapping[str, Named], wanted: tuple[str, ...], permission: str) -> JSON:
    project = _allowed(call, permission)
    rows = [
        _rendered(call, table[name]) for name in sorted(table) if _matches(name, call, project.number, wanted)
    ]
    part, following = page(call, rows)
    answer: JSON = {key: list(part)} if part else {}
    return {**answer, "nextPageToken": following} if following else answer


def _get(call: Call, table: Mapping[str, Named], tail: str, permission: str) -> JSON:
    project = _allowed(call, permission)
    found = table.get(f"projects/{project.number}/{tail}")
    if found is None:
        shown = f"projects/{project.project_id}/{tail}"
        raise errors.not_found(f"Resource '{shown}' was not found")
    return _rendered(call, found)


def _list_clusters(call: Call) -> JSON:
    return _list(call, "clusters", call.world.clusters, ("location",), "alloydb.clusters.list")


def _get_cluster(call: Call) -> JSON:
    tail = "locations/{location}/clusters/{cluster}".format(**call.params)
    return _get(call, call.world.clusters, tail, "alloydb.clusters.get")


def _list_instances(call: Call) -> JSON:
    wanted = ("location", "cluster")
    return _list(call, "instances", call.world.instances, wanted, "alloydb.instances.list")


def _get_instance(call: Call) -> JSON:
    tail = "locations/{location}/clusters/{cluster}/instances/{instance}".format(**call.params)
    return _get(call, call.world.instances, tail, "alloydb.instances.get")


METHODS = (
    _method(name="locations.list", verb="GET", template=_LOCATIONS, handler=_list_locations, query=_PAGED),
    _method(name="locations.get", verb="GET", template=_LOCATION, handler=_get_location),
    _method(
        name="clusters.list",
        verb="GET",
        template=_CLUSTERS,
        handler=_list_clusters,
        query=(*_PAGED, "filter", "orderBy"),
    ),
    _method(name="clusters.get", verb="GET", template=_CLUSTER, handler=_get_cluster, query=("view",)),
    _method(
        name="instances.list",
        verb="GET",
        template=_INSTANCES,
        handler=_list_instances,
        query=(*_PAGED, "filter", "orderBy"),
    ),
    _method(name="instances.get", verb="GET", template=_INSTANCE, handler=_get_instance, query=("view",)),
    _method(
        name="instances.getConnectionInfo",
        verb="GET",
        template=_INSTANCE + "/connectionInfo",
        handler=connect.info,
        query=("requestId",),
    ),
    _method(
        name="users.list",
        verb="GET",
        template=_USERS,
        handler=users.listed,
        query=(*_PAGED, "filter", "orderBy"),
    ),
    _method(name="users.get", verb="GET", template=_USERS + "/{user}", handler=users.get),
    _method(
        name="users.create",
        verb="POST",
        template=_USERS,
        handler=users.create,
        writes=True,
        query=("userId", "requestId"),
        body="AlloyDBUser",
        body_field="user",
    ),
    _method(
        name="users.delete",
        verb="DELETE",
        template=_USERS + "/{user}",
        handler=users.delete,
        writes=True,
        query=("requestId",),
    ),
)
