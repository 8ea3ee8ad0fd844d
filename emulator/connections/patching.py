"""What an `updateMask` does to a connection.

The discovery document bigqueryconnection v1, method patch: "For security reasons, also resets credential if
connection properties are in the update field mask." So a password that is not in the same request is gone as
soon as the mask touches the properties block; the block of the user name goes with it.
"""

from emulator import errors
from emulator.errors import JSON
from emulator.kinds.base import Kind
from emulator.kinds.registry import KINDS
from emulator.model import Connection
from emulator.proto import masks
from emulator.proto.masks import Path

_COMMON = frozenset({"friendlyName", "description", "kmsKeyName"})


def _check_path(path: Path, kind: Kind) -> None:
    dotted = ".".join(path)
    if path[0] in KINDS and path[0] != kind.name:
        raise errors.invalid(f"The type of a connection cannot be changed: '{dotted}' is not in use here.")
    if path[0] not in _COMMON and path[0] != kind.name:
        raise errors.invalid(f"Field '{dotted}' cannot be updated.", field="update_mask")


def _with_username(connection: Connection, kind: Kind) -> JSON:
    """The body as given once, user name included, password not."""
    if not kind.username:
        return connection.body
    body = masks.assign(connection.body, kind.username[:-1], None)
    if connection.credential is None:
        return body
    return masks.assign(body, kind.username, connection.credential["username"])


def _start(connection: Connection, kind: Kind, paths: list[Path]) -> JSON:
    container = kind.username[:-1]
    if any(masks.overlaps(path, container) for path in paths):
        return _with_username(connection, kind)
    return masks.assign(connection.body, container, None) if container else connection.body


def patched_body(connection: Connection, kind: Kind, given: JSON, paths: list[Path]) -> JSON:
    """The whole body after the patch, a new secret included, checks of the kind not yet made.

    Raises ApiError 400 for paths that cannot be updated and for another value in an immutable field.
    """
    for path in paths:
        _check_path(path, kind)
    touched = touches_properties(kind, paths)
    body = _start(connection, kind, paths) if touched else connection.body
    for path in paths:
        body = masks.assign(body, path, masks.lookup(given, path))
    for fixed in kind.immutable:
        if masks.lookup(body, fixed) != masks.lookup(connection.body, fixed):
            raise errors.invalid(f"Field '{'.'.join(fixed)}' is immutable.", field=".".join(fixed))
    return body


def touches_properties(kind: Kind, paths: list[Path]) -> bool:
    """Whether the mask has anything of the properties block in it."""
    return any(path[0] == kind.name for path in paths)
