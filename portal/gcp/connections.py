"""BigQuery connections: the BigQuery Connection API, v1.

Reading and writing a connection goes by REST: the typed client (google-cloud-bigquery-connection 1.23)
knows neither ``configuration``, which is what an AlloyDB connection consists of, nor ``kmsKeyName``, and
would show such a connection as empty. Deleting and IAM go through the typed
client (see portal.gcp.typed for what that takes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.views.decorators.debug import sensitive_variables

from portal.gcp import errors, transport, typed
from portal.gcp.policies import Policy

API = "bigqueryconnection"

_NAME = re.compile(
    r"projects/(?P<project>[a-z0-9][a-z0-9.:-]*)/locations/(?P<location>[A-Za-z0-9-]+)"
    r"/connections/(?P<id>[A-Za-z0-9_-]+)"
)


class ConnectionName(NamedTuple):
    """The parts of a connection's full name. Google answers with the project's number in it."""

    project: str
    location: str
    connection_id: str


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """A connection as Google describes it; ``body`` is all of its JSON, and never holds a password."""

    name: str
    project: str
    location: str
    connection_id: str
    friendly_name: str
    description: str
    kms_key_name: str
    creation_time: datetime | None
    last_modified_time: datetime | None
    has_credential: bool
    body: Mapping[str, Any] = field(repr=False)

    @property
    def service_account(self) -> str:
        """The identity that reaches the database for this connection, "" if Google names none.

        Each kind of connection has it in a place of its own (Connection resource, REST reference).
        """
        for path in _IDENTITIES:
            value: Any = self.body
            for step in path:
                value = value.get(step) if isinstance(value, Mapping) else None
            if value:
                return str(value)
        return ""


_IDENTITIES = (
    ("configuration", "authentication", "serviceAccount"),
    ("cloudSql", "serviceAccountId"),
    ("cloudResource", "serviceAccountId"),
    ("spark", "serviceAccountId"),
    ("aws", "accessRole", "identity"),
    ("azure", "identity"),
)


def full_name(project: str, location: str, connection_id: str) -> str:
    """``projects/P/locations/L/connections/ID``, the location in lower case as in Google's own names.

    Raises:
        ValueError: a part has characters that it cannot have.
    """
    name = f"projects/{project}/locations/{location.lower()}/connections/{connection_id}"
    parse_name(name)
    return name


def parse_name(name: str) -> ConnectionName:
    """The parts of a full name.

    Raises:
        ValueError: it is not the name of a connection.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"not the full name of a BigQuery connection: {name!r}")
    return ConnectionName(match["project"], match["location"], match["id"])


@sensitive_variables()
def create(project: str, location: str, connection_id: str, body: Mapping[str, Any]) -> ConnectionInfo:
    """Create a connection (projects.locations.connections.create).

    Args:
        project: id or number.
        location: a BigQuery location, in either case.
        connection_id: always given: were it left to Google, a repeated call would make a second connection.
        body: a Connection in JSON, its credential included.

    Raises:
        errors.AlreadyExists: the id is taken in this location.
        errors.GoogleError: its other subclasses; look at ``outcome_unknown`` before repeating.
        ValueError: a name cannot be, or a password is empty.
    """
    parse_name(full_name(project, location, connection_id))
    _refuse_empty_password(body)
    path = f"v1/projects/{project}/locations/{location.lower()}/connections"
    answer = transport.call(API, "POST", path, params={"connectionId": connection_id}, body=body)
    return _info(answer, write=True)


def get(name: str) -> ConnectionInfo:
    """Read a connection by its full name.

    Raises:
        errors.NotFound: there is none.
        errors.GoogleError: its other subclasses.
        ValueError: not the name of a connection.
    """
    parse_name(name)
    return _info(transport.call(API, "GET", f"v1/{name}"), write=False)


def list_all(project: str, location: str) -> Iterator[ConnectionInfo]:
    """Every connection of a project in one location, page by page. There is no list over all locations.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: the project or the location cannot be one.
    """
    parse_name(full_name(project, location, "any"))
    path = f"v1/projects/{project}/locations/{location.lower()}/connections"
    for item in transport.pages(API, path, "connections"):
        yield _info(item, write=False)


@sensitive_variables()
def patch(name: str, body: Mapping[str, Any], update_mask: Sequence[str]) -> ConnectionInfo:
    """Change some fields (projects.locations.connections.patch).

    A mask that names connection properties without the credential clears the credential ("For security
    reasons, also resets credential if connection properties are in the update field mask", REST reference).

    Args:
        name: the full name.
        body: a Connection in JSON with the new values.
        update_mask: field paths, such as ``friendlyName`` or ``configuration.asset.database``.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: not a name, no mask, or an empty password.
    """
    parse_name(name)
    if not update_mask:
        raise ValueError("an empty update mask changes nothing or everything: name the fields")
    _refuse_empty_password(body)
    params = {"updateMask": ",".join(update_mask)}
    return _info(transport.call(API, "PATCH", f"v1/{name}", params=params, body=body), write=True)


def delete(name: str) -> None:
    """Delete a connection. Use by queries does not prevent it.

    Raises:
        errors.NotFound: it is not there (any more).
        errors.GoogleError: its other subclasses.
        ValueError: not the name of a connection.
    """
    parse_name(name)
    typed.ask(typed.connections_client().delete_connection, {"name": name}, write=True)


def get_policy(name: str) -> Policy:
    """Read a connection's IAM policy. Version 3 is asked for, although connections document no conditions.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: not the name of a connection.
    """
    parse_name(name)
    return typed.get_policy(typed.connections_client().get_iam_policy, name)


def set_policy(name: str, policy: Policy) -> Policy:
    """Replace a connection's IAM policy by a changed copy of what get_policy gave.

    Raises:
        errors.Conflict: it was changed since: read again, change again, write again.
        errors.GoogleError: its other subclasses.
        ValueError: not a name, or a policy without etag.
    """
    parse_name(name)
    method = typed.connections_client().set_iam_policy
    return typed.set_policy(method, name, policy, api=API, path=f"v1/{name}:setIamPolicy")


def test_permissions(name: str, permissions: Sequence[str]) -> frozenset[str]:
    """Those of the permissions that the portal itself has on the connection.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: not the name of a connection.
    """
    parse_name(name)
    request = {"resource": name, "permissions": list(permissions)}
    answer = typed.ask(typed.connections_client().test_iam_permissions, request, write=False)
    return frozenset(answer.get("permissions", ()))


def _info(body: Mapping[str, Any], *, write: bool) -> ConnectionInfo:
    try:
        name = parse_name(str(body.get("name", "")))
    except ValueError:
        raise errors.malformed(write=write) from None
    return ConnectionInfo(
        name=str(body["name"]),
        project=name.project,
        location=name.location,
        connection_id=name.connection_id,
        friendly_name=str(body.get("friendlyName", "")),
        description=str(body.get("description", "")),
        kms_key_name=str(body.get("kmsKeyName", "")),
        creation_time=_time(body.get("creationTime")),
        last_modified_time=_time(body.get("lastModifiedTime")),
        has_credential=bool(body.get("hasCredential", False)),
        body=body,
    )


def _time(value: object) -> datetime | None:
    """The API documents an int64 and sends milliseconds since 1970, as a string of 13 digits."""
    try:
        return datetime.fromtimestamp(int(str(value)) / 1000, UTC) if value else None
    except (ValueError, OverflowError, OSError):
        return None


def _refuse_empty_password(value: Any) -> None:
    """An empty password would replace a good one: it always means that the secret was lost on the way."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in ("password", "plaintext") and inner in ("", None):
                raise ValueError("an empty password is never sent")
            _refuse_empty_password(inner)
