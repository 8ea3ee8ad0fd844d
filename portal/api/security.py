"""Who calls the API: a token with the scope that an address asks for, below its number of calls a minute."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables
from ninja.errors import HttpError
from ninja.security import HttpBearer

from portal import clock
from portal.api import tokens
from portal.models import ApiToken, User


class TooManyCallsError(Exception):
    """The token has called too often; `seconds` until it may again."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many calls")
        self.seconds = seconds


class Scoped(HttpBearer):
    """Lets in a token that works and has `scope`; the view finds who reads in `request.auth`."""

    openapi_name = "token"

    def __init__(self, scope: ApiToken.Scope) -> None:
        super().__init__()
        self.scope = scope

    @sensitive_variables("token")
    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token's row, or None, which answers 401. Raises HttpError 403, TooManyCallsError."""
        found = tokens.use(token)
        if found is None:
            return None
        if wait := tokens.seconds_to_wait(found, clock.now()):
            raise TooManyCallsError(wait)
        if self.scope not in found.scopes:
            raise HttpError(403, f"This token lacks the scope {self.scope}.")
        return found


def reader(request: Any) -> User:
    """Return in whose name a call reads."""
    token: ApiToken = request.auth
    return token.owner
