"""A worker that loads everything, stops itself, and begins to work when it is continued (SIGCONT).

`python -m tests.support.standby worker --hostname ...`: what follows is for Celery, as after `-A portal`.
"""

from __future__ import annotations

import os
import signal
import sys

STANDING_BY = "standing by"


def main() -> None:
    """Load, stop, work."""
    from portal.celery import app  # noqa: PLC0415 (a process that only names STANDING_BY loads no Celery)

    app.loader.import_default_modules()
    print(STANDING_BY, flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
    app.worker_main(sys.argv[1:])


if __name__ == "__main__":
    main()
