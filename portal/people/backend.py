"""Who is signed in, read with their roles at once: every page asks for both."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import F

from portal.models import User


class Backend(AuthenticationBackend):  # type: ignore[misc]  # it has no types
    """allauth's, but that a session's person comes with their roles in one query."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the person with this key if they may sign in."""
        rows = list(User.objects.filter(pk=user_id).annotate(role=F("groups__name")))
        if not rows or not self.user_can_authenticate(rows[0]):
            return None
        user = rows[0]
        user.role_names = frozenset(row.role for row in rows if row.role)
        return user
