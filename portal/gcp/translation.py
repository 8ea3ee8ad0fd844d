"""From what went wrong to portal.gcp.errors.

Sources: google.rpc.Status and google.rpc.ErrorInfo ("Errors", Google's API design guide, AIP-193); RFC 9110
for Retry-After.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from google.api_core import exceptions as core
from google.auth import exceptions as auth
from google.protobuf import json_format  # type: ignore[import-untyped]
from urllib3 import exceptions as wire

from portal.gcp.errors import (
    AlreadyExists,
    ApiDisabled,
    Conflict,
    CredentialsMissing,
    GoogleError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServiceAgentMissing,
    Unavailable,
    malformed,
)

LONGEST_MESSAGE = 2000
LONGEST_RETRY_AFTER = 3600.0

# Only Google's own agents come into being by themselves; any other account that is missing stays so.
_AGENT_MISSING = re.compile(
    r"Service account (?P<email>\S+@(?:gcp-sa-[a-z0-9-]+|bigquery-encryption)\.iam\.gserviceaccount\.com)"
    r" does not exist\.?"
)
_API_OFF = re.compile(r"has not been used in project|API .{0,80}is disabled|it is disabled", re.IGNORECASE)
_SERVICE = re.compile(r"\b([a-z0-9-]+\.googleapis\.com)\b")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_REASONS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    412: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
# google.rpc.Code -> HTTP, as the comments of google/rpc/code.proto map them.
_RPC_CODES = {
    1: (499, "CANCELLED"),
    2: (500, "UNKNOWN"),
    3: (400, "INVALID_ARGUMENT"),
    4: (504, "DEADLINE_EXCEEDED"),
    5: (404, "NOT_FOUND"),
    6: (409, "ALREADY_EXISTS"),
    7: (403, "PERMISSION_DENIED"),
    8: (429, "RESOURCE_EXHAUSTED"),
    9: (400, "FAILED_PRECONDITION"),
    10: (409, "ABORTED"),
    11: (400, "OUT_OF_RANGE"),
    12: (501, "UNIMPLEMENTED"),
    13: (500, "INTERNAL"),
    14: (503, "UNAVAILABLE"),
    15: (500, "DATA_LOSS"),
    16: (401, "UNAUTHENTICATED"),
}


# What may come out of a call to Google's clients. Anything else is a mistake in this program.
EXPECTED = (
    GoogleError,
    core.GoogleAPICallError,
    auth.GoogleAuthError,
    requests.RequestException,
    wire.HTTPError,
    json_format.Error,
)


def from_response(
    status: int, body: bytes | str, *, write: bool, retry_after: str | None = None
) -> GoogleError:
    """Turn a failed HTTP answer into the right error.

    Args:
        status: HTTP status, 300 or more.
        body: the answer's body, whatever it is; only a google.rpc.Status in it is quoted.
        write: whether the request could change something, so that a lost answer leaves doubt.
        retry_after: the Retry-After header, in seconds or as a date.
    """
    answer = _error_object(body)
    message = (
        _clean(answer.get("message")) or f"Google answered with HTTP status {status} and no explanation."
    )
    reason = str(answer.get("status") or _REASONS.get(status, "UNKNOWN"))
    wait = parse_retry_after(retry_after)
    error = _classify(status, reason, message, answer)
    error.status, error.reason = status, reason
    error.retry_after = wait if wait is not None else _retry_info(answer)
    error.outcome_unknown = write and isinstance(error, Unavailable)
    return error


def from_rpc_status(status: Mapping[str, Any]) -> GoogleError:
    """Turn the ``error`` of a finished long-running operation (a google.rpc.Status) into the right error."""
    code = status.get("code")
    http, name = _RPC_CODES.get(code if isinstance(code, int) else 2, (500, "UNKNOWN"))
    envelope = {"error": {"message": status.get("message"), "status": name, "details": status.get("details")}}
    return from_response(http, json.dumps(envelope), write=False)


def from_exception(exc: Exception, *, write: bool) -> GoogleError:
    """Turn an exception of requests, google.auth, google.api_core or protobuf into the right error.

    The text of those exceptions is not quoted: it holds addresses, and sometimes bodies.

    Args:
        exc: what was caught. An error of this family is returned as it is.
        write: whether the request could change something.
    """
    if isinstance(exc, GoogleError):
        return exc
    if isinstance(exc, core.GoogleAPICallError):
        return _from_api_call_error(exc, write=write)
    if isinstance(exc, auth.GoogleAuthError):
        return _from_auth_error(exc)
    if isinstance(exc, requests.RequestException):
        return _from_requests_error(exc, write=write)
    if isinstance(exc, json_format.Error):
        return malformed(write=write)
    return _broken(late=False, unknown=write)


def parse_retry_after(value: str | None) -> float | None:
    """Seconds to wait from a Retry-After header (RFC 9110, 10.2.3), at most an hour; None if unusable."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        seconds = (when - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None


def _error_object(body: bytes | str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(document, list) and document:  # some endpoints wrap the envelope in a list
        document = document[0]
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}


def _clean(message: object) -> str:
    return _CONTROL.sub(" ", message).strip()[:LONGEST_MESSAGE] if isinstance(message, str) else ""


def _details(answer: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    details = answer.get("details")
    items = details if isinstance(details, list) else []
    return [
        d for d in items if isinstance(d, dict) and str(d.get("@type", "")).endswith(f"google.rpc.{kind}")
    ]


def _finer_reasons(answer: Mapping[str, Any]) -> set[str]:
    """The reasons inside the envelope: google.rpc.ErrorInfo, and the older ``errors[].reason``."""
    listed = answer.get("errors")
    older = [e.get("reason") for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
    return {str(r) for r in [*older, *(d.get("reason") for d in _details(answer, "ErrorInfo"))] if r}


def _retry_info(answer: Mapping[str, Any]) -> float | None:
    for detail in _details(answer, "RetryInfo"):
        delay = str(detail.get("retryDelay", ""))
        if delay.endswith("s"):
            return parse_retry_after(delay[:-1])
    return None


def _classify(status: int, reason: str, message: str, answer: Mapping[str, Any]) -> GoogleError:
    finer = _finer_reasons(answer)
    if status == 400:
        return _invalid(message)
    if status == 403:
        return _forbidden(message, answer, finer)
    if status == 409:
        taken = reason == "ALREADY_EXISTS" or finer & {"alreadyExists", "duplicate"}
        return AlreadyExists(message) if taken else Conflict(message, retryable=True)
    simple: dict[int, GoogleError] = {
        401: CredentialsMissing(message),
        404: NotFound(message),
        408: Unavailable(message, retryable=True),
        412: Conflict(message, retryable=True),
        429: RateLimited(message, retryable=True),
    }
    if status in simple:
        return simple[status]
    if status >= 500 or 300 <= status < 400:
        # A redirect is never Google's answer to an API call: something stands in between.
        return Unavailable(message, retryable=status not in (501, 505))
    return InvalidRequest(message)


def _invalid(message: str) -> InvalidRequest:
    missing = _AGENT_MISSING.fullmatch(message)
    if missing is None:
        return InvalidRequest(message)
    error = ServiceAgentMissing(message, retryable=True)
    error.service_account = missing["email"]
    return error


def _forbidden(message: str, answer: Mapping[str, Any], finer: set[str]) -> GoogleError:
    if finer & _RATE_REASONS:
        return RateLimited(message, retryable=True)
    if not finer & {"SERVICE_DISABLED", "accessNotConfigured"} and not _API_OFF.search(message):
        return PermissionDenied(message)
    error = ApiDisabled(message)
    for detail in _details(answer, "ErrorInfo"):
        metadata = detail.get("metadata")
        if isinstance(metadata, dict) and metadata.get("service"):
            error.service = str(metadata["service"])
    named = _SERVICE.search(message)
    if not error.service and named:
        error.service = named[1]
    return error


def _from_api_call_error(exc: core.GoogleAPICallError, *, write: bool) -> GoogleError:
    response = exc.response
    if isinstance(response, requests.Response):
        after = response.headers.get("Retry-After")
        return from_response(response.status_code, response.content, write=write, retry_after=after)
    return from_response(int(exc.code or 500), b"", write=write)


def _from_auth_error(exc: auth.GoogleAuthError) -> GoogleError:
    if isinstance(exc, auth.DefaultCredentialsError):
        return CredentialsMissing(
            "No Google credentials were found. Give the portal a service account, or set"
            " GOOGLE_CLOUD_EMULATOR to use the emulator.",
            reason="UNAUTHENTICATED",
        )
    if isinstance(exc, auth.TransportError):
        return Unavailable(
            "Google's token service could not be reached.", reason="UNAVAILABLE", retryable=True
        )
    return CredentialsMissing(
        "Google refused the portal's own credentials, or they have expired.",
        reason="UNAUTHENTICATED",
        retryable=bool(exc.retryable),
    )


def _from_requests_error(exc: requests.RequestException, *, write: bool) -> GoogleError:
    if isinstance(exc, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
        return GoogleError("The address of Google's API is not a valid URL: check GOOGLE_CLOUD_EMULATOR.")
    return _broken(late=isinstance(exc, requests.Timeout), unknown=write and not _never_sent(exc))


def _broken(*, late: bool, unknown: bool) -> Unavailable:
    return Unavailable(
        "Google did not answer in time." if late else "The connection to Google broke off.",
        reason="DEADLINE_EXCEEDED" if late else "UNAVAILABLE",
        retryable=True,
        outcome_unknown=unknown,
    )


def _never_sent(exc: requests.RequestException) -> bool:
    """Whether the connection was never made, so that Google cannot have seen the request."""
    if isinstance(exc, requests.ConnectTimeout):
        return True
    cause = exc.args[0] if exc.args else None
    return isinstance(getattr(cause, "reason", None), wire.NewConnectionError)
