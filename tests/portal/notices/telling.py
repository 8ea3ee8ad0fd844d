"""Notices for tests: told, by a webhook or a shared channel, and what became of them."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from portal import clock, notices
from portal.models import Delivery, NoticeChannel, NoticePreferences, Shape, User
from portal.notices import sealing, sending

KIND = notices.Kind.ACCESS_ENDING
CONNECTION = "projects/acme-analytics/locations/us/connections/orders"


def tell(*to: User, key: str = "k", kind: str = KIND, target: str = CONNECTION, text: str = "Soon.") -> None:
    """Tell people something, in a transaction of its own."""
    with transaction.atomic():
        notices.tell(kind, about="/access/", to=to, subject="Access ends", text=text, key=key, target=target)


def wants_webhook(person: User, url: str, shape: str = Shape.SLACK, *kinds: str) -> NoticePreferences:
    """Have a person be told by webhook and not by e-mail."""
    preferences = NoticePreferences(person=person, shape=shape, host="127.0.0.1")
    preferences.webhook = list(kinds) or [KIND]
    preferences.sealed_url = sealing.seal(url, preferences)
    preferences.save()
    return preferences


def channel(url: str, *, scope: str = "", name: str = "#data", **values: object) -> NoticeChannel:
    """A shared channel for all kinds."""
    made = NoticeChannel(name=name, scope=scope, made_by="ada@example.com", made_at=clock.now())
    made.kinds, made.host = list(notices.Kind.values), "127.0.0.1"
    for field, value in values.items():
        setattr(made, field, value)
    made.sealed_url = sealing.seal(url, made)
    made.save()
    return made


def only() -> Delivery:
    """The one delivery that there is, as it is now."""
    return Delivery.objects.select_related("notice").get()


def send_all() -> None:
    """Send everything that is due, as workers would."""
    for pk in list(Delivery.objects.values_list("pk", flat=True)):
        sending.send(str(pk))


def hurry() -> None:
    """Let the pause before the next try be over."""
    Delivery.objects.update(send_after=clock.now() - timedelta(seconds=1))


def expire_leases() -> None:
    """Let every lease have ended a moment ago."""
    past = clock.now() - timedelta(seconds=1)
    Delivery.objects.exclude(lease_until=None).update(lease_until=past)
