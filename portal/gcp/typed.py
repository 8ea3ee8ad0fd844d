"""Google's typed clients over REST, sending through the portal's own session.

Two things about them need care:

- They retry by themselves unless told not to; their time-out is the session's.
- What they return is their own parse, which drops every field that their release does not know, and they
  write enumerations as numbers. A read-modify-write of an IAM policy with a lossy reader would delete what it
  cannot see. So the answer's JSON is read as it came, and a policy that the client cannot repeat exactly is
  written by plain REST instead.

gRPC is not used: its threads do not survive the fork of a worker process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from google.cloud.bigquery_connection_v1 import ConnectionServiceClient
from google.cloud.bigquery_connection_v1.services.connection_service.transports import (
    ConnectionServiceRestTransport,
)
from google.cloud.resourcemanager_v3 import ProjectsClient
from google.cloud.resourcemanager_v3.services.projects.transports import ProjectsRestTransport
from google.iam.v1 import policy_pb2
from google.protobuf import json_format  # type: ignore[import-untyped]

from portal.gcp import transport
from portal.gcp.policies import Policy

POLICY_VERSION = 3


class _OwnSession:
    """Puts the portal's session (no redirects; timed and logged) in the place of the transport's own.

    The transport looks its methods up by session, so the exchange must come before it prepares them.
    """

    def _prep_wrapped_messages(self, client_info: object) -> None:
        self._session = transport.session()
        super()._prep_wrapped_messages(client_info)  # type: ignore[misc]


class _ConnectionsTransport(_OwnSession, ConnectionServiceRestTransport):  # type: ignore[misc]
    pass


class _ProjectsTransport(_OwnSession, ProjectsRestTransport):  # type: ignore[misc]
    pass


def connections_client() -> ConnectionServiceClient:
    """This thread's client of the BigQuery Connection API."""
    client: ConnectionServiceClient = _client(
        "bigqueryconnection", ConnectionServiceClient, _ConnectionsTransport
    )
    return client


def projects_client() -> ProjectsClient:
    """This thread's client of Resource Manager's projects."""
    client: ProjectsClient = _client("cloudresourcemanager", ProjectsClient, _ProjectsTransport)
    return client


def ask(method: Callable[..., object], request: Mapping[str, Any], *, write: bool) -> dict[str, Any]:
    """Call a method of a typed client and return the JSON object of Google's answer, as it came.

    Args:
        method: the bound method, such as ``connections_client().get_iam_policy``.
        request: its request, as a mapping.
        write: whether it can change something.

    Raises:
        errors.GoogleError: its subclasses.
    """

    def send() -> requests.Response:
        with transport.session().capturing() as answers:
            try:
                method(request=dict(request), retry=None)
            except Exception:
                if not answers:  # nothing came back; otherwise the answer itself is judged, not its parse
                    raise
        return answers[-1]

    return transport.document(send, write=write)


def get_policy(method: Callable[..., object], resource: str) -> Policy:
    """Read an IAM policy, conditional bindings included.

    Raises:
        errors.GoogleError: its subclasses.
    """
    request = {"resource": resource, "options": {"requested_policy_version": POLICY_VERSION}}
    return Policy.from_json(ask(method, request, write=False))


def set_policy(
    method: Callable[..., object], resource: str, policy: Policy, *, api: str, path: str
) -> Policy:
    """Replace an IAM policy by one that was read before.

    Args:
        method: the typed client's ``set_iam_policy``.
        resource: the resource's full name.
        policy: what get_policy gave, changed; its etag must be there.
        api, path: where plain REST has the same method.

    Raises:
        ValueError: the policy has no etag: sending it would overwrite what others wrote in between.
        errors.Conflict: the policy was changed since it was read.
        errors.GoogleError: its other subclasses.
    """
    document = policy.to_write()
    message = _exact(document)
    if message is None:
        return Policy.from_json(transport.call(api, "POST", path, body={"policy": document}))
    return Policy.from_json(ask(method, {"resource": resource, "policy": message}, write=True))


def _exact(document: Mapping[str, Any]) -> policy_pb2.Policy | None:
    """The policy as the typed client's message, or None if the client would send anything else."""
    try:
        message = json_format.ParseDict(document, policy_pb2.Policy())
    except json_format.ParseError:
        return None
    sent = json_format.MessageToDict(message, use_integers_for_enums=True)
    return message if {"bindings": [], **sent} == {"bindings": [], **document} else None


def _client(api: str, client: Callable[..., Any], rest: Callable[..., Any]) -> Any:
    session = transport.session()
    if api not in session.clients:
        scheme, _, host = transport.base_url(api).partition("://")
        wire = rest(host=host, url_scheme=scheme, credentials=session.credentials)
        session.clients[api] = client(transport=wire)
    return session.clients[api]
