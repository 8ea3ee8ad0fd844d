"""Dataproc Metastore v1: the pick-list of services. `-` stands for every location."""

from functools import partial

from emulator.api import catalog
from emulator.calling import Method
from emulator.furniture import METASTORE

_SERVICES = "v1/projects/{project}/locations/{location}/services"
_NAME = f"//{METASTORE}/projects/{{project}}/locations/{{location}}/services/"
_MISSING = "Resource '{name}' was not found"
_method = partial(Method, api="metastore")

METHODS = (
    _method(
        name="services.list",
        verb="GET",
        template=_SERVICES,
        handler=catalog.listed(_NAME + "-", "services", "metastore.services.list"),
        query=("pageSize", "pageToken", "filter", "orderBy"),
    ),
    _method(
        name="services.get",
        verb="GET",
        template=_SERVICES + "/{service}",
        handler=catalog.got(_NAME + "{service}", "metastore.services.get", _MISSING),
    ),
)
