"""Two pictures of one connection, field by field, and the update mask that leads from one to the other. Pure.

Google's rule: "For security reasons, also resets credential if connection properties are in the update field
mask" (REST reference, projects.locations.connections.patch). So a mask that names a property names the
credential too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connections.kinds.base import Kind
from connections.kinds.wire import at

COMMON = {
    "friendlyName": ("friendly_name", "Friendly name"),
    "description": ("description", "Description"),
    "kmsKeyName": ("kms_key_name", "Customer-managed key"),
}
CREDENTIAL = "has_credential"
_APART = frozenset({"name", "lastModifiedTime", "hasCredential", *COMMON})
_OTHERS = {"creationTime": "Created (milliseconds since 1970)"}
_HIDDEN_ENDS = (".password.secretType", ".password.plaintext", ".credential.password")
_HELD = {True: "BigQuery holds one", False: "BigQuery holds none"}
_PLACEHOLDER = "x"
_EMPTY: tuple[Any, ...] = ("", None, False, {}, [])


@dataclass(frozen=True)
class Difference:
    """One field with two values. `field` is the portal's name of it, or a path of Google's for others.

    `known` says whether the portal has a field for it, and so can put it back.
    """

    field: str
    label: str
    before: str
    after: str
    known: bool = True


def differences(kind: Kind | None, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what tells two bodies of a connection apart, whatever Google may have put into them."""
    found = [
        Difference(field, label, text(before.get(name)), text(after.get(name)))
        for name, (field, label) in COMMON.items()
    ]
    known = kind.wire.known if kind else frozenset()
    found += _own(kind, before, after) if kind else []
    found += [
        Difference(path, _OTHERS.get(path, path), text(one), text(other), known=False)
        for path, one, other in _leaf_pairs(before, after)
        if path.split(".")[0] not in _APART
        and path not in known
        and not path.endswith(_HIDDEN_ENDS)
        and not (path in _OTHERS and None in (one, other))
    ]
    if bool(before.get("hasCredential")) != bool(after.get("hasCredential")):
        one, other = bool(before.get("hasCredential")), bool(after.get("hasCredential"))
        found.append(Difference(CREDENTIAL, "Credential", _HELD[one], _HELD[other]))
    return [item for item in found if item.before != item.after]


def _own(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The kind's own fields."""
    labels, one, other = kind.fields(), kind.read(before), kind.read(after)
    return [
        Difference(name, _label(labels, name), text(one.get(name)), text(other.get(name)))
        for name in kind.property_fields
    ]


def _label(fields: Mapping[str, Any], name: str) -> str:
    return str(fields[name].label) if name in fields and fields[name].label else name


def mask(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the update mask that leads from one set of the kind's properties to another; [] for none.

    Whenever it names a property, it names the credential: without it, Google would clear the credential.
    """
    old, new = kind.body(before, _PLACEHOLDER), kind.body(after, _PLACEHOLDER)
    changed = [path for path, one, other in _leaf_pairs(old, new) if one != other]
    if not changed:
        return []
    plain = [path for path in changed if not within(path, kind.credential_mask)]
    return [*plain, *kind.credential_mask]


def resets_credential(kind: Kind | None, paths: list[str]) -> bool:
    """Whether Google would clear the credential of a kind that has one, so that it must be sent along."""
    return bool(kind and kind.secret_field and any(path not in COMMON for path in paths))


def with_paths(body: Mapping[str, Any], source: Mapping[str, Any], paths: list[str]) -> dict[str, Any]:
    """Return `body` with what `source` has at the paths, and nothing there where it has nothing."""
    changed = dict(body)
    for path in paths:
        changed = _assigned(changed, path.split("."), at(source, path))
    return changed


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is not an object, with its dotted path; lists count as values."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif path:
        yield path, value


def text(value: Any) -> str:
    """A value for people; what Google leaves out because it is empty is nothing."""
    if value in _EMPTY:
        return ""
    return "yes" if value is True else str(value)


def _leaf_pairs(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    left, right = dict(leaves(one)), dict(leaves(other))
    return [(path, left.get(path), right.get(path)) for path in dict.fromkeys([*left, *right])]


def within(path: str, containers: Iterable[str]) -> bool:
    """Whether a path is one of the containers, or lies in one."""
    return any(path == container or path.startswith(f"{container}.") for container in containers)


def _assigned(value: Mapping[str, Any], path: list[str], new: Any) -> dict[str, Any]:
    head, *rest = path
    if rest:
        below = value.get(head)
        new = _assigned(below if isinstance(below, Mapping) else {}, rest, new)
    kept = {key: item for key, item in value.items() if key != head}
    return kept if new is None else {**kept, head: new}
