"""Notices, a shared channel, tokens of the API and a review, with the longest words; furnish.py runs it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from access.approval.parts import Review as Rule
from access.models import Grant, Resource, UsageLook
from access.reviews import rounds
from portal import clock, notices
from portal.api import tokens
from portal.models import ApiToken, Delivery, NoticeChannel, User
from portal.notices import services

HOST = f"https://{'hooks.' * 20}example.com/x"


def channel(admin: User, words: str) -> str:
    """A shared channel that was told something which may not have arrived; return its key."""
    kinds = list(notices.Kind.values)
    values = {"scope": "projects/acme-analytics", "kinds": kinds, "shape": "slack", "is_active": True}
    made = services.save_channel(None, by=admin, url=HOST, name=words[:100], **values)
    services.change_preferences(admin, email=kinds, webhook=kinds, url=HOST, shape="json")
    with transaction.atomic():
        notices.tell(
            notices.Kind.BREAK_GLASS,
            about="/",
            to=[admin],
            subject=words,
            text=words,
            key="furnished",
            target="projects/acme-analytics",
        )
    Delivery.objects.update(
        state=Delivery.State.UNKNOWN, error=words, send_after=clock.now() + timedelta(days=1)
    )
    NoticeChannel.objects.exclude(pk=made.pk).delete()
    return str(made.pk)


def token(owner: User, words: str) -> str:
    """Three tokens: one that works, one revoked, one expired; return the key of the first."""
    made = [tokens.make(owner, name=words[:100], scopes=ApiToken.Scope.values, days=30)[0] for _ in range(3)]
    tokens.revoke(made[1], by=owner)
    ApiToken.objects.filter(pk=made[2].pk).update(expires_at=clock.now())
    return str(made[0].pk)


def review(resource: Resource, admin: User, words: str) -> int:
    """A review of everybody with access, whose last use could not be told for certain; return its key."""
    now = clock.now()
    Grant.objects.filter(resource=resource).update(reason=words, usage_checked_at=now)
    found = rounds.start(resource, Rule(every_months=6, unanswered="revoke"), by=admin)
    UsageLook.objects.create(resource=resource, looked_at=now, since=now - timedelta(days=30), problem=words)
    return found.pk if found else 0
