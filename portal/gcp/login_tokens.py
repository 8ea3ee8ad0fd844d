"""Tokens that people log in to databases with: whose they are, and for what. OAuth 2 tokeninfo.

Source: "Connect using an IAM account" (AlloyDB), which asks tokeninfo with a form, so that the token is in no
address. The portal's own credentials stay out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import requests
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from portal import clock
from portal.gcp import errors, transport

SCOPE = "https://www.googleapis.com/auth/"
CLOUD_PLATFORM = f"{SCOPE}cloud-platform"
ALLOYDB_LOGIN = f"{SCOPE}alloydb.login"
CLOUD_SQL_LOGIN = f"{SCOPE}sqlservice.login"
CLOUD_SQL_ADMIN = f"{SCOPE}sqlservice.admin"
_GOOGLE = "https://www.googleapis.com/oauth2"


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What Google says of a token: `email` is "" where its scopes do not let it tell."""

    email: str
    scopes: frozenset[str]
    expires_at: datetime

    @property
    def member(self) -> str:
        """Whom policies know it as."""
        kind = "serviceAccount" if self.email.endswith(".gserviceaccount.com") else "user"
        return f"{kind}:{self.email}"


@sensitive_variables()
def info(token: str) -> TokenInfo | None:
    """What a token stands for; None for one that Google does not take (any more).

    Raises:
        errors.GoogleError: Google could not be asked.
    """
    try:
        answer = transport.document(lambda: _ask(token), write=False, secrets=frozenset({token}))
    except (errors.InvalidRequest, errors.CredentialsMissing):
        return None
    try:
        seconds = int(answer.get("expires_in", 0))
    except (TypeError, ValueError):
        raise errors.malformed(write=False) from None
    scopes = frozenset(str(answer.get("scope", "")).split())
    email = str(answer.get("email", "")).lower()
    return TokenInfo(email, scopes, clock.now() + timedelta(seconds=seconds)) if seconds > 0 else None


@sensitive_variables()
def _ask(token: str) -> requests.Response:
    emulator = str(settings.GOOGLE_CLOUD_EMULATOR or "")
    base = transport.base_url("oauth2") if emulator else _GOOGLE
    with requests.Session() as asking:
        asking.trust_env = not emulator
        return asking.post(
            f"{base}/v1/tokeninfo",
            data={"access_token": token},
            timeout=transport.time_limits(),
            allow_redirects=False,
        )
