"""An end for connections that a time-out of the socket never ends: a byte now and then keeps them going."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def shut_after(stream: socket.socket, seconds: float, how: int) -> Iterator[None]:
    """Shut the connection down when that much time is over: `how` as socket.shutdown() takes it.

    The socket may be wrapped or closed meanwhile.
    """
    guard = stream.dup()
    end = threading.Timer(seconds, _shut, args=[guard, how])
    end.daemon = True
    end.start()
    try:
        yield
    finally:
        end.cancel()
        guard.close()


def _shut(guard: socket.socket, how: int) -> None:
    with suppress(OSError):  # over already
        guard.shutdown(how)
