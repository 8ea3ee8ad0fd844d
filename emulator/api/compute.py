"""Compute Engine v1: the pick-list of network attachments, of one region or of all."""

from functools import partial

from emulator import locations
from emulator.api import catalog
from emulator.calling import Call, Method
from emulator.errors import JSON, ApiError
from emulator.furniture import COMPUTE
from emulator.model import Project
from emulator.paging import page

_ROOT = "v1/projects/{project}"
_REGIONAL = _ROOT + "/regions/{region}/networkAttachments"
_NAME = f"//{COMPUTE}/projects/{{project}}/regions/"
_LIST = "compute.networkAttachments.list"
_QUERY = ("maxResults", "pageToken", "filter", "orderBy")
_method = partial(Method, api="compute", scopes=("compute", "compute.readonly"))


def _link(project: Project, tail: str) -> str:
    return f"https://www.googleapis.com/compute/v1/projects/{project.project_id}/{tail}"


def _check_region(region: str, project: Project) -> None:
    if region not in locations.REGIONS:
        message = f"The resource 'projects/{project.project_id}/regions/{region}' was not found"
        raise ApiError(404, message, reason="notFound")


def _list(call: Call) -> JSON:
    project = catalog.allowed(call, _LIST)
    region = call.params["region"]
    _check_region(region, project)
    found = catalog.matching(call.world, f"//{COMPUTE}/projects/{project.number}/regions/{region}/-/-")
    part, following = page(call, found, 500, size="maxResults")
    tail = f"regions/{region}/networkAttachments"
    answer: JSON = {
        "kind": "compute#networkAttachmentList",
        "id": f"projects/{project.project_id}/{tail}",
        "selfLink": _link(project, tail),
    }
    answer |= {"items": list(part)} if part else {}
    return {**answer, "nextPageToken": following} if following else answer


def _scope(region: str, found: list[JSON]) -> JSON:
    """What an aggregated list says of one region, of an empty one too."""
    if found:
        return {"networkAttachments": found}
    data = [{"key": "scope", "value": f"regions/{region}"}]
    message = f"There are no results for scope 'regions/{region}' on this page."
    return {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": message, "data": data}}


def _aggregated(call: Call) -> JSON:
    project = catalog.allowed(call, _LIST)
    own = f"//{COMPUTE}/projects/{project.number}/regions"
    scopes = [
        (f"regions/{region}", _scope(region, catalog.matching(call.world, f"{own}/{region}/-/-")))
        for region in sorted(locations.REGIONS)
    ]
    part, following = page(call, scopes, 500, size="maxResults")
    tail = "aggregated/networkAttachments"
    answer: JSON = {
        "kind": "compute#networkAttachmentAggregatedList",
        "id": f"projects/{project.project_id}/{tail}",
        "items": dict(part),
        "selfLink": _link(project, tail),
    }
    return {**answer, "nextPageToken": following} if following else answer


METHODS = (
    _method(name="networkAttachments.list", verb="GET", template=_REGIONAL, handler=_list, query=_QUERY),
    _method(
        name="networkAttachments.aggregatedList",
        verb="GET",
        template=_ROOT + "/aggregated/networkAttachments",
        handler=_aggregated,
        query=_QUERY,
    ),
    _method(
        name="networkAttachments.get",
        verb="GET",
        template=_REGIONAL + "/{attachment}",
        handler=catalog.got(
            _NAME + "{region}/networkAttachments/{attachment}",
            "compute.networkAttachments.get",
            "The resource '{name}' was not found",
        ),
    ),
)
