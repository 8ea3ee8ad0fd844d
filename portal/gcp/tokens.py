"""Access tokens of service accounts: IAM Credentials v1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portal.gcp import errors, transport

API = "iamcredentials"
# Longer ones need an organisation policy exception (generateAccessToken, REST reference).
LONGEST_LIFETIME = 3600

_EMAIL = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token and the moment when it ends. The token is a secret: it is not in the repr."""

    token: str = field(repr=False)
    expires_at: datetime


def generate_access_token(
    service_account: str, scopes: Sequence[str], lifetime_seconds: int = LONGEST_LIFETIME
) -> AccessToken:
    """Have Google make an access token of a service account, as which the portal may act.

    Args:
        service_account: its e-mail address.
        scopes: full OAuth scopes, such as ``https://www.googleapis.com/auth/alloydb.login``.
        lifetime_seconds: 1 to 3,600.

    Raises:
        errors.PermissionDenied: the portal lacks roles/iam.serviceAccountTokenCreator on the account.
        errors.GoogleError: its other subclasses.
        ValueError: an argument cannot be.
    """
    if not _EMAIL.fullmatch(service_account) or not scopes:
        raise ValueError("a token needs a service account's address and at least one scope")
    if not 0 < lifetime_seconds <= LONGEST_LIFETIME:
        raise ValueError(f"a token lives 1 to {LONGEST_LIFETIME} seconds")
    answer = transport.call(
        API,
        "POST",
        f"v1/projects/-/serviceAccounts/{service_account}:generateAccessToken",
        body={"scope": list(scopes), "lifetime": f"{lifetime_seconds}s"},
        reads=True,
    )
    token = answer.get("accessToken")
    try:
        expires_at = datetime.fromisoformat(str(answer.get("expireTime", "")))
    except ValueError:
        expires_at = None
    if not isinstance(token, str) or not token or expires_at is None:
        raise errors.malformed(write=False)
    return AccessToken(token, expires_at)
