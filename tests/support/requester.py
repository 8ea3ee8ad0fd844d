"""A web process at its smallest: asks for one connection through the service, as the dialog's view does.

`python -m tests.support.requester` reads {"connection_id": ..., "password": ...} from its standard input
and prints {"operation": ..., "seconds": how long the request took}.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.support.processes import REPOSITORY

COMMAND = [sys.executable, "-m", "tests.support.requester"]


def begin(
    connection_id: str, password: str, *, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a process that asks for a connection; the caller waits for it, or kills it."""
    process = subprocess.Popen(
        COMMAND,
        cwd=REPOSITORY,
        env={**os.environ, **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    if process.stdin is None:
        raise RuntimeError("there is no pipe to the process")
    json.dump({"connection_id": connection_id, "password": password}, process.stdin)
    process.stdin.close()
    return process


def ask(connection_id: str, password: str, *, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Ask for a connection in a process of its own; return what it printed."""
    process = begin(connection_id, password, env=env)
    output = process.stdout.read() if process.stdout else ""
    if process.wait(timeout=60):
        raise RuntimeError(f"the request ended with status {process.returncode}")
    answer: dict[str, Any] = json.loads(output)
    return answer


def main() -> None:
    """Ask once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django  # noqa: PLC0415 (the settings come first)

    django.setup()
    from tests.support.creation import ask_for  # noqa: PLC0415 (Django is set up by then)

    asked = json.load(sys.stdin)
    started = time.monotonic()
    operation = ask_for(asked["connection_id"], password=asked["password"])
    print(json.dumps({"operation": str(operation.pk), "seconds": time.monotonic() - started}))


if __name__ == "__main__":
    main()
