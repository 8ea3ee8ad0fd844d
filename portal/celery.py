"""The Celery application: messages carry an operation's id and nothing else."""

import logging
import os
from typing import Any

from celery import Celery, signals

from portal import broker, schedule

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

broker.install()
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def wake(task: str, *args: str, delay_seconds: float = 0) -> bool:
    """Send the message that wakes a worker for `task`, with an id at most; return whether it went.

    While the broker is away that is a line in the log and no error: what is due stands in the database, and
    the schedule has it looked for.
    """
    try:
        app.send_task(
            task,
            args=list(args),
            countdown=delay_seconds or None,
            expires=schedule.MESSAGE_SECONDS + delay_seconds,
        )
    except Exception as error:
        logger.warning("%s not sent: %s", " ".join((task, *args)), type(error).__name__)
        return False
    return True


@signals.celeryd_init.connect
@signals.beat_init.connect
def write_privately(**_: Any) -> None:
    """What a worker and the beat write is their user's alone; who only sends messages is left as it is."""
    os.umask(0o077)
