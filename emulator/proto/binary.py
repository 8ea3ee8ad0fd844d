"""Protocol buffers on the wire, as far as connectors need them: texts, numbers and lists of texts.

The encoding is Google's documentation, Protocol Buffers encoding. Messages are by field number.
"""

from collections.abc import Mapping

Field = int | str | list[str]
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Malformed(ValueError):
    """The bytes are no message."""


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _texts(number: int, texts: list[str]) -> bytes:
    key = _varint(number << 3 | _BYTES)
    return b"".join(key + _varint(len(raw)) + raw for raw in (text.encode() for text in texts))


def encode(fields: Mapping[int, Field]) -> bytes:
    """A message; fields that are zero or empty are left out, as proto3 does."""
    parts = []
    for number, value in fields.items():
        if isinstance(value, int):
            parts.append(_varint(number << 3 | _VARINT) + _varint(value) if value else b"")
        else:
            parts.append(_texts(number, [value] if isinstance(value, str) else value) if value else b"")
    return b"".join(parts)


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(raw) and shift < 70:
        value |= (raw[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not raw[at - 1] & 0x80:
            return value, at
    raise Malformed("a number has no end")


def decode(raw: bytes) -> dict[int, int | bytes]:
    """The fields of a message, the last of each; numbers of fixed length are skipped. Raises Malformed."""
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(raw):
        key, at = _read_varint(raw, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            found[number], at = _read_varint(raw, at)
        elif kind in (_FIXED32, _FIXED64):
            at += 4 if kind == _FIXED32 else 8
        elif kind == _BYTES:
            size, at = _read_varint(raw, at)
            found[number], at = raw[at : at + size], at + size
        else:
            raise Malformed(f"field {number} has no known type")
    if at != len(raw):
        raise Malformed("the message has no end")
    return found


def text(fields: Mapping[int, int | bytes], number: int) -> str:
    """A text field, empty when it is absent. Raises Malformed."""
    value = fields.get(number, b"")
    if isinstance(value, int):
        raise Malformed(f"field {number} is not text")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"field {number} is not text") from error


def number(fields: Mapping[int, int | bytes], place: int) -> int:
    """A number field, 0 when it is absent. Raises Malformed."""
    value = fields.get(place, 0)
    if not isinstance(value, int):
        raise Malformed(f"field {place} is not a number")
    return value
