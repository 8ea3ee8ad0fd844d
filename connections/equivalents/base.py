"""What every equivalent is made of: the command itself, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Tool = Literal["bq", "gcloud", "rest", "terraform", "python", "sql"]
Language = Literal["shell", "hcl", "python", "sql"]

_LABELS: Final[Mapping[Tool, str]] = {
    "bq": "bq",
    "gcloud": "gcloud",
    "rest": "REST",
    "terraform": "Terraform",
    "python": "Python",
    "sql": "SQL",
}
_LANGUAGES: Final[Mapping[Tool, Language]] = {
    "bq": "shell",
    "gcloud": "shell",
    "rest": "shell",
    "terraform": "hcl",
    "python": "python",
    "sql": "sql",
}
# Connector parameters are named by the connector, not by the API (ConnectorConfiguration, REST reference).
_FREE_KEYS = "parameters"
_HUMP = re.compile(r"(?<!^)(?=[A-Z])")
_SECRET_FIELDS = frozenset({"password", "plaintext"})


class Placeholder(str):
    """Where a password belongs: known by its type, so that no user name can be mistaken for it."""

    __slots__ = ()


PASSWORD_PLACEHOLDER: Final = Placeholder("PASSWORD")


@dataclass(frozen=True)
class Equivalent:
    """One tool's form of an act. Without a text the tool has no such command, and `note` says so."""

    tool: Tool
    label: str
    language: Language
    text: str
    note: str = ""

    @property
    def available(self) -> bool:
        """Whether there is anything to run."""
        return bool(self.text)


@dataclass(frozen=True)
class ConnectionSpec:
    """A connection as it is asked for.

    `body` is the REST body without the common fields, as the connection's kind makes it from its
    properties and PASSWORD_PLACEHOLDER: one property, such as `configuration` or `cloudSql`.

    Raises:
        ValueError: the body has not exactly one property, or has a password instead of the placeholder.
    """

    project: str
    location: str
    connection_id: str
    body: Mapping[str, Any] = field(repr=False)
    friendly_name: str = ""
    description: str = ""
    kms_key_name: str = ""

    def __post_init__(self) -> None:
        if len(self.body) != 1:
            raise ValueError("a connection has exactly one property that says what it connects to")
        if any(_leaks(key, value) for key, value in _leaves(self.body)):
            raise ValueError("a command shows a placeholder, never a password")

    @property
    def kind(self) -> str:
        """The property that says what the connection connects to."""
        return next(iter(self.body))

    @property
    def properties(self) -> Mapping[str, Any]:
        """The value of that property."""
        value: Mapping[str, Any] = self.body[self.kind]
        return value

    @property
    def full_body(self) -> dict[str, Any]:
        """The whole Connection in JSON."""
        common = {
            "friendlyName": self.friendly_name,
            "description": self.description,
            "kmsKeyName": self.kms_key_name,
        }
        return {name: value for name, value in common.items() if value} | dict(self.body)


def equivalent(tool: Tool, text: str, note: str = "", *, label: str = "") -> Equivalent:
    """An act as `tool` does it."""
    return Equivalent(tool, label or _LABELS[tool], _LANGUAGES[tool], text, note)


def left_out(tool: Tool, reason: str) -> Equivalent:
    """An act that `tool` cannot do, and why: better no command than an invented one."""
    return equivalent(tool, "", reason)


def has_secret(value: Any) -> bool:
    """Whether a password belongs somewhere in a JSON value."""
    return any(isinstance(leaf, Placeholder) for _, leaf in _leaves(value))


def snake_names(value: Any) -> Any:
    """A JSON value with its field names in snake_case, as the documents of bq and Terraform write them."""
    if isinstance(value, Mapping):
        return {
            snake(key): inner if key == _FREE_KEYS else snake_names(inner) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [snake_names(inner) for inner in value]
    return value


def snake(name: str) -> str:
    """`connectorId` as `connector_id`."""
    return _HUMP.sub("_", name).lower()


def _leaks(key: str, value: Any) -> bool:
    return key in _SECRET_FIELDS and value is not None and not isinstance(value, Placeholder)


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner, key)
    else:
        yield key, value
