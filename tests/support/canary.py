"""Looking for a secret in places where it must not be, in whatever clothes."""

from __future__ import annotations

import base64
import html
import json
import os
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus


def disguises(secret: str) -> dict[str, bytes]:
    """Return the secret as it may stand somewhere, by the name of the encoding."""
    raw = secret.encode()
    found = {
        "raw": raw,
        "JSON": json.dumps(secret)[1:-1].encode(),
        "JSON in JSON": json.dumps(json.dumps(secret)[1:-1])[1:-1].encode(),
        "URL": quote(secret, safe="").encode(),
        "form": quote_plus(secret).encode(),
        "HTML": html.escape(secret).encode(),
        "Python": repr(secret)[1:-1].encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "UTF-16 LE": secret.encode("utf-16-le"),
        "UTF-16 BE": secret.encode("utf-16-be"),
    }
    for offset in range(3):
        for name, encode in (("base64", base64.b64encode), ("base64 for URLs", base64.urlsafe_b64encode)):
            found[f"{name} at offset {offset}"] = _inner(encode(b"\0" * offset + raw), offset, len(raw))
    return found


def _inner(encoded: bytes, offset: int, length: int) -> bytes:
    """Cut off the characters that depend on what stands before and after."""
    first = -(-offset * 8 // 6)
    last = (offset + length) * 8 // 6
    return encoded[first:last]


def found_in(places: dict[str, bytes], secret: str) -> list[str]:
    """Return where the secret is, and how."""
    looks = disguises(secret)
    return [
        f"{place}: {name}"
        for place, content in places.items()
        for name, look in looks.items()
        if look in content
    ]


def read_all(paths: Iterable[Path]) -> bytes:
    """Return every file at or under the paths, one after the other, with its name."""
    content = []
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            with suppress(OSError):
                content.append(str(file).encode() + b"\n" + file.read_bytes())
    return b"\n".join(content)


class Processes:
    """Arguments and environments of every process that is seen while the block lasts."""

    def __init__(self) -> None:
        self._seen: dict[bytes, None] = {}
        self._over = threading.Event()

    @contextmanager
    def watched(self) -> Generator[None]:
        """Look again and again."""
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            self.look()

    def look(self) -> bytes:
        """Look once; return all that was seen until now."""
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                for name in ("cmdline", "environ"):
                    with suppress(OSError):
                        self._seen[Path(entry.path, name).read_bytes()] = None
        return self.content()

    def content(self) -> bytes:
        """Return all that was seen."""
        return b"\n".join(list(self._seen))

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            self.look()
