"""From addresses to objects: what views `load` before their permission is asked."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404

from connections import kinds
from connections.kinds.base import Kind, RoleNeeded
from connections.models import Connection
from portal.models import Project


def connection(project_id: str, location: str, connection_id: str) -> Connection:
    """Return the connection at this address with its project, resource and owners. Raises Http404."""
    found: Connection = get_object_or_404(
        Connection.objects.select_related("project", "resource").prefetch_related("resource__owners"),
        project__project_id=project_id,
        location=location,
        connection_id=connection_id,
    )
    return found


def kind(kind: str) -> Kind:
    """Return the kind of connection with this slug. Raises Http404."""
    try:
        return kinds.get(kind)
    except KeyError:
        raise Http404 from None


def project(project_id: str) -> Project:
    """Return the registered project with this id. Raises Http404."""
    if "\0" in project_id:  # PostgreSQL refuses to be asked for it
        raise Http404
    found: Project = get_object_or_404(Project, project_id=project_id)
    return found


def project_of(own: Project, needed: RoleNeeded) -> Project | None:
    """Return the registered project that gives a role to a connection in `own`; None if it is not known."""
    if needed.project in {"", own.project_id, str(own.number)}:
        return own
    if needed.project.isdecimal():
        return Project.objects.filter(number=int(needed.project[:18])).first()
    return Project.objects.filter(project_id=needed.project, number__isnull=False).first()


def usable_projects() -> list[Project]:
    """The projects in which connections can be made, by id."""
    return list(Project.objects.filter(number__isnull=False).order_by("project_id"))
