"""Who calls: what a bearer token stands for."""

import secrets
from dataclasses import dataclass

from emulator import errors
from emulator.iam import members
from emulator.model import Token, World

PREFIX = "emulator:"
CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
_HOUR = 3600.0


@dataclass(frozen=True)
class Caller:
    """A member string, and the token's scopes (None: not limited)."""

    member: str
    scopes: tuple[str, ...] | None = None


def mint(world: World, email: str, scopes: tuple[str, ...], expires: float) -> Token:
    """Make a token for a person or service account."""
    token = Token(f"ya29.emulator-{secrets.token_urlsafe(32)}", email, scopes, expires)
    world.tokens[token.token] = token
    return token


def look_up(world: World, value: str, moment: float) -> Token | None:
    """The token behind a text, if it is valid at `moment`; `emulator:EMAIL` is one for everything."""
    if value.startswith(PREFIX) and "@" in value:
        return Token(value, value.removeprefix(PREFIX), (CLOUD_PLATFORM,), moment + _HOUR)
    token = world.tokens.get(value)
    return token if token and token.expires > moment else None


def authenticate(world: World, header: str | None, default: str, moment: float) -> Caller:
    """The caller behind an Authorization header.

    No header is the caller `default` (an e-mail address), `Bearer emulator:EMAIL` is that person or account.
    Raises ApiError 401 for a token that was not handed out here or has expired.
    """
    if not header:
        return Caller(members.member_of(default))
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer":
        raise errors.unauthenticated()
    token = look_up(world, value, moment)
    if token is None:
        raise errors.unauthenticated()
    return Caller(members.member_of(token.email), token.scopes)


def check_scopes(caller: Caller, api: str, method: str, own: tuple[str, ...]) -> None:
    """Raise ApiError 403 unless the token's scopes cover the API; `own` are its scopes but cloud-platform."""
    if caller.scopes is None:
        return
    good = {f"https://www.googleapis.com/auth/{scope}" for scope in ("cloud-platform", *own)}
    if not good.intersection(caller.scopes):
        raise errors.insufficient_scopes(api, method)
