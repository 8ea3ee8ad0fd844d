"""Customer-managed encryption keys: Cloud KMS v1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.gcp import errors, transport
from portal.gcp.policies import Policy
from portal.gcp.projects import resource_name

API = "cloudkms"
POLICY_VERSION = 3
# The role that lets BigQuery's encryption agent use a key ("Customer-managed Cloud KMS keys", BigQuery).
KEY_ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

_KEY = re.compile(
    r"projects/(?P<project>[a-z0-9][a-z0-9.:-]*)/locations/(?P<location>[a-z0-9-]+)"
    r"/keyRings/(?P<ring>[A-Za-z0-9_-]+)/cryptoKeys/(?P<key>[A-Za-z0-9_-]+)"
)


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key. BigQuery needs purpose ENCRYPT_DECRYPT, and ``state`` (of its primary version) ENABLED."""

    name: str
    location: str
    ring: str
    key_id: str
    purpose: str
    state: str


def list_keys(project: str, location: str | None = None) -> list[KeyInfo]:
    """The keys of a project, by name.

    Args:
        project: id or number.
        location: only there. Without it every location is asked in turn, one call each: Cloud KMS has no list
            across locations.

    Raises:
        errors.ApiDisabled: the Cloud KMS API is off in the project.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a project or a location.
    """
    places = [f"{resource_name(project)}/locations/{location.lower()}"] if location else _locations(project)
    rings = (
        str(r.get("name", "")) for p in places for r in transport.pages(API, f"v1/{p}/keyRings", "keyRings")
    )
    items = (item for ring in rings for item in transport.pages(API, f"v1/{ring}/cryptoKeys", "cryptoKeys"))
    keys = [made for item in items if (made := _key(item)) is not None]
    return sorted(keys, key=lambda key: key.name)


def get_policy(key: str) -> Policy:
    """Read a key's IAM policy at version 3.

    Args:
        key: its full name.

    Raises:
        errors.GoogleError: its subclasses.
        ValueError: not the name of a key.
    """
    params = {"options.requestedPolicyVersion": POLICY_VERSION}
    return Policy.from_json(transport.call(API, "GET", f"v1/{_checked(key)}:getIamPolicy", params=params))


def set_policy(key: str, policy: Policy) -> Policy:
    """Replace a key's IAM policy by a changed copy of what get_policy gave.

    Raises:
        errors.Conflict: it was changed since: read again, change again, write again.
        errors.GoogleError: its other subclasses.
        ValueError: not the name of a key, or a policy without etag.
    """
    document = policy.to_write()
    answer = transport.call(API, "POST", f"v1/{_checked(key)}:setIamPolicy", body={"policy": document})
    return Policy.from_json(answer)


def _locations(project: str) -> list[str]:
    found = transport.pages(API, f"v1/{resource_name(project)}/locations", "locations")
    return [str(place["name"]) for place in _named(found)]


def _named(items: Iterator[Any]) -> Iterator[Mapping[str, Any]]:
    for item in items:
        if not item.get("name"):
            raise errors.malformed(write=False)
        yield item


def _key(item: Mapping[str, Any]) -> KeyInfo | None:
    match = _KEY.fullmatch(str(item.get("name", "")))
    if match is None:
        return None
    primary = item.get("primary")
    return KeyInfo(
        name=match.group(),
        location=match["location"],
        ring=match["ring"],
        key_id=match["key"],
        purpose=str(item.get("purpose", "")),
        state=str(primary.get("state", "")) if isinstance(primary, Mapping) else "",
    )


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not the full name of a Cloud KMS key: {key!r}")
    return key
