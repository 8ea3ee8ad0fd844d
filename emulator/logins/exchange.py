"""AlloyDB's metadata exchange, which comes before PostgreSQL's protocol.

Read in google-cloud-alloydb-connector 1.14.1: each side sends four bytes of length and a message. The request
has the user agent (1), the kind of authentication (2: 1 is by password, 2 automatic with IAM) and the token
(3), the response a code (1: 1 is good, 2 an error) and a sentence (2).
"""

import struct
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass

from emulator.logins.wire import Broken
from emulator.proto import binary

_MOST = 65_536
_AUTO_IAM = 2
_OK, _ERROR = 1, 2


@dataclass(frozen=True)
class Request:
    """`automatic` is IAM authentication without a password."""

    automatic: bool
    token: str


async def read(reader: StreamReader) -> Request:
    """What the connector says first. Raises Broken."""
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    if length > _MOST:
        raise Broken("the metadata exchange is too long")
    try:
        fields = binary.decode(await reader.readexactly(length))
        return Request(binary.number(fields, 2) == _AUTO_IAM, binary.text(fields, 3))
    except binary.Malformed as error:
        raise Broken(str(error)) from error


def answer(writer: StreamWriter, error: str = "") -> None:
    """Let the connector go on, or tell it why not."""
    body = binary.encode({1: _ERROR if error else _OK, 2: error})
    writer.write(struct.pack(">I", len(body)) + body)
