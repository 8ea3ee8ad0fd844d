"""Writing HCL, Terraform's language (HCL Native Syntax Specification: quoted templates, identifiers)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from connections.equivalents.base import Placeholder

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# The beginning of an interpolation or a directive. Its own escape, a second mark, is read differently by
# different parsers after a mark or without a closing brace; the code of the mark is not.
_TEMPLATE = re.compile(r"[$%](?=\{)")
_NOT_IN_IDENTIFIERS = re.compile(r"[^A-Za-z0-9_]+")
VARIABLE = "database_password"
PASSWORD_VARIABLE = f"""\
variable "{VARIABLE}" {{
  type      = string
  sensitive = true
}}
"""


def string(text: str) -> str:
    """A quoted string: no interpolation, no directive, nothing invisible."""
    shown = "".join(_char(char) for char in text)
    return '"' + _TEMPLATE.sub(lambda mark: _code(mark[0]), shown) + '"'


def identifier(text: str) -> str:
    """A name for a resource: letters, digits and underscores, not beginning with a digit."""
    name = _NOT_IN_IDENTIFIERS.sub("_", text).strip("_")
    return name if name and not name[0].isdigit() else f"_{name}"


def distinct(names: Iterable[str]) -> list[str]:
    """The names, a number at the end of those that were there before."""
    taken: set[str] = set()
    result = []
    for name in names:
        choice, number = name, 2
        while choice in taken:
            choice, number = f"{name}_{number}", number + 1
        taken.add(choice)
        result.append(choice)
    return result


def resource(kind: str, name: str, content: Mapping[str, Any]) -> str:
    """A resource block, laid out as `terraform fmt` does."""
    return "\n".join([f'resource "{kind}" "{name}" {{', *_body(content, "  "), "}"]) + "\n"


def _body(content: Mapping[str, Any], margin: str) -> list[str]:
    arguments = {name: value for name, value in content.items() if not isinstance(value, Mapping)}
    blocks = {name: value for name, value in content.items() if isinstance(value, Mapping)}
    width = max(map(len, arguments), default=0)
    lines = [f"{margin}{name.ljust(width)} = {_value(value)}" for name, value in arguments.items()]
    for name, value in blocks.items():
        if lines:
            lines.append("")
        inner = _body(value, margin + "  ")
        lines += [f"{margin}{name} {{", *inner, margin + "}"] if inner else [f"{margin}{name} {{}}"]
    return lines


def _value(value: Any) -> str:
    if isinstance(value, Placeholder):
        return f"var.{VARIABLE}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return string(str(value))


def _char(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() else _code(char)


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08x}"
