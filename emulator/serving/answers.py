"""Answers as bytes, the damaged ones too."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from emulator.errors import JSON, ApiError
from emulator.serving.faults import Fault

_HTML = (
    "<!DOCTYPE html>\n<html lang=en>\n<title>Error {code} (Server Error)!!1</title>\n"
    "<p><b>{code}.</b> <ins>That's an error.</ins>\n<p>{text} <ins>That's all we know.</ins>\n"
)
_ENVELOPES: dict[str, Callable[[ApiError], JSON]] = {
    "bigquery": ApiError.bigquery_envelope,
    "compute": ApiError.older_envelope,
    "oauth2": ApiError.oauth_envelope,
    "sqladmin": ApiError.older_envelope,
}
# What Google says with a status, where the order of a fault has no words of its own.
_SAID = {
    401: "Request had invalid authentication credentials.",
    403: "The caller does not have permission.",
    404: "Requested entity was not found.",
    409: "There were concurrent policy changes. Please retry the whole read-modify-write with exponential "
    "backoff.",
    429: "Quota exceeded. Please try again later.",
    500: "Internal error encountered.",
    504: "Deadline expired before operation could complete.",
}


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=UTF-8"
    headers: dict[str, str] = field(default_factory=dict)


def of_json(value: JSON, status: int = 200) -> Answer:
    """A JSON answer, indented as Google's front end does."""
    return Answer(status, json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n")


def of_error(error: ApiError, api: str) -> Answer:
    """An error in the API's envelope."""
    return of_json(_ENVELOPES.get(api, ApiError.envelope)(error), error.code)


def html(status: int, text: str) -> Answer:
    """An error page of Google's front end, which knows no API."""
    page = _HTML.format(code=status, text=text)
    return Answer(status, page.encode(), "text/html; charset=UTF-8")


def no_such_address() -> Answer:
    """What an address without a method answers."""
    return html(404, "The requested URL was not found on this server.")


def damaged(answer: Answer, fault: Fault, api: str) -> Answer:
    """The answer after the fault has had its way with status, body and headers."""
    if fault.status and not fault.body:
        message = fault.message or _SAID.get(fault.status, "The service is currently unavailable.")
        answer = of_error(ApiError(fault.status, message), api)
    if fault.body == "html":
        answer = html(fault.status or 200, fault.message or "The server encountered an error.")
    elif fault.body == "malformed":
        answer = Answer(fault.status or 200, b'{"name": "projects/')
    elif fault.body == "truncated":
        half = answer.body[: len(answer.body) // 2]
        answer = replace(answer, status=fault.status or answer.status, body=half)
    if fault.retry_after is not None:
        answer = replace(answer, headers={**answer.headers, "Retry-After": str(fault.retry_after)})
    return answer
