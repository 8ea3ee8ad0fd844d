"""The Celery application: messages carry an operation's id and nothing else."""

import os
from typing import Any

from celery import Celery, signals

from portal import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

broker.install()
app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.celeryd_init.connect
@signals.beat_init.connect
def write_privately(**_: Any) -> None:
    """What a worker and the beat write is their user's alone; who only sends messages is left as it is."""
    os.umask(0o077)
