"""Finding a connection for a call, with Google's refusals."""

import re

from emulator import errors, locations
from emulator.calling import Call
from emulator.errors import ApiError
from emulator.model import Connection, Project

# The maximum length is unverified; this is the one of dataset ids.
_ID = re.compile(r"^[A-Za-z0-9_-]{1,1024}$")


def check_id(connection_id: str) -> None:
    """Raise ApiError 400 for an id with other characters than letters, digits, underscores and dashes."""
    if not _ID.match(connection_id) or connection_id.endswith("\n"):
        raise errors.invalid(
            f'Invalid connection ID "{connection_id}". Connection IDs must be alphanumeric (plus underscores '
            "and dashes) and must be at most 1024 characters long."
        )


def location_of(call: Call) -> str:
    """The location in the path, in lower case. Raises ApiError 400 for one that BigQuery does not have."""
    location = call.params["location"]
    if not locations.known(location):
        raise errors.invalid(f"Invalid location: {location}")
    return location.lower()


def parent_of(call: Call, permission: str) -> tuple[Project, str]:
    """The project and the location in the path, if the caller has the permission on the project."""
    project = call.project()
    location = location_of(call)
    if not call.may(permission, f"projects/{project.number}"):
        raise errors.denied(
            f"Access Denied: Project {project.project_id}: User does not have {permission} permission in "
            f"project {project.project_id}."
        )
    return project, location


def name_of(call: Call) -> str:
    """The name in the path with the project's number and a lower-case location."""
    project = call.project()
    return f"projects/{project.number}/locations/{location_of(call)}/connections/{call.params['connection']}"


def dotted(name: str) -> str:
    """`projects/P/locations/L/connections/C` as messages about access show it: `P.L.C`."""
    return ".".join(name.split("/")[1::2])


def missing(name: str) -> ApiError:
    """404 in Google's words."""
    return errors.not_found(f"Not found: Connection {name}")


def access_denied(name: str, permission: str) -> ApiError:
    """403 in BigQuery's words."""
    short = dotted(name)
    return errors.denied(
        f"Access Denied: Connection {short}: User does not have {permission} permission for connection "
        f"{short}."
    )


def found(call: Call, permission: str) -> Connection:
    """The connection in the path. Raises 403 without the permission, 404 if there is none."""
    name = name_of(call)
    if not call.may(permission, name):
        raise access_denied(name, permission)
    connection = call.world.connections.get(name)
    if connection is None:
        raise missing(name)
    return connection
