"""How a kind's values stand in Google's JSON: one table of dotted paths, used to write and to read.

Because both directions use the same table, what is written is what is read back. What Google sends beyond
the table is not touched: it stays in Connection.body, and the page shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A kind's own values: texts, and True or False for boxes.
Properties = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wire:
    """Where each of a kind's properties stands in a Connection of the REST v1 API.

    `block` is the one property of Connection that says what it connects to; `values` are texts and `flags`
    truth values, left out when empty or false, as Google itself does; `presence` names properties that are
    true when something stands at the path; `fixed` is what tells this kind from others in the same block;
    `secret` is where the password goes in, `identity` where Google says who reaches the source, `outputs`
    what Google alone writes and the portal shows elsewhere.
    """

    block: str
    values: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    presence: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    identity: str = ""
    outputs: tuple[str, ...] = ()

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
        if self.secret:  # an empty one too: the gateway refuses to send it
            _put(body, self.secret, password)
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

    @property
    def known(self) -> frozenset[str]:
        """Every path that the portal has a place for."""
        paths = (*self.values.values(), *self.flags.values(), *self.fixed, *self.outputs)
        return frozenset({*paths, self.block, self.secret, self.identity} - {""})


def at(body: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for key in path.split("."):
        body = body.get(key) if isinstance(body, Mapping) else None
    return body


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        body = body.setdefault(key, {})
    body[last] = value
