"""People as the People pages list them, in a constant number of queries."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from portal.models import ADMINISTRATOR, AUDITOR, User

_SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def people() -> QuerySet[User]:
    """Everyone, with `has_mfa`, `has_google` and `owned`, the number of resources that they own."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=_SECOND_FACTORS)
    accounts = SocialAccount.objects.filter(user=OuterRef("pk"))
    return (
        User.objects.annotate(
            has_mfa=Exists(factors),
            has_google=Exists(accounts),
            owned=Count("owned_resources", distinct=True),
        )
        .prefetch_related("groups")
        .order_by("email")
    )


def filtered(found: QuerySet[User], *, text: str = "", role: str = "", state: str = "") -> QuerySet[User]:
    """Narrow `found` down: by a part of name or address, by role, by state."""
    if text:
        found = found.filter(Q(email__icontains=text) | Q(first_name__icontains=text))
    if role == "analyst":
        found = found.exclude(groups__name__in=(ADMINISTRATOR, AUDITOR))
    elif role:
        found = found.filter(groups__name=role)
    if state:
        found = found.filter(is_active=state == "active")
    return found
