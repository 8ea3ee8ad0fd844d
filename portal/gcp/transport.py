"""REST calls to Google: one call function, no retries.

Retrying is left to the caller's engine, which records each attempt; a retry hidden in here would repeat a
write that may have been applied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from django.views.decorators.debug import sensitive_variables

from portal.gcp import errors, translation
from portal.gcp.session import base_url, seconds_spent, session, time_limits

__all__ = ["base_url", "call", "document", "pages", "seconds_spent", "session", "time_limits"]

PAGE_SIZE = 100
HIDDEN = "[hidden]"

_SAFE_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:@!$()*+,;=%/-]*")
_SECRET_KEYS = frozenset({"password", "plaintext"})
# What no database takes and no page can show, as JSON may spell it; and as it is read then.
_ODD_BYTES = re.compile(rb"\\u0000|\\ud[89a-f]|\xed", re.IGNORECASE)
_ODD = re.compile("[\0\ud800-\udfff]")


@sensitive_variables()
def call(
    api: str,
    method: str,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    reads: bool | None = None,
) -> dict[str, Any]:
    """Make one REST call and return the JSON object of the answer.

    Args:
        api: the first label of the API's host, such as ``alloydb``.
        method: GET, POST, PATCH or DELETE.
        path: the path with its version, such as ``v1/projects/p/locations``, without a query.
        params: the query; a list gives a repeated parameter.
        body: the JSON body.
        reads: whether the call changes nothing, so that a lost answer leaves no doubt. Default: GET only.

    Raises:
        errors.GoogleError: its subclasses, as portal.gcp.translation chooses them.
        ValueError: the path has characters that no resource name has.
    """
    write = method != "GET" if reads is None else not reads
    if not _SAFE_PATH.fullmatch(path) or ".." in path.split("/"):
        raise ValueError("a Google resource name has characters that it cannot have")
    url = f"{base_url(api)}/{path}"
    return document(
        lambda: session().ask(method, url, params, body),
        write=write,
        secrets=_secrets(body),
    )


def document(
    send: Callable[[], requests.Response], *, write: bool, secrets: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Send by the given function and return the JSON object of the answer.

    Args:
        send: makes the request and returns its answer, or raises an exception of a Google client.
        write: whether the request could change something.
        secrets: values that must not appear in an error, should Google quote them.

    Raises:
        errors.GoogleError: its subclasses.
    """
    failure: errors.GoogleError
    try:
        return _object(send(), write=write)
    except translation.EXPECTED as exc:
        failure = translation.from_exception(exc, write=write)
    # Raised outside the except block: the HTTP library's exception, which holds the request with its body
    # and headers, would otherwise stay reachable as this error's context.
    _hide(failure, secrets)
    raise failure


def pages(
    api: str,
    path: str,
    key: str,
    *,
    params: Mapping[str, Any] | None = None,
    on_answer: Callable[[Mapping[str, Any]], None] | None = None,
    size: str = "pageSize",
) -> Iterator[Any]:
    """Go through every page of a list method.

    Args:
        api, path, params: as in call().
        key: the field of the answer that holds the items, such as ``connections``.
        on_answer: called with each page's whole answer, for what stands beside the items.
        size: what the API calls the number of items on a page; older ones say ``maxResults``.

    Raises:
        errors.GoogleError: its subclasses; Unavailable when Google repeats a page token.
    """
    seen: set[str] = set()
    query = {size: PAGE_SIZE, **(params or {})}
    while True:
        answer = call(api, "GET", path, params=query)
        if on_answer is not None:
            on_answer(answer)
        items = answer.get(key, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise errors.malformed(write=False)
        yield from items
        token = answer.get("nextPageToken")
        if not token:
            return
        if token in seen:
            raise errors.malformed(write=False)
        seen.add(token)
        query["pageToken"] = token


def _object(response: requests.Response, *, write: bool) -> dict[str, Any]:
    if response.status_code >= 300:
        after = response.headers.get("Retry-After")
        raise translation.from_response(
            response.status_code, response.content, write=write, retry_after=after
        )
    try:
        answer = json.loads(response.content)
        if _ODD_BYTES.search(response.content):
            answer = _whole(answer)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise errors.malformed(write=write, status=response.status_code)
    return answer


def _whole(value: Any) -> Any:
    """The same with U+FFFD for NUL and for halves of signs: a title may hold them, or a line of a log."""
    if isinstance(value, str):
        return _ODD.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_whole(key): _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


def _secrets(value: Any) -> frozenset[str]:
    """Every password in a request body, wherever it stands."""
    found: set[str] = set()
    if isinstance(value, Mapping):
        for key, inner in value.items():
            found |= {inner} if key in _SECRET_KEYS and isinstance(inner, str) and inner else _secrets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            found |= _secrets(inner)
    return frozenset(found)


def _hide(error: errors.GoogleError, secrets: frozenset[str]) -> None:
    """Google quotes values that it cannot parse ("Invalid value at 'x' (TYPE_STRING), ..."): no passwords."""
    message = error.message
    for secret in sorted(secrets, key=len, reverse=True):
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
            message = message.replace(form, HIDDEN)
    error.message = message
    error.args = (message,)
