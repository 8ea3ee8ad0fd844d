"""allauth's questions, answered: people come by invitation or from an allowed Google domain."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Closes the open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No: an invitation makes the account."""
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets verified Google addresses of the allowed domains join."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whether Google vouches for the address and its domain is in PORTAL_GOOGLE_DOMAINS."""
        return any(
            address.verified and address.email.rpartition("@")[2].lower() in settings.GOOGLE_SIGN_IN_DOMAINS
            for address in sociallogin.email_addresses
        )


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Names the portal towards authenticators."""

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """Return the relying party: this host, under the portal's name."""
        entity: dict[str, Any] = super().get_public_key_credential_rp_entity()
        return entity | {"name": settings.MFA_TOTP_ISSUER}
