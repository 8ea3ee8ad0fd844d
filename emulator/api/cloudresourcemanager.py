"""Resource Manager v3: projects and their policies."""

from functools import partial

from emulator.api import policies
from emulator.calling import Call, Method
from emulator.clock import rfc3339
from emulator.errors import JSON, permission_denied
from emulator.iam.policies import PROJECT
from emulator.model import Project

_NAME = "v3/projects/{project}"
_method = partial(Method, api="cloudresourcemanager")


def _found(call: Call, permission: str) -> Project:
    """A project that does not exist is answered like one that the caller may not see."""
    given = call.params["project"]
    project = call.world.project(given)
    if project is None or not call.may(permission, f"projects/{project.number}"):
        raise permission_denied(permission, "cloudresourcemanager", f"projects/{given}")
    return project


def _get(call: Call) -> JSON:
    project = _found(call, "resourcemanager.projects.get")
    return {
        "name": f"projects/{project.number}",
        "parent": project.parent,
        "projectId": project.project_id,
        "state": "ACTIVE",
        "displayName": project.display_name,
        "createTime": rfc3339(project.created),
        "updateTime": rfc3339(project.created),
        "etag": f'W/"{project.number[:8]}"',
    }


def _own_name(call: Call, permission: str) -> str:
    return f"projects/{_found(call, permission).number}"


def _named(call: Call) -> str:
    project = call.world.project(call.params["project"])
    if project is None:
        name = f"projects/{call.params['project']}"
        raise permission_denied("resourcemanager.projects.get", "cloudresourcemanager", name)
    return f"projects/{project.number}"


METHODS = (
    _method(name="projects.get", verb="GET", template=_NAME, handler=_get),
    *policies.methods(_method, "resourcemanager.projects", _NAME, PROJECT, found=_own_name, named=_named),
)
