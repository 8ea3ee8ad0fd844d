"""How a kind's values stand in Google's JSON: one table of dotted paths, used to write and to read.

Because both directions use the same table, what is written is what is read back. What Google sends beyond
the table is not touched: it stays in Connection.body, and the page shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Google never gives a secret back; that it has one it tells by a type.
_SECRETS = frozenset({"password", "plaintext", "secretType"})
# A kind's own values: texts, and True or False for boxes.
Properties = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wire:
    """Where each of a kind's properties stands in a Connection of the REST v1 API.

    `block` is the one property of Connection that says what it connects to; `values` are texts and `flags`
    truth values, left out when empty or false, as Google itself does; `presence` names properties that are
    true when something stands at the path; `fixed` is what tells this kind from others in the same block;
    `credential` is where the password goes in, `identity` where Google says who reaches the source, `outputs`
    what Google alone writes and the portal shows elsewhere, `told` what it alone writes and the page shows
    as it is.
    """

    block: str
    values: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    presence: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    credential: str = ""
    identity: str = ""
    outputs: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    def write(self, properties: Properties, password: str) -> dict[str, Any]:
        """The REST body without the common fields."""
        body: dict[str, Any] = {self.block: {}}
        for path, constant in self.fixed.items():
            _put(body, path, constant)
        for name, path in self.values.items():
            if value := properties.get(name):
                _put(body, path, value)
        for name, path in self.flags.items():
            if properties.get(name):
                _put(body, path, True)
        if self.credential:  # an empty one too: the gateway refuses to send it
            _put(body, self.credential, password)
        return body

    def read(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The properties in what Google answers; empty or false where it says nothing."""
        texts = {name: _text(at(body, path)) for name, path in self.values.items()}
        flags = {name: at(body, path) is True for name, path in self.flags.items()}
        there = {name: at(body, path) not in (None, "") for name, path in self.presence.items()}
        return {**texts, **flags, **there}

    def fits(self, body: Mapping[str, Any]) -> bool:
        """Whether what Google answers is a connection of this kind."""
        return self.block in body and all(at(body, path) == value for path, value in self.fixed.items())

    def beyond(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What somebody else gave in the block and the portal has no place for, in the body's own shape."""
        rest = _rest(body.get(self.block), self.block, self.known | {*self.told})
        return {self.block: rest} if rest else {}

    @property
    def known(self) -> frozenset[str]:
        """Every path that the portal has a place for."""
        paths = (*self.values.values(), *self.flags.values(), *self.fixed, *self.outputs)
        return frozenset({*paths, self.block, self.credential, self.identity} - {""})


def at(body: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for key in path.split("."):
        body = body.get(key) if isinstance(body, Mapping) else None
    return body


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both bodies; where both have a value, that of `one`."""
    result = {**one, **{key: value for key, value in other.items() if key not in one}}
    for key in one.keys() & other.keys():
        if isinstance(one[key], Mapping) and isinstance(other[key], Mapping):
            result[key] = merged(one[key], other[key])
    return result


def _rest(value: Any, path: str, known: frozenset[str]) -> Any:
    """The value without what is known, and without what tells of secrets; None if nothing is left."""
    if path.rpartition(".")[2] in _SECRETS:
        return None
    if isinstance(value, list):
        return [{} if (inner := _rest(item, f"{path}.", known)) is None else inner for item in value]
    if not isinstance(value, Mapping):
        return None if path in known else value
    if not value:  # says that it is there, unless it only holds what is known
        return None if any(place == path or place.startswith(f"{path}.") for place in known) else {}
    kept = {key: _rest(inner, f"{path}.{key}", known) for key, inner in value.items()}
    return {key: inner for key, inner in kept.items() if inner is not None} or None


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        body = body.setdefault(key, {})
    body[last] = value
