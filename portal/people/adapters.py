"""allauth's questions, answered: people come by invitation or an allowed Google domain, nobody else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect

from portal import audit
from portal.models import User
from portal.people import sealing, services


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Closes the open sign-up, records who tried to come in and did not, and writes mails.

    A mail goes to one person and may be asked for by another: the portal's address in it is the operator's
    word and not that of the request, which may name any host that the portal answers to, at any port.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        # As long as allauth counts them (ACCOUNT_RATE_LIMITS, login_failed).
        "too_many_login_attempts": "Too many failed sign-ins. Wait five minutes, then try again.",
    }

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the address that was tried. allauth has counted the attempt and lets only so many by."""
        services.record_failed_sign_in(str(credentials.get("email", "")))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """No: an invitation makes the account."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of allauth's mails in the portal's name."""
        site = SimpleNamespace(name=settings.MFA_TOTP_ISSUER, domain=urlsplit(settings.BASE_URL).netloc)
        super().send_mail(template_prefix, email, context | {"current_site": site})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return where somebody sets a new password."""
        return _at_home(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Return where somebody confirms that an address is theirs."""
        return _at_home(super().get_email_confirmation_url(request, emailconfirmation))


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets people join and sign in with a Google address that Google is the authority for."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse deactivated people before anything of theirs is written."""
        if sociallogin.is_existing and not sociallogin.user.is_active:
            raise ImmediateHttpResponse(redirect("account_inactive"))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whether the domain is in PORTAL_GOOGLE_DOMAINS, or the address was invited."""
        email = vouched_address(sociallogin)
        if not email:
            return False
        domain = email.rpartition("@")[2]
        return domain in settings.GOOGLE_SIGN_IN_DOMAINS or (
            services.open_invitations().filter(email=email).exists()
        )

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Whether the Google account may become a way to sign in for the person with this address."""
        allowed: bool = super().can_authenticate_by_email(login, email)
        return allowed and email.lower() == vouched_address(login)

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account and record that somebody joined, with the roles of an open invitation."""
        with audit.appending():
            user: User = super().save_user(request, sociallogin, form)
            user.email = user.email.lower()
            user.save(update_fields=["email"])
            services.join(user, services.use_invitation_of(user.email), way="google")
        return user


def _at_home(url: str) -> str:
    """Return the same page at the portal's own address."""
    return f"{settings.BASE_URL}{urlsplit(url).path}"


def vouched_address(sociallogin: SocialLogin) -> str:
    """Return the address, in lower case, that Google is the authority for, or nothing.

    Anybody may make a Google account with a foreign address, and Google calls it verified even after
    the address went to somebody else. Only for gmail.com and accounts of a hosted domain (`hd`) it is
    the authority. Source: "Verify the Google ID token on your server side", Google Identity.
    """
    hosted = bool((sociallogin.account.extra_data or {}).get("hd"))
    for address in sociallogin.email_addresses:
        email = str(address.email).lower()
        domain = email.rpartition("@")[2]
        if address.verified and (hosted or domain == "gmail.com"):
            return email
    return ""


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Names the portal towards authenticators, and keeps their secrets under seal."""

    def encrypt(self, text: str) -> str:
        """Seal a TOTP secret, or the seed of recovery codes, for the database."""
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` returned."""
        return sealing.unseal(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        """Return the relying party: this host, under the portal's name."""
        entity: dict[str, Any] = super().get_public_key_credential_rp_entity()
        return entity | {"name": settings.MFA_TOTP_ISSUER}
