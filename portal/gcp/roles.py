"""What a role contains: IAM v1, roles.get."""

from __future__ import annotations

import re

from portal.gcp import transport

API = "iam"

_ROLE = re.compile(r"(?:(?:projects/[a-z0-9][a-z0-9.:-]*|organizations/[0-9]+)/)?roles/[A-Za-z0-9_.]+")


def included_permissions(role: str) -> frozenset[str]:
    """The permissions of a role, to see for instance whether a custom one has alloydb.instances.connect.

    Args:
        role: ``roles/x``, ``projects/P/roles/x`` or ``organizations/N/roles/x``.

    Returns:
        The permissions; none for a deleted role, which grants nothing.

    Raises:
        errors.NotFound: there is no such role.
        errors.GoogleError: its other subclasses.
        ValueError: it cannot be a role.
    """
    if not _ROLE.fullmatch(role):
        raise ValueError(f"not the name of an IAM role: {role!r}")
    answer = transport.call(API, "GET", f"v1/{role}")
    return frozenset() if answer.get("deleted") else frozenset(answer.get("includedPermissions", ()))
