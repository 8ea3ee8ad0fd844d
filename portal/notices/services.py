"""Changing who is told of what: a person's own choice, and shared channels, which are audited."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from portal import audit, clock
from portal.models import Delivery, Notice, NoticeChannel, NoticePreferences, User
from portal.notices import outbox, sealing


def preferences_of(person: User) -> NoticePreferences:
    """Return what `person` chose; whoever chose nothing gets everything by e-mail."""
    found = NoticePreferences.objects.filter(person=person).first()
    return found or NoticePreferences(person=person, email=list(Notice.Kind.values))


@sensitive_variables("url", "chosen")
def change_preferences(person: User, *, email: list[str], webhook: list[str], url: str, shape: str) -> None:
    """Keep what `person` chose; an empty `url` keeps the webhook that is there."""
    with transaction.atomic():
        rows = NoticePreferences.objects.select_for_update()
        chosen, _ = rows.get_or_create(person=person)  # of two first choices at once the second finds it
        chosen.email, chosen.webhook, chosen.shape = email, webhook, shape or chosen.shape
        _point(chosen, url)
        chosen.save()


def remove_webhook(person: User) -> None:
    """Forget the person's webhook; what was on its way there ends."""
    found = NoticePreferences.objects.filter(person=person)
    found.update(sealed_url=b"", host="", webhook=[])


@sensitive_variables("url", "channel")
def save_channel(channel: NoticeChannel | None, *, by: User, url: str, **values: Any) -> NoticeChannel:
    """Make a shared channel, or change one: `values` are name, scope, kinds, shape and is_active.

    An empty `url` keeps the one that is there.
    """
    with audit.appending():
        now = clock.now()
        added = channel is None
        channel = channel or NoticeChannel(made_by=str(by), made_at=now)
        before = {} if added else _facts(channel)
        for name, value in values.items():
            setattr(channel, name, value)
        _point(channel, url)
        channel.save()
        detail = {"before": before, "after": _facts(channel), "new_address": bool(url)}
        _record("notice_channel.add" if added else "notice_channel.change", channel, by, detail)
    return channel


def remove_channel(channel: NoticeChannel, *, by: User) -> None:
    """Remove a shared channel, with its address and the list of what was sent there."""
    with audit.appending():
        _record("notice_channel.remove", channel, by, {"before": _facts(channel)})
        channel.delete()


def send_again(delivery: Delivery, *, by: User) -> bool:
    """Send once more what may or may not have arrived, or failed: a person's decision, which is audited.

    Return whether it was still so.
    """
    now = clock.now()
    with audit.appending():
        over = Delivery.objects.filter(
            pk=delivery.pk, state__in=(Delivery.State.UNKNOWN, Delivery.State.FAILED)
        )
        changed = over.update(
            state=Delivery.State.PENDING,
            error="",
            send_after=now,
            patience_until=now + outbox.PATIENCE,
            ended_at=None,
            woken_at=None,
        )
        if changed and delivery.channel:
            _record("notice_channel.send_again", delivery.channel, by, {"notice": delivery.notice.key})
        if changed:
            outbox.wake_on_commit()
    return bool(changed)


def _point(owner: NoticePreferences | NoticeChannel, url: str) -> None:
    if url:
        owner.sealed_url = sealing.seal(url, owner)
        owner.host = str(urlsplit(url).hostname)[:253]


def _facts(channel: NoticeChannel) -> dict[str, Any]:
    names = ("name", "scope", "kinds", "shape", "host", "is_active")
    return {name: getattr(channel, name) for name in names}


def _record(action: str, channel: NoticeChannel, by: User, detail: dict[str, Any]) -> None:
    audit.record(
        action,
        by=by,
        target=f"notice-channels/{channel.name}",
        outcome=audit.Outcome.SUCCEEDED,
        project=channel.scope.split("/")[1] if channel.scope else "",
        detail=detail,
    )
