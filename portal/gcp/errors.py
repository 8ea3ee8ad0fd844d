"""Every way in which Google can fail, as one family of exceptions.

The caller needs to know three things: is it worth trying again, may the change have been applied although
no answer came, and which sentence can be shown.

No error carries a request body, a header or an exception of the HTTP library, because those hold passwords
and tokens. portal.gcp.translation makes them.
"""

from __future__ import annotations

from typing import Any


class GoogleError(Exception):
    """A call to Google that did not end in a usable answer.

    status: the HTTP status, None when no answer came.
    reason: the google.rpc status such as ``ABORTED``.
    message: Google's own sentence, or ours where Google gave none; safe to show.
    retryable: the same call may succeed later.
    outcome_unknown: a write that may have been applied all the same: look before repeating it.
    retry_after: seconds that Google asked to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        reason: str = "",
        retryable: bool = False,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.reason = reason
        self.retryable = retryable
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling: a worker hands exceptions from its child process to its parent."""
        return (_restore, (type(self), self.message, dict(self.__dict__)))


class NotFound(GoogleError):
    """404: no such resource, or it is hidden from the caller."""


class AlreadyExists(GoogleError):
    """409 ALREADY_EXISTS: the name is taken; by whom is for the caller to find out."""


class PermissionDenied(GoogleError):
    """403: a permission is missing. Resource Manager says the same of a project that does not exist."""


class ApiDisabled(PermissionDenied):
    """403: the API is switched off in the project. ``service`` names it where Google did."""

    service: str = ""


class Conflict(GoogleError):
    """409 ABORTED or 412: somebody wrote in between. Repeat the whole read-modify-write."""


class RateLimited(GoogleError):
    """429, or 403 with a rate limit as its reason."""


class Unavailable(GoogleError):
    """5xx, a time-out, a broken connection, or a body that is not JSON."""


class InvalidRequest(GoogleError):
    """400: Google understood the request and refuses it."""


class ServiceAgentMissing(InvalidRequest):
    """400 because a service agent has just been made and is not known to IAM yet. Passes by itself."""

    service_account: str = ""


class CredentialsMissing(GoogleError):
    """No usable credentials: none found, expired, or refused (401)."""


def _restore(kind: type[GoogleError], message: str, state: dict[str, Any]) -> GoogleError:
    error = kind.__new__(kind, message)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


def malformed(*, write: bool, status: int | None = 200) -> Unavailable:
    """The error for an answer that is not the JSON object it should be: a proxy's page, or a cut body."""
    return Unavailable(
        "Google's answer could not be read: it is not the JSON object that was expected.",
        status=status,
        reason="UNKNOWN",
        retryable=True,
        outcome_unknown=write,
    )
