"""What comes in is UTF-8: browsers send nothing else, and nothing else is safe to read."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def utf_8_only(application: Application) -> Application:
    """Answer 400 to a request that says that its text is in anything else; pass others on to `application`.

    Django believes the charset of Content-Type, for the address too, and reads by it while it makes the
    request: before any middleware, and where a mistake has no page. Of those that Python knows some are no
    text, and some spell half of a sign, which no database takes and no page can show.
    """

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _is_utf_8(str(environ.get("CONTENT_TYPE", ""))):
            return application(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Cache-Control", "no-store")])
        return [b"The charset of a request is UTF-8.\n"]

    return answer


def _is_utf_8(content_type: str) -> bool:
    try:
        charset = parse_header_parameters(content_type)[1].get("charset", "")
        return not charset or codecs.lookup(charset).name == "utf-8"
    except (LookupError, ValueError):
        return False
