"""Dataproc v1: the pick-list of clusters, region by region. There is no wildcard for regions."""

from functools import partial

from emulator import errors, locations
from emulator.api import catalog
from emulator.calling import Call, Method
from emulator.errors import JSON
from emulator.furniture import DATAPROC

_CLUSTERS = "v1/projects/{project}/regions/{region}/clusters"
_NAME = f"//{DATAPROC}/projects/{{project}}/regions/{{region}}/clusters/"
_method = partial(Method, api="dataproc", scopes=("dataproc", "dataproc.read-only"))
_all_clusters = catalog.listed(_NAME + "-", "clusters", "dataproc.clusters.list")


def _list(call: Call) -> JSON:
    region = call.params["region"]
    if region not in locations.REGIONS | {"global"}:
        raise errors.invalid(f"Region '{region}' is invalid or not available.")
    return _all_clusters(call)


METHODS = (
    _method(
        name="clusters.list",
        verb="GET",
        template=_CLUSTERS,
        handler=_list,
        query=("pageSize", "pageToken", "filter"),
    ),
    _method(
        name="clusters.get",
        verb="GET",
        template=_CLUSTERS + "/{cluster}",
        handler=catalog.got(_NAME + "{cluster}", "dataproc.clusters.get", "Not found: Cluster {name}"),
    ),
)
