"""Key files and private folders that only the user who runs the portal can read."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def private_folder(path: Path) -> Path:
    """Make `path` (and what is above it) if it is not there, readable by its user alone.

    A folder that is there already was made by an operator and keeps its mode.
    """
    for folder in reversed([path, *path.parents]):
        folder.mkdir(mode=0o700, exist_ok=True)
    return path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the only right to change `path`; other processes wait."""
    private_folder(path.parent)
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_once(path: Path, content: bytes) -> bytes:
    """Write `content` to `path` with mode 0600 unless the file exists; return what the file holds.

    Two processes that start together agree: the file appears whole, under its name, once.
    """
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_bytes()


def replace(path: Path, content: bytes) -> None:
    """Put `content` in place of what `path` holds, whole or not at all, with mode 0600."""
    os.replace(_draft(path, content), path)


def _draft(path: Path, content: bytes) -> Path:
    """Write `content` beside `path` under a name of its own, down to the disk."""
    private_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return draft


def text_secret(path: Path) -> str:
    """Return the random secret kept at `path`, making it at the first call."""
    if path.exists():
        return path.read_text().strip()
    return write_once(path, secrets.token_urlsafe(50).encode()).decode().strip()
