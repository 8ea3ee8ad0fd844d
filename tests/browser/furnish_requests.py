"""Requests of great length in every state, for pages to cope with: rows only, of furnish.py's connections."""

from __future__ import annotations

from datetime import timedelta

from access.approval import versions
from access.models import CONNECTION_USER, AccessRequest, Comment, Decision, RequestTemplate, Resource
from portal import clock
from portal.models import User

State = AccessRequest.State


def requests(resource: Resource, requester: User, decider: User, words: str) -> list[str]:
    """Make a request that waits, with a conversation, and a denied one; return their keys."""
    waiting, denied = (_request(resource, requester, state, words) for state in (State.PENDING, State.DENIED))
    for speaker in (decider, requester):
        Comment.objects.create(request=waiting, by=speaker, text=words, made_at=clock.now())
    Decision.objects.create(
        request=denied,
        by=decider,
        verdict=Decision.Verdict.DENY,
        step=0,
        reason=words[:1000],
        decided_at=clock.now(),
    )
    return [str(waiting.pk), str(denied.pk)]


def template(resource: Resource, owner: User, words: str) -> int:
    """Keep a template; return its key."""
    kept = RequestTemplate.objects.create(
        owner=owner,
        name=words[:100],
        resource=resource,
        principal=f"user:{owner.email}",
        role=CONNECTION_USER,
        reason=words[:1000],
        duration=timedelta(days=7),
    )
    return kept.pk


def _request(resource: Resource, requester: User, state: str, words: str) -> AccessRequest:
    now, judged = clock.now(), versions.current(resource)
    return AccessRequest.objects.create(
        resource=resource,
        requester=requester,
        principal=f"user:{requester.email}",
        role=CONNECTION_USER,
        reason=words[:1000],
        ticket=words[-100:],
        duration=timedelta(days=30, hours=5, minutes=7),
        state=state,
        policy=judged.version,
        policy_document=judged.document.to_dict(),
        created_at=now,
        decided_at=None if state == State.PENDING else now,
        lapses_at=now + timedelta(days=7),
    )
