"""The connection below HTTP: answers sent whole, in part, or not at all.

uvicorn does not hand the transport to the application, so a protocol of our own keeps it in a table by the
client's address.
"""

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from emulator.serving.answers import Answer

_TRANSPORTS: dict[tuple[str, int], asyncio.Transport] = {}


class Protocol(H11Protocol):
    """HTTP/1.1 that remembers its transport, and leaves the log of calls to the dispatcher."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.access_log = False  # whatever handlers a host application has put on uvicorn's loggers

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Note the transport."""
        super().connection_made(transport)
        if self.client is not None:
            _TRANSPORTS[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport."""
        if self.client is not None:
            _TRANSPORTS.pop(self.client, None)
        super().connection_lost(exc)


async def reset(scope: Scope) -> None:
    """Reset the client's connection at once (RST, because of a zero linger time)."""
    transport = _TRANSPORTS.get(tuple(scope["client"] or ()))
    if transport is None:
        return
    connection: Any = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await asyncio.sleep(0.01)  # until the server has noticed, so that it does not answer for us


async def _start(answer: Answer, send: Send) -> None:
    headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})


async def deliver(answer: Answer, send: Send) -> None:
    """Send the whole answer."""
    await _start(answer, send)
    await send({"type": "http.response.body", "body": answer.body})


async def deliver_half(answer: Answer, scope: Scope, send: Send) -> None:
    """Send the headers and half of the body, then reset the connection."""
    await _start(answer, send)
    await send(
        {"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True}
    )
    await asyncio.sleep(0.05)  # the half has to arrive before the reset throws it away
    await reset(scope)
