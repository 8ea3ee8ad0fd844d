"""The network attachments through which a connection can reach a private host: Compute Engine API v1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.gcp import errors, transport
from portal.gcp.projects import resource_name

API = "compute"
PAGE_SIZE = 100
_LINK = re.compile(
    r"https://[^/]+/compute/v1/(?P<name>projects/[a-z0-9][a-z0-9.:-]*/regions/(?P<region>[a-z0-9-]+)"
    r"/networkAttachments/(?P<attachment>[a-z0-9-]+))"
)


@dataclass(frozen=True, slots=True)
class NetworkAttachmentInfo:
    """A network attachment; ``name`` is what a connection's ``networkAttachment`` takes."""

    name: str
    region: str
    attachment_id: str
    network: str
    description: str


def list_network_attachments(project: str) -> list[NetworkAttachmentInfo]:
    """Every network attachment of a project, in all regions, by name.

    Raises:
        errors.ApiDisabled: the Compute Engine API is off in the project.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project.
    """
    path = f"v1/{resource_name(project)}/aggregated/networkAttachments"
    found = [made for item in _items(path) if (made := _attachment(item)) is not None]
    return sorted(found, key=lambda attachment: attachment.name)


def _items(path: str) -> Iterator[Mapping[str, Any]]:
    """The items of an aggregated list, page by page: a map of regions, each with a list of its own."""
    query: dict[str, Any] = {"maxResults": PAGE_SIZE}
    seen: set[str] = set()
    while True:
        answer = transport.call(API, "GET", path, params=query)
        scopes = answer.get("items") or {}
        if not isinstance(scopes, Mapping):
            raise errors.malformed(write=False)
        for scope in scopes.values():
            yield from scope.get("networkAttachments", ())
        token = answer.get("nextPageToken")
        if not token:
            return
        if token in seen:
            raise errors.malformed(write=False)
        seen.add(token)
        query["pageToken"] = token


def _attachment(item: Mapping[str, Any]) -> NetworkAttachmentInfo | None:
    match = _LINK.fullmatch(str(item.get("selfLink", "")))
    if match is None:
        return None
    return NetworkAttachmentInfo(
        name=match["name"],
        region=match["region"],
        attachment_id=match["attachment"],
        network=str(item.get("network", "")).rpartition("/")[2],
        description=str(item.get("description", "")),
    )
