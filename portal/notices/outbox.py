"""The outbox of notices: rows in the caller's transaction; claimed, sent and settled by workers.

Each delivery is claimed by a conditional UPDATE with a lease and a fencing token, and marked as `sending`
before the first byte leaves. A worker that dies before that mark left nothing behind: the sweep sends it.
One that dies after it may have sent: that is written down as `unknown` and not repeated by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from portal import clock
from portal.celery import wake
from portal.models import Delivery, Notice, NoticeChannel, NoticePreferences, User

State, Way = Delivery.State, Delivery.Way
PATIENCE = timedelta(hours=24)
SWEEP_LIMIT = 200
LONGEST_SUBJECT = 200
INTERRUPTED = "The sender was interrupted: it may have arrived."


def tell(
    kind: str,
    *,
    about: str,
    to: Iterable[User],
    subject: str,
    text: str,
    key: str,
    target: str = "",
) -> None:
    """Have people be told, each by the ways that they chose for `kind`; it goes out after the commit.

    `about` is the path of the page that tells more, `target` the full name of the resource: shared
    channels of it, of its project and of everything are told too. `key` says what the notice is about, once
    and for all: a second call with it adds the people who were not told yet and sends nothing twice.
    Raises TransactionManagementError outside a transaction, ValueError for an unknown kind or a foreign
    address.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a notice belongs into its change's transaction")
    if not about.startswith("/") or about.startswith("//"):
        raise ValueError("a notice leads to a page of the portal")
    now = clock.now()
    notice, _ = Notice.objects.get_or_create(
        key=key,
        defaults={
            "kind": Notice.Kind(kind),
            "about": about,
            "target": target,
            "subject": _one_line(subject),
            "text": text,
            "made_at": now,
        },
    )
    people = {person.pk: person for person in to if person.is_active}
    rows = [*_to_people(notice, people.values(), now), *_to_channels(notice, now)]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        wake_on_commit()


def wake_on_commit() -> None:
    """Have a worker look for what is due. That the message may be lost is the schedule's business."""
    transaction.on_commit(partial(wake, "portal.send_notices"), robust=True)


def sweep() -> int:
    """Write down what was interrupted, and wake a worker for each delivery that is due. Return how many."""
    now = clock.now()
    lost = Delivery.objects.filter(state=State.SENDING, lease_until__lt=now)
    lost.update(state=State.UNKNOWN, error=INTERRUPTED, ended_at=now, lease_until=None)
    gap = now - timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
    found = list(
        Delivery.objects.filter(_due(now))
        .filter(Q(woken_at__isnull=True) | Q(woken_at__lt=gap) | Q(woken_at__lt=F("send_after")))
        .order_by("send_after")
        .values_list("pk", flat=True)[:SWEEP_LIMIT]
    )
    Delivery.objects.filter(pk__in=found).update(woken_at=now)
    for pk in found:
        wake("portal.send_notice", str(pk))
    return len(found)


def claim(delivery_id: str) -> Delivery | None:
    """Take the delivery for this worker if it is due and nobody holds it; else return None."""
    now = clock.now()
    claimed = (
        Delivery.objects.filter(pk=delivery_id)
        .filter(_due(now))
        .update(
            state=State.CLAIMED,
            fencing_token=F("fencing_token") + 1,
            attempts=F("attempts") + 1,
            lease_until=now + timedelta(seconds=settings.NOTICE_LEASE_SECONDS),
        )
    )
    if not claimed:
        return None
    return Delivery.objects.select_related("notice", "person", "channel").get(pk=delivery_id)


def begin(delivery: Delivery) -> bool:
    """Mark that from now on it may have been sent. False: another worker has it, do not send."""
    held = Delivery.objects.filter(pk=delivery.pk, fencing_token=delivery.fencing_token, state=State.CLAIMED)
    return bool(held.update(state=State.SENDING, lease_until=clock.later(settings.NOTICE_LEASE_SECONDS)))


def settle(delivery: Delivery, state: Delivery.State, error: str = "") -> None:
    """Write down how it ended. A worker that was slower than its lease still tells what it knows."""
    _held(delivery).update(state=state, error=error, ended_at=clock.Now(), lease_until=None)


def postpone(delivery: Delivery, error: str, seconds: float) -> None:
    """It was surely not delivered: try again after `seconds`, or give up when patience is over."""
    again = clock.now() + timedelta(seconds=seconds)
    if again > delivery.patience_until:
        settle(delivery, State.FAILED, error)
        return
    _held(delivery).update(
        state=State.PENDING, error=error, send_after=again, ended_at=None, lease_until=None
    )


def _held(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        pk=delivery.pk,
        fencing_token=delivery.fencing_token,
        state__in=(State.CLAIMED, State.SENDING, State.UNKNOWN),
    )


def _due(now: datetime) -> Q:
    waiting = Q(state=State.PENDING, send_after__lte=now)
    abandoned = Q(state=State.CLAIMED, lease_until__lt=now)
    return waiting | abandoned


def _to_people(notice: Notice, people: Iterable[User], now: datetime) -> Iterator[Delivery]:
    people = list(people)
    chosen = {row.person_id: row for row in NoticePreferences.objects.filter(person__in=people)}
    for person in people:
        preferences = chosen.get(person.pk)
        if preferences is None or notice.kind in preferences.email:
            yield _delivery(notice, now, way=Way.EMAIL, person=person)
        if preferences and preferences.host and notice.kind in preferences.webhook:
            yield _delivery(notice, now, way=Way.WEBHOOK, person=person)


def _to_channels(notice: Notice, now: datetime) -> Iterator[Delivery]:
    for channel in NoticeChannel.objects.filter(is_active=True, scope__in=_scopes(notice.target)):
        if notice.kind in channel.kinds:
            yield _delivery(notice, now, way=Way.CHANNEL, channel=channel)


def _scopes(target: str) -> list[str]:
    """What a channel's scope may be to be told of `target`: it, its project, everything."""
    parts = target.split("/")
    return ["", target, "/".join(parts[:2])]


def _delivery(notice: Notice, now: datetime, **values: Any) -> Delivery:
    return Delivery(notice=notice, send_after=now, created_at=now, patience_until=now + PATIENCE, **values)


def _one_line(subject: str) -> str:
    line = " ".join(subject.split())
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 1]}…"
