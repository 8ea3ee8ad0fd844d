"""Google Cloud projects and their IAM policies: Resource Manager v3, by its typed client."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portal.gcp import errors, typed
from portal.gcp.policies import Policy

API = "cloudresourcemanager"

# An id, an id of a domain-scoped project (example.com:name), or a number.
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]*")


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project. ``state`` is ACTIVE or DELETE_REQUESTED."""

    project_id: str
    number: int
    display_name: str
    state: str


def resource_name(project: str) -> str:
    """``projects/P``.

    Args:
        project: id or number.

    Raises:
        ValueError: it can be neither.
    """
    if not _PROJECT.fullmatch(project):
        raise ValueError(f"not the id of a Google Cloud project: {project!r}")
    return f"projects/{project}"


def get(project: str) -> ProjectInfo:
    """Look a project up by its id or number.

    Raises:
        errors.PermissionDenied: hidden from the portal, or not there: Google says the same of both.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project.
    """
    request = {"name": resource_name(project)}
    answer = typed.ask(typed.projects_client().get_project, request, write=False)
    number = str(answer.get("name", "")).removeprefix("projects/")
    if not number.isdecimal():
        raise errors.malformed(write=False)
    return ProjectInfo(
        project_id=str(answer.get("projectId", "")),
        number=int(number),
        display_name=str(answer.get("displayName", "")),
        state=str(answer.get("state", "")),
    )


def get_policy(project: str) -> Policy:
    """Read a project's IAM policy at version 3, so that conditional bindings come whole.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: it cannot be a project.
    """
    return typed.get_policy(typed.projects_client().get_iam_policy, resource_name(project))


def set_policy(project: str, policy: Policy) -> Policy:
    """Replace a project's IAM policy by a changed copy of what get_policy gave.

    Raises:
        errors.Conflict: it was changed since: read again, change again, write again.
        errors.ServiceAgentMissing: a service agent among the new members is not known to IAM yet.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project, or the policy has no etag.
    """
    name = resource_name(project)
    method = typed.projects_client().set_iam_policy
    return typed.set_policy(method, name, policy, api=API, path=f"v3/{name}:setIamPolicy")


def test_permissions(project: str, permissions: Sequence[str]) -> frozenset[str]:
    """Those of the permissions that the portal itself has on the project.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: it cannot be a project.
    """
    request = {"resource": resource_name(project), "permissions": list(permissions)}
    answer = typed.ask(typed.projects_client().test_iam_permissions, request, write=False)
    return frozenset(answer.get("permissions", ()))
