"""Pointing this process's Celery at another broker than the settings say."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from portal.celery import app


@contextmanager
def publishing_to(url: str) -> Generator[None]:
    """Send this process's messages to the broker at `url` while the block lasts."""
    # By the settings' own names: Celery looks for those first.
    before = {name: app.conf[name] for name in ("CELERY_BROKER_URL", "CELERY_BROKER_TRANSPORT_OPTIONS")}
    timeouts = {"socket_connect_timeout": 2, "socket_timeout": 5}
    _point(CELERY_BROKER_URL=url, CELERY_BROKER_TRANSPORT_OPTIONS=timeouts)
    try:
        yield
    finally:
        _point(**before)


def _point(**settings: object) -> None:
    """Change the settings and make Celery look at them again when it next publishes."""
    app.conf.update(settings)
    # Celery keeps both pools for ever; kombu's own registry holds one per address, so none is lost.
    vars(app)["_pool"] = None
    vars(app.amqp)["_producer_pool"] = None
