"""Writing Python: literals in the layout that formatters give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connections.equivalents.base import Placeholder

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_PROMPT = 'getpass("Database password: ")'


def string(text: str) -> str:
    """A string literal in double quotes, invisible characters escaped."""
    return '"' + "".join(_char(char) for char in text) + '"'


def lines(text: str, margin: str = "") -> str:
    """A string literal with a line of code for each of its lines."""
    parts = [string(part) for part in text.splitlines(keepends=True)] or ['""']
    if len(parts) == 1:
        return parts[0]
    return "(\n" + "".join(f"{margin}    {part}\n" for part in parts) + margin + ")"


def pairs(items: Iterable[tuple[str, str]]) -> str:
    """A list of pairs, each on a line of its own."""
    return "[\n" + "".join(f"    ({string(a)}, {string(b)}),\n" for a, b in items) + "]"


def value(data: Any, margin: str = "") -> str:
    """A JSON value as a literal; a password's placeholder becomes the question for it."""
    if isinstance(data, Placeholder):
        return _PROMPT
    if isinstance(data, str):
        return string(data)
    if isinstance(data, Mapping) and data:
        members = (
            f"{margin}    {string(str(key))}: {value(inner, margin + '    ')},\n"
            for key, inner in data.items()
        )
        return "{\n" + "".join(members) + margin + "}"
    if isinstance(data, list | tuple) and data:
        items = (f"{margin}    {value(inner, margin + '    ')},\n" for inner in data)
        return "[\n" + "".join(items) + margin + "]"
    return repr(dict(data) if isinstance(data, Mapping) else data)


def _char(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
