"""API tokens: made, shown once, counted, revoked. The table holds their SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.views.decorators.debug import sensitive_variables

from portal import audit, clock
from portal.models import ApiToken, User

MARK = "bqcp_"
PREFIX = len(MARK) + 6
WINDOW = timedelta(minutes=1)


@sensitive_variables("token")
def make(owner: User, *, name: str, scopes: Collection[str], days: int) -> tuple[ApiToken, str]:
    """Make a token that reads in `owner`'s name for so many days; return its row and the token itself.

    The token is not kept: show it now. Raises ValueError for no scope, an unknown one, or a life that is
    longer than settings.API_TOKEN_DAYS.
    """
    if not scopes or not set(scopes) <= set(ApiToken.Scope.values):
        raise ValueError("a token has one of the known scopes at least")
    if not 1 <= days <= settings.API_TOKEN_DAYS:
        raise ValueError(f"a token lives {settings.API_TOKEN_DAYS} days at most")
    token = MARK + secrets.token_urlsafe(32)
    with audit.appending():
        now = clock.now()
        row = ApiToken.objects.create(
            owner=owner,
            name=name,
            prefix=token[:PREFIX],
            token_hash=_hash(token),
            scopes=sorted(scopes),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        _record("api_token.create", row, owner)
    return row, token


def revoke(token: ApiToken, *, by: User) -> bool:
    """End a token at once; return whether it still worked."""
    with audit.appending():
        now = clock.now()
        working = ApiToken.objects.filter(pk=token.pk, revoked_at=None, expires_at__gt=now)
        if not working.update(revoked_at=now, revoked_by=str(by)):
            return False
        _record("api_token.revoke", token, by)
    return True


@sensitive_variables("token")
def use(token: str) -> ApiToken | None:
    """Return the row of a token that works now, with this call counted; None for any other.

    `window_calls` of the answer tells how many calls there were within this minute.
    """
    now = clock.now()
    working = ApiToken.objects.filter(token_hash=_hash(token), revoked_at=None, expires_at__gt=now)
    fresh = Q(window_began__gt=now - WINDOW)
    counted = working.filter(owner__is_active=True).update(
        last_used_at=now,
        window_calls=Case(When(fresh, then=F("window_calls") + 1), default=Value(1)),
        window_began=Case(When(fresh, then=F("window_began")), default=Value(now)),
    )
    return working.select_related("owner").first() if counted else None


def seconds_to_wait(token: ApiToken, now: datetime) -> int:
    """Return after how many seconds the next call is allowed; 0: at once."""
    if token.window_calls <= settings.API_CALLS_A_MINUTE or token.window_began is None:
        return 0
    return max(1, round((token.window_began + WINDOW - now).total_seconds()))


def visible(user: User) -> QuerySet[ApiToken]:
    """Return the tokens that a person may see: their own, administrators all; the newest first."""
    found = ApiToken.objects.select_related("owner").order_by("-created_at", "pk")
    return found if user.is_administrator else found.filter(owner=user)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _record(action: str, token: ApiToken, by: User) -> None:
    audit.record(
        action,
        by=by,
        target=f"people/{token.owner.email}",
        outcome=audit.Outcome.SUCCEEDED,
        detail={
            "name": token.name,
            "prefix": token.prefix,
            "scopes": token.scopes,
            "expires_at": token.expires_at.isoformat(),
        },
    )
