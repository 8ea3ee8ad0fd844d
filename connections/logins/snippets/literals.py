"""String literals of Go and Java that mean exactly the text; connections.equivalents.python has Python's."""

from __future__ import annotations

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def go(text: str) -> str:
    """An interpreted string literal of Go."""
    return '"' + "".join(_ESCAPES.get(char) or _go(char) for char in _whole(text)) + '"'


def java(text: str) -> str:
    """A string literal of Java.

    Control characters are octal: Java reads \\u escapes before it knows what a string is, so that one for a
    line's end would end the line.
    """
    return '"' + "".join(_ESCAPES.get(char) or _java(char) for char in _whole(text)) + '"'


def _whole(text: str) -> str:
    """Halves of a surrogate pair, which neither language can hold in a string, become U+FFFD."""
    return text.encode("utf-8", errors="replace").decode("utf-8") if not text.isascii() else text


def _go(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _java(char: str) -> str:
    if char.isprintable():
        return char
    if ord(char) <= 0xFF:
        return f"\\{ord(char):03o}"
    units = char.encode("utf-16-be")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(units[::2], units[1::2], strict=True))
