"""Key files and private folders that only the user who runs the portal can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def private_folder(path: Path) -> Path:
    """Make `path` (and what is above it) if it is not there, readable by its user alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_once(path: Path, content: bytes) -> bytes:
    """Write `content` to `path` with mode 0600 unless the file exists; return what the file holds.

    Two processes that start together agree: the file appears whole, under its name, once.
    """
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()


def text_secret(path: Path) -> str:
    """Return the random secret kept at `path`, making it at the first call."""
    if path.exists():
        return path.read_text().strip()
    return write_once(path, secrets.token_urlsafe(50).encode()).decode().strip()
