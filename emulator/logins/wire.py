"""PostgreSQL's protocol, as far as the one between client and server must speak it.

PostgreSQL's documentation, Frontend/Backend Protocol: start-up, clear-text password, errors; the rest passes
unread.
"""

import asyncio
import struct
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from dataclasses import dataclass

_SSL, _GSSENC, _CANCEL = 80877103, 80877104, 80877102
_MOST = 10_000  # bytes of a start-up packet or a password, as PostgreSQL's own limit for the first
_CHUNK = 65_536


class Broken(Exception):
    """The other side does not speak the protocol, or went away."""


@dataclass(frozen=True)
class Startup:
    """The first packet. `cancel` is a request to cancel, which has no user."""

    raw: bytes
    user: str = ""
    database: str = ""
    cancel: bool = False


def _parameters(raw: bytes) -> dict[str, str]:
    words = raw.split(b"\0")
    pairs = zip(words[::2], words[1::2], strict=False)
    return {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in pairs if key}


async def read_startup(reader: StreamReader, writer: StreamWriter) -> Startup:
    """The start-up packet; encryption is declined, it is there already. Raises Broken."""
    while True:
        length, code = struct.unpack(">II", await reader.readexactly(8))
        if not 8 <= length <= _MOST:
            raise Broken("the start-up packet has a wrong length")
        body = await reader.readexactly(length - 8)
        raw = struct.pack(">II", length, code) + body
        if code == _CANCEL:
            return Startup(raw, cancel=True)
        if code not in (_SSL, _GSSENC):
            break
        writer.write(b"N")
    given = _parameters(body)
    user = given.get("user", "")
    return Startup(raw, user, given.get("database") or user)


async def read_message(reader: StreamReader) -> tuple[bytes, bytes]:
    """A message's type and what it holds. Raises Broken if it is too long."""
    kind, length = struct.unpack(">cI", await reader.readexactly(5))
    if not 4 <= length <= _MOST:
        raise Broken("the message has a wrong length")
    return kind, await reader.readexactly(length - 4)


def message(kind: bytes, body: bytes) -> bytes:
    """A message."""
    return kind + struct.pack(">I", len(body) + 4) + body


def fatal(code: str, text: str, detail: str = "") -> bytes:
    """An ErrorResponse that ends the session."""
    fields = (("S", "FATAL"), ("V", "FATAL"), ("C", code), ("M", text), ("D", detail))
    said = b"".join(name.encode() + value.encode() + b"\0" for name, value in fields if value)
    return message(b"E", said + b"\0")


async def ask_password(reader: StreamReader, writer: StreamWriter) -> str:
    """The password that the client sends in clear text, inside TLS. Raises Broken."""
    writer.write(message(b"R", struct.pack(">I", 3)))
    kind, body = await read_message(reader)
    if kind != b"p":
        raise Broken("no password came")
    return body.rstrip(b"\0").decode("utf-8", "replace")


async def present(reader: StreamReader, writer: StreamWriter, password: str) -> bytes:
    """Give the server the password that it asks for; returns what the client is to hear of it."""
    heard = b""
    while True:
        kind, body = await read_message(reader)
        if kind == b"R" and body == struct.pack(">I", 3):
            writer.write(message(b"p", password.encode() + b"\0"))
            continue
        heard += message(kind, body)
        if kind in (b"R", b"E"):
            return heard


async def _copy(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


async def relay(one: tuple[StreamReader, StreamWriter], other: tuple[StreamReader, StreamWriter]) -> None:
    """Carry bytes both ways until one side has ended."""
    ways = [asyncio.ensure_future(_copy(one[0], other[1])), asyncio.ensure_future(_copy(other[0], one[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()


async def hang_up(writer: StreamWriter) -> None:
    """Close a connection, whatever state it is in."""
    writer.close()
    with suppress(OSError, asyncio.TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 2)
