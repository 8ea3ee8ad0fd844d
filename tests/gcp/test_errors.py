"""What went wrong, told apart: try again or not, and may it have been applied?"""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
from google.api_core import exceptions as core_exceptions
from google.auth import exceptions as auth_exceptions
from google.protobuf import json_format  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as wire

from portal.gcp import errors
from portal.gcp.translation import from_exception, from_response, from_rpc_status, parse_retry_after

auth: Any = auth_exceptions  # neither package types its exceptions
core: Any = core_exceptions
AGENT = "service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
API_OFF = (
    "BigQuery Connection API has not been used in project 528461093377 before or it is disabled. Enable it by"
    " visiting https://console.developers.google.com/apis/api/bigqueryconnection.googleapis.com/overview"
    " then retry."
)


def envelope(status: int, message: str, reason: str = "", **more: Any) -> str:
    return json.dumps({"error": {"code": status, "message": message, "status": reason, **more}})


@pytest.mark.parametrize(
    ("status", "reason", "kind", "retryable", "unknown"),
    [
        (400, "INVALID_ARGUMENT", errors.InvalidRequest, False, False),
        (401, "UNAUTHENTICATED", errors.CredentialsMissing, False, False),
        (403, "PERMISSION_DENIED", errors.PermissionDenied, False, False),
        (404, "NOT_FOUND", errors.NotFound, False, False),
        (409, "ALREADY_EXISTS", errors.AlreadyExists, False, False),
        (409, "ABORTED", errors.Conflict, True, False),
        (412, "FAILED_PRECONDITION", errors.Conflict, True, False),
        (429, "RESOURCE_EXHAUSTED", errors.RateLimited, True, False),
        (500, "INTERNAL", errors.Unavailable, True, True),
        (501, "UNIMPLEMENTED", errors.Unavailable, False, True),
        (503, "UNAVAILABLE", errors.Unavailable, True, True),
        (504, "DEADLINE_EXCEEDED", errors.Unavailable, True, True),
        (302, "UNKNOWN", errors.Unavailable, True, True),
    ],
)
def test_each_status_has_its_error(
    status: int, reason: str, kind: type[errors.GoogleError], retryable: bool, unknown: bool
) -> None:
    """Google's sentence is kept, and only a lost write leaves doubt."""
    error = from_response(status, envelope(status, "Google says so.", reason), write=True)
    assert type(error) is kind
    assert (error.status, error.reason, error.message) == (status, reason, "Google says so.")
    assert (error.retryable, error.outcome_unknown) == (retryable, unknown)
    assert from_response(status, envelope(status, "", reason), write=False).outcome_unknown is False


def test_the_service_agent_that_is_not_known_yet_is_waited_for() -> None:
    """On exactly this message, and on no other 400."""
    error = from_response(400, envelope(400, f"Service account {AGENT} does not exist."), write=True)
    assert isinstance(error, errors.ServiceAgentMissing)
    assert error.retryable
    assert not error.outcome_unknown
    assert error.service_account == AGENT
    for other in (
        "User bob@example.com does not exist.",
        f"Role on {AGENT} does not exist.",
        f"Invalid policy: Service account {AGENT} does not exist.",
        "Service account nobody@acme-analytics.iam.gserviceaccount.com does not exist.",
    ):
        refused = from_response(400, envelope(400, other), write=True)
        assert type(refused) is errors.InvalidRequest
        assert not refused.retryable


@pytest.mark.parametrize(
    "body",
    [
        envelope(403, API_OFF, "PERMISSION_DENIED"),
        envelope(
            403,
            "Switched off.",
            "PERMISSION_DENIED",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "SERVICE_DISABLED",
                    "metadata": {"service": "bigqueryconnection.googleapis.com"},
                }
            ],
        ),
    ],
)
def test_an_api_that_is_off_is_told_from_a_missing_permission(body: str) -> None:
    """The page can then name the command that switches it on."""
    error = from_response(403, body, write=True)
    assert isinstance(error, errors.ApiDisabled)
    assert error.service == "bigqueryconnection.googleapis.com"


def test_a_rate_limit_that_comes_as_403_is_one() -> None:
    """BigQuery's older reasons."""
    body = envelope(403, "Exceeded rate limits", errors=[{"reason": "rateLimitExceeded"}])
    assert isinstance(from_response(403, body, write=True), errors.RateLimited)


def test_google_may_say_how_long_to_wait() -> None:
    """In a header or in the body; the header wins."""
    delay = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}]
    body = envelope(429, "Slow down.", details=delay)
    assert from_response(429, body, write=True).retry_after == 2.5
    assert from_response(429, body, write=True, retry_after="7").retry_after == 7
    assert from_response(429, "", write=True).retry_after is None


def test_a_retry_after_may_be_a_date() -> None:
    """RFC 9110 allows both."""
    soon = datetime.now(UTC) + timedelta(seconds=60)
    assert 50 < (parse_retry_after(format_datetime(soon, usegmt=True)) or 0) <= 60
    assert parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@given(st.one_of(st.none(), st.text(max_size=40), st.floats().map(str)))
def test_no_retry_after_stops_the_world(header: str | None) -> None:
    """Nonsense is ignored, and an hour is the longest."""
    seconds = parse_retry_after(header)
    assert seconds is None or 0 <= seconds <= 3600


@given(st.integers(300, 599), st.binary(max_size=60), st.booleans())
def test_any_body_makes_an_error_with_a_sentence(status: int, body: bytes, write: bool) -> None:
    """HTML pages, cut JSON and empty bodies are not quoted."""
    error = from_response(status, body, write=write)
    assert error.status == status
    assert error.message.startswith("Google answered with HTTP status")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["error", "message", "status", "details", "errors", "reason", "metadata", "@type"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from([400, 403, 409, 429, 500]),
)
def test_an_envelope_of_any_shape_makes_an_error(document: Any, status: int) -> None:
    """A proxy's idea of JSON must not end the worker."""
    assert from_response(status, json.dumps(document), write=True).message


def unsent() -> requests.ConnectionError:
    refused = wire.NewConnectionError(HTTPConnectionPool("x"), "refused")  # type: ignore[arg-type]
    return requests.ConnectionError(wire.MaxRetryError(HTTPConnectionPool("x"), "/", refused))


@pytest.mark.parametrize(
    ("exception", "kind", "retryable", "unknown"),
    [
        (requests.ReadTimeout("x"), errors.Unavailable, True, True),
        (requests.ConnectTimeout("x"), errors.Unavailable, True, False),
        (requests.ConnectionError("reset"), errors.Unavailable, True, True),
        (unsent(), errors.Unavailable, True, False),
        (requests.exceptions.ChunkedEncodingError("cut"), errors.Unavailable, True, True),
        (requests.exceptions.InvalidURL("x"), errors.GoogleError, False, False),
        (wire.ProtocolError("x"), errors.Unavailable, True, True),
        (auth.DefaultCredentialsError("x"), errors.CredentialsMissing, False, False),
        (auth.RefreshError("x"), errors.CredentialsMissing, False, False),
        (auth.RefreshError("x", retryable=True), errors.CredentialsMissing, True, False),
        (auth.TransportError("x"), errors.Unavailable, True, False),
        (json_format.ParseError("x"), errors.Unavailable, True, True),
        (core.NotFound("x"), errors.NotFound, False, False),
        (core.ServiceUnavailable("x"), errors.Unavailable, True, True),
    ],
)
def test_each_exception_of_the_clients_has_its_error(
    exception: Exception, kind: type[errors.GoogleError], retryable: bool, unknown: bool
) -> None:
    """A request that never left leaves no doubt; one that may have arrived does."""
    error = from_exception(exception, write=True)
    assert type(error) is kind
    assert (error.retryable, error.outcome_unknown) == (retryable, unknown)
    assert from_exception(exception, write=False).outcome_unknown is False


def test_a_typed_clients_error_is_judged_by_the_answer_itself() -> None:
    """Its own message has the method and the address in it."""
    response = requests.Response()
    response.status_code = 409
    response._content = envelope(409, "There were concurrent policy changes.", "ABORTED").encode()
    error = from_exception(core.Aborted("POST http://x/y: There were", response=response), write=True)
    assert isinstance(error, errors.Conflict)
    assert error.message == "There were concurrent policy changes."


@pytest.mark.parametrize(
    ("code", "kind"),
    [(7, errors.PermissionDenied), (5, errors.NotFound), (14, errors.Unavailable), ("?", errors.Unavailable)],
)
def test_a_failed_operation_has_its_error(code: object, kind: type[errors.GoogleError]) -> None:
    """The codes of google.rpc.Code."""
    error = from_rpc_status({"code": code, "message": "No."})
    assert type(error) is kind
    assert error.message == "No."


def test_an_error_survives_the_way_from_a_workers_child_to_its_parent() -> None:
    """Pickled, with all it says."""
    error = from_response(400, envelope(400, f"Service account {AGENT} does not exist."), write=True)
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is type(error)
    assert copied.__dict__ == error.__dict__
    assert str(copied) == error.message
