"""Field masks (`updateMask`) over nested JSON objects."""

from typing import Any

from emulator import errors
from emulator.errors import JSON
from emulator.proto.reading import camel
from emulator.proto.schemas import MESSAGES

Path = tuple[str, ...]


def _check(message: str, path: Path, given: str) -> None:
    if path[0] not in MESSAGES[message]:
        raise errors.invalid(f"Invalid field mask: unknown path '{given}'.", field="update_mask")
    kind = MESSAGES[message][path[0]].removeprefix("!")
    if len(path) > 1 and kind.startswith("@"):
        _check(kind[1:], path[1:], given)
    elif len(path) > 1 and not kind.startswith("{"):
        raise errors.invalid(f"Invalid field mask: unknown path '{given}'.", field="update_mask")


def parse(mask: str, message: str) -> list[Path]:
    """The paths of a mask in lowerCamelCase; either spelling is taken.

    Raises ApiError 400 when the mask is empty or names a field that the message does not have.
    """
    paths = []
    for given in (part.strip() for part in mask.split(",")):
        if not given:
            continue
        path = tuple(camel(segment) for segment in given.split("."))
        _check(message, path, given)
        paths.append(path)
    if not paths:
        raise errors.invalid(
            "The update_mask is required and must name at least one field.", field="update_mask"
        )
    return paths


def lookup(value: JSON, path: Path) -> Any:
    """What is at `path`, or None."""
    found: Any = value
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def assign(value: JSON, path: Path, new: Any) -> JSON:
    """A copy of `value` with `new` at `path`; None takes the field away."""
    head, rest = path[0], path[1:]
    if rest:
        below = value.get(head)
        new = assign(below if isinstance(below, dict) else {}, rest, new)
    copy = {key: item for key, item in value.items() if key != head}
    return copy if new is None else {**copy, head: new}


def overlaps(one: Path, other: Path) -> bool:
    """Whether one path is the other or lies above it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
