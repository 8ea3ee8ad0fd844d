"""The embedded broker: Celery's filesystem transport, with messages that appear whole.

kombu's own writes a message under its final name and locks the file only then. A worker that lists the
folder in between takes an empty file, and dies of it. Here the message gets its name when it is complete.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

ALIAS = "filesystem"


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
