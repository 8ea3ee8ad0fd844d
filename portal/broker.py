"""Celery's broker: Redis, or embedded, its filesystem transport with messages that appear whole.

kombu's own writes a message under its final name and locks the file only then. A worker that lists the
folder in between takes an empty file, and dies of it. Here the message gets its name when it is complete.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

from portal import keyfiles

ALIAS = "filesystem"


def checked(url: str) -> str:
    """Return Redis' address; with `rediss:` its certificate is checked, unless the address says otherwise.

    Left alone, kombu takes any certificate and says so in the log alone.
    """
    parts = urlsplit(url)
    if parts.scheme != "rediss" or "ssl_cert_reqs" in parse_qs(parts.query):
        return url
    query = "&".join(filter(None, (parts.query, "ssl_cert_reqs=required")))
    return urlunsplit(parts._replace(query=query))


def on_redis() -> dict[str, Any]:
    """Return the transport's options for Redis.

    Publishing is one try and one more, at once. Who clicks does not wait; the sweep sends it later.
    """
    return {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "health_check_interval": 10,
        "visibility_timeout": 3600,
    }


def in_folder(folder: Path) -> dict[str, Any]:
    """Return the transport's options for messages in a private folder, which is made."""
    return {
        "data_folder_in": str(keyfiles.private_folder(folder / "messages")),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(keyfiles.private_folder(folder / "control")),
        "polling_interval": 0.1,
    }


class Channel(filesystem.Channel):
    """Writes under another name first, one that no queue has."""

    # kombu's own two signatures disagree; this is the transport's.
    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        draft = folder / f".{name}.draft"
        draft.write_text(dumps(payload))
        os.replace(draft, folder / name)


class Transport(filesystem.Transport):
    """kombu's filesystem transport with the channel above."""

    Channel = Channel


def install() -> None:
    """Have `filesystem://` mean this transport."""
    TRANSPORT_ALIASES[ALIAS] = f"{__name__}:Transport"
